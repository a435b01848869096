import Dynamics
import InfiniteNetworks
import LinearAlgebra
import Testing

struct ConjugateGradientTests {
    /// Of a kernel in memory, copied out strip by strip.
    private func rows(_ kernel: DenseMatrix) -> KernelRows {
        KernelRows(count: kernel.rows, diagonal: kernel.diagonal) { rows, columns, target throws(DynamicsError) in
            for (r, row) in rows.enumerated() {
                for (c, column) in columns.enumerated() { target[r * columns.count + c] = kernel[row, column] }
            }
        }
    }

    private func kernel(_ x: DenseMatrix) throws -> DenseMatrix {
        let network = try perceptron("relu", depth: 3, weightStd: 1.4, biasStd: 0.2, inputs: x.columns)
        let blocks = try InfiniteKernelBlocks(of: network, kinds: [.ntk], train: x, test: nil, covariance: .none, threads: 2)
        return try #require(blocks.ntk).train
    }

    @Test(arguments: [1, 5, 70, 300])
    func agreesWithTheFactor(n: Int) throws {
        var random = SplitMix(state: UInt64(n))
        let (kernel, right) = (try kernel(random.matrix(n, 6)), random.matrix(n, 3))
        var solver = ConjugateGradients()
        (solver.tolerance, solver.rank, solver.strip) = (1e-12, 40, 64)
        let solution = try solver.solve(rows(kernel), ridge: 0.01, right, threads: 1)
        #expect(solution.residual <= 1e-12)
        let expected = right.transposed()
        try Cholesky(overwriting: kernel.copy(), ridge: 0.01).solve(rows: expected)
        let found = solution.values.transposed()
        let scale = expected.values.reduce(0) { max($0, abs($1)) }
        #expect(difference(found.values, expected.values) < 1e-8 * scale, "seed \(n)")
    }

    /// Rows computed anew are those of the kernel.
    @Test func recomputedRowsSolveTheSame() throws {
        var random = SplitMix(state: 8)
        let (x, right) = (random.matrix(90, 5), random.matrix(90, 2))
        let network = try perceptron("relu", depth: 3, weightStd: 1.4, biasStd: 0.2, inputs: 5)
        var solver = ConjugateGradients()
        (solver.tolerance, solver.rank, solver.strip) = (1e-11, 30, 32)
        let stored = try solver.solve(rows(try kernel(x)), ridge: 0.1, right, threads: 1)
        let computed = try solver.solve(try KernelRows(of: network, kind: .ntk, x, threads: 2), ridge: 0.1, right, threads: 1)
        #expect(difference(stored.values.values, computed.values.values) < 1e-8)
    }

    /// The preconditioner earns its cost: without it the same kernel takes several times as many iterations.
    @Test func preconditioningSavesIterations() throws {
        var random = SplitMix(state: 9)
        let (kernel, right) = (try kernel(random.matrix(200, 4)), random.matrix(200, 1))
        var solver = ConjugateGradients()
        solver.tolerance = 1e-8
        (solver.rank, solver.strip) = (80, 64)
        let with = try solver.solve(rows(kernel), ridge: 0.01, right, threads: 1).iterations
        solver.rank = 0
        let without = try solver.solve(rows(kernel), ridge: 0.01, right, threads: 1).iterations
        #expect(3 * with < without)
    }

    /// What is not a number must not pass for a residual of zero.
    @Test func aKernelOfZerosHasNoSolution() {
        let right = DenseMatrix(rows: 3, columns: 1, values: [1, 2, 3])
        #expect(throws: DynamicsError.noConvergence(iterations: 0, residual: 1, tolerance: 1e-6)) {
            try ConjugateGradients().solve(rows(DenseMatrix(rows: 3, columns: 3)), ridge: 0, right, threads: 1)
        }
    }

    @Test func aKernelBeyondFloat64IsRefused() {
        let right = DenseMatrix(rows: 2, columns: 1, values: [1, 2])
        let kernel = DenseMatrix(rows: 2, columns: 2, values: [1, .nan, .nan, 1])
        #expect(throws: DynamicsError.self) { try ConjugateGradients().solve(rows(kernel), ridge: 0.1, right, threads: 1) }
    }

    @Test func givesUpAtItsLimitAndWhenAsked() throws {
        var random = SplitMix(state: 10)
        let (kernel, right) = (try kernel(random.matrix(60, 4)), random.matrix(60, 1))
        var solver = ConjugateGradients()
        (solver.tolerance, solver.rank, solver.iterationLimit) = (1e-14, 1, 2)
        #expect(throws: DynamicsError.self) { try solver.solve(rows(kernel), ridge: 1e-9, right, threads: 1) }
        #expect(throws: DynamicsError.cancelled) { try solver.solve(rows(kernel), ridge: 1, right, threads: 1, isCancelled: { true }) }
    }
}
