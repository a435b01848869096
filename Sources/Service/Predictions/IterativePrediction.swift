import Dynamics
import InfiniteNetworks
import JSON
import Jobs
import LinearAlgebra

/// How the training kernel's inverse is applied.
enum PredictionSolver: String, Sendable, CaseIterable {
    /// Conjugate gradients where a factor would take more memory than one job may, and they can answer.
    case auto
    case cholesky
    /// Conjugate gradients on a kernel that is read from its job's file, or computed anew, a strip at a time.
    case conjugateGradients = "cg"
}

extension PredictionRequest {
    /// Means at the end of training, for kernels that need not fit into memory.
    func computeIteratively(_ context: JobContext) throws -> ComputationOutput {
        let loaded = try LoadedPredictionData(data, context)
        try PredictionProblem.checkInitial(
            train: loaded.initialTrain, test: loaded.initialTest, targets: loaded.targets, testRows: data.testRows)
        var output = ComputationOutput()
        output.members["times"] = .times(times)
        for kind in kinds {
            let sources = try IterativeSources(data, kind, context)
            let kernel = sources.kernel
            let added = switch ridge {
            case .absolute(let value): value
            case .relative(let factor): factor * kernel.diagonal.reduce(0, +) / Double(max(1, kernel.count))
            }
            let residual = loaded.targets.copy()
            for i in 0..<residual.count { residual.base[i] = (loaded.initialTrain?.base[i] ?? 0) - residual.base[i] }
            let solver = ConjugateGradients(tolerance: tolerance)
            let solution = try uncancelled { () throws(DynamicsError) in
                try solver.solve(
                    kernel, name: kind.rawValue, ridge: added, residual, threads: context.threads,
                    progress: { context.progress(completed: $0, total: solver.iterationLimit, unit: "iterations", message: "relative residual \($1)") },
                    isCancelled: { context.isCancelled })
            }
            let mean = try sources.testMean(solution.values, from: loaded.initialTest)
            try write(kind, solution, ridge: added, train: Self.subtract(solution.fit, from: loaded.initialTrain), mean, loaded, to: &output, context)
        }
        return output
    }

    private func uncancelled<Value>(_ body: () throws(DynamicsError) -> Value) throws -> Value {
        do throws(DynamicsError) { return try body() } catch .cancelled { throw CancellationError() }
    }

    private func write(
        _ kind: KernelKind, _ solution: ConjugateGradients.Solution, ridge: Double, train: DenseMatrix, _ mean: DenseMatrix?,
        _ loaded: LoadedPredictionData, to output: inout ComputationOutput, _ context: JobContext
    ) throws {
        let (n, m, k) = (data.rows, data.testRows, data.outputs)
        func array(_ name: String, _ shape: [Int], _ matrix: DenseMatrix) throws {
            let values = Array(repeatElement(matrix.values, count: times.count).joined())
            output.arrays.append(try ResultArray("\(kind.rawValue)_\(name)", shape: shape, values, blobs: context.blobs))
        }
        try array("train_mean", [times.count, n, k], train)
        if let mean { try array("mean", [times.count, m, k], mean) }
        if ridge != 0 { try array("train_interpolation", [times.count, n, k], loaded.targets) }
        func repeated(_ value: Double) -> JSONValue { .array(times.map { _ in .finite(value) }) }
        var metrics = JSONObject([
            ("solver", .string(PredictionSolver.conjugateGradients.rawValue)), ("iterations", .integer(solution.iterations)),
            ("residual", .finite(solution.residual)), ("tolerance", .double(tolerance)), ("ridge", .finite(ridge)),
            ("train_loss", repeated(PredictionScores.loss(train, at: 0, loaded.targets, loss))),
        ])
        if let mean, let targets = loaded.testTargets {
            metrics["test_loss"] = repeated(PredictionScores.loss(mean, at: 0, targets, loss))
            if data.task == .classification {
                let confusion = PredictionScores.confusion(mean, at: 0, targets)
                metrics["accuracy"] = repeated(PredictionScores.accuracy(ofConfusion: confusion))
                if include.contains(.confusion) { try array("confusion", [times.count, k, k], confusion) }
            }
        }
        output.metrics[kind.rawValue] = .object(metrics)
    }

    private static func subtract(_ change: DenseMatrix, from start: DenseMatrix?) -> DenseMatrix {
        for i in 0..<change.count { change.base[i] = (start?.base[i] ?? 0) - change.base[i] }
        return change
    }
}

/// Where the kernels of an iterative prediction come from, a strip at a time.
private struct IterativeSources {
    let kernel: KernelRows
    /// Rows of the kernel of test with training inputs.
    private let crossRows: ((Range<Int>) throws -> DenseMatrix)?
    private let testRows: Int
    private let threads: Int

    init(_ data: PredictionData, _ kind: KernelKind, _ context: JobContext) throws {
        (testRows, threads) = (data.testRows, context.threads)
        switch data.kernels {
        case .jobs(let jobs):
            guard let blocks = jobs.blocks[kind] else { throw DamagedSpecification(detail: "no \(kind.rawValue) among the kernels") }
            kernel = try StoredRows(blocks.train, blobs: context.blobs).kernel()
            let cross = try blocks.testTrain.map { try StoredRows($0, blobs: context.blobs) }
            let n = blocks.train.rows
            crossRows = cross.map { cross in
                { rows in
                    let tile = DenseMatrix(rows: rows.count, columns: n)
                    cross.read(rows, 0..<n, tile.base)
                    return tile
                }
            }
        case .network(_, let network):
            guard let xTrain = data.xTrain else { throw DamagedSpecification(detail: "no x_train") }
            func matrix(_ reference: DataReference) throws -> DenseMatrix {
                DenseMatrix(rows: reference.rows, columns: reference.rowLength, values: try RowLoader.values(of: reference, blobs: context.blobs))
            }
            let x = try matrix(xTrain)
            kernel = try KernelRows(of: network, kind: kind, x, threads: context.threads, isCancelled: { context.isCancelled })
            crossRows = try data.xTest.map(matrix).map { test in
                { rows in
                    let tile = DenseMatrix(rows: rows.count, columns: x.rows)
                    let part = MatrixView(UnsafePointer(test.row(rows.lowerBound)), rows: rows.count, columns: test.columns)
                    let arrays = KernelArrays(kernel: tile.base)
                    try network.compute(
                        x1: part, x2: x.view, into: kind == .nngp ? KernelDestinations(nngp: arrays) : KernelDestinations(ntk: arrays),
                        threads: context.threads, isCancelled: { context.isCancelled })
                    return tile
                }
            }
        }
    }

    /// f0* − K* x [m, k].
    func testMean(_ solution: DenseMatrix, from start: DenseMatrix?) throws -> DenseMatrix? {
        guard let crossRows else { return nil }
        let result = DenseMatrix(rows: testRows, columns: solution.columns)
        for first in stride(from: 0, to: testRows, by: 256) {
            let change = DenseMatrix.product(try crossRows(first..<min(testRows, first + 256)), solution, threads: threads)
            let offset = first * solution.columns
            for i in 0..<change.count { result.base[offset + i] = (start?.base[offset + i] ?? 0) - change.base[i] }
        }
        return result
    }
}
