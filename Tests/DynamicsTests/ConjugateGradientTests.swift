import Dynamics
import Foundation
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

    /// On a line a smooth kernel is nearly singular and X so large that rounding lets it come no closer than some 1e-5, while the
    /// recursion's own residual goes on to fall. What is reported is the residual of X itself.
    @Test(arguments: [1e-3, 1e-6, 1e-10])
    func theResidualIsThatOfTheSolution(tolerance: Double) throws {
        let x = DenseMatrix(rows: 60, columns: 1, values: (0..<60).map { -1 + Double($0) / 29.5 })
        let right = DenseMatrix(rows: 60, columns: 1, values: x.values.map { sin(20 * $0) + ($0 < 0 ? -1 : 1) })
        let network = try perceptron("erf", depth: 1, weightStd: 1.5, biasStd: 0.2, inputs: 1)
        let blocks = try InfiniteKernelBlocks(of: network, kinds: [.nngp], train: x, test: nil, covariance: .none, threads: 1)
        let kernel = try #require(blocks.nngp).train
        let answer = Result { () throws(DynamicsError) in
            try ConjugateGradients(tolerance: tolerance).solve(rows(kernel), ridge: 1e-12, right, threads: 1)
        }
        switch answer {
        case .success(let solution):
            #expect(tolerance == 1e-3 && solution.residual <= tolerance)
            #expect(difference(solution.fit.values, DenseMatrix.product(kernel, solution.values, threads: 1).values) < 1e-9)
            let left = zip(solution.fit.values, solution.values.values).map { $0 + 1e-12 * $1 }
            let squares = zip(left, right.values).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
            let norm = right.values.reduce(0) { $0 + $1 * $1 }
            #expect(abs((squares / norm).squareRoot() - solution.residual) < 1e-12)
        case .failure(.noConvergence(_, let residual, _)):
            #expect(tolerance < 1e-3 && residual > tolerance && residual < 1e-3)
        case .failure(let error): Issue.record("\(error)")
        }
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

    private func singular(_ solver: ConjugateGradients, _ kernel: DenseMatrix, ridge: Double = 0, _ right: DenseMatrix) -> SingularKernel? {
        do {
            _ = try solver.solve(rows(kernel), name: "ntk", ridge: ridge, right, threads: 1)
        } catch DynamicsError.notPositiveDefinite(let kernel) { return kernel } catch { Issue.record("\(error)") }
        return nil
    }

    /// What is not a number must not pass for a residual of zero.
    @Test func aKernelOfZerosHasNoInverse() throws {
        let right = DenseMatrix(rows: 3, columns: 1, values: [1, 2, 3])
        let found = try #require(singular(ConjugateGradients(), DenseMatrix(rows: 3, columns: 3), right))
        #expect(found.rank == 0 && found.order == 3 && found.lambdaMin == 0 && found.lambdaMax == 0 && found.helpfulRidge > 0)
    }

    /// Rows that are equal and have different targets, with few and with all of the kernel's rows in the preconditioner.
    @Test(arguments: [0, 20, 200])
    func conflictingRowsFailWithARidgeThatHelps(rank: Int) throws {
        var random = SplitMix(state: 11)
        let x = random.matrix(80, 4)
        for j in 0..<4 { (x[41, j], x[71, j]) = (x[40, j], x[70, j]) }
        let (kernel, right) = (try kernel(x), random.matrix(80, 2))
        var solver = ConjugateGradients()
        solver.rank = rank
        let found = try #require(singular(solver, kernel, right))
        let spectrum = try Eigendecomposition(overwriting: kernel.copy(), threads: 1).values
        #expect(found.name == "ntk" && found.order == 80 && found.rank == (rank < 78 ? nil : 78))
        #expect(abs(found.lambdaMin) < 80 * Double.ulpOfOne * spectrum[0] && abs(found.lambdaMax / spectrum[0] - 1) < 0.05)
        let solution = try solver.solve(rows(kernel), ridge: found.helpfulRidge, right, threads: 1)
        #expect(solution.residual <= solver.tolerance)
    }

    /// Of conflicting rows only the column that conflicts has no answer.
    @Test func equalRowsWithEqualTargetsAreSolved() throws {
        var random = SplitMix(state: 12)
        let x = random.matrix(50, 4)
        for j in 0..<4 { x[11, j] = x[10, j] }
        let (kernel, right) = (try kernel(x), random.matrix(50, 1))
        right[11, 0] = right[10, 0]
        var solver = ConjugateGradients()
        solver.rank = 10
        let solution = try solver.solve(rows(kernel), ridge: 0, right, threads: 1)
        let fit = DenseMatrix.product(kernel, solution.values, threads: 1)
        #expect(difference(fit.values, right.values) < 1e-4)
        let both = DenseMatrix(rows: 50, columns: 2, values: (0..<50).flatMap { [right[$0, 0], Double($0 == 11 ? 1 : 0)] })
        #expect(singular(solver, kernel, both) != nil)
    }

    /// A kernel far from singular that needs more iterations than it may take is not called singular.
    @Test func tooFewIterationsAreNoSingularKernel() throws {
        var random = SplitMix(state: 13)
        let (kernel, right) = (try kernel(random.matrix(60, 4)), random.matrix(60, 1))
        var solver = ConjugateGradients()
        (solver.tolerance, solver.rank, solver.iterationLimit) = (1e-10, 0, 3)
        do {
            _ = try solver.solve(rows(kernel), ridge: 0, right, threads: 1)
            Issue.record("three iterations cannot do")
        } catch DynamicsError.noConvergence(let iterations, _, _) { #expect(iterations == 3) }
    }

    @Test func aKernelBeyondFloat64IsRefused() {
        let right = DenseMatrix(rows: 2, columns: 1, values: [1, 2])
        let kernel = DenseMatrix(rows: 2, columns: 2, values: [1, .nan, .nan, 1])
        #expect(throws: DynamicsError.self) { try ConjugateGradients().solve(rows(kernel), ridge: 0.1, right, threads: 1) }
        let infinite = DenseMatrix(rows: 2, columns: 2, values: [1, 0, 0, .infinity])
        #expect(throws: DynamicsError.notFinite("the diagonal of the ntk is not finite")) {
            try ConjugateGradients().solve(rows(infinite), name: "ntk", ridge: 0.1, right, threads: 1)
        }
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
