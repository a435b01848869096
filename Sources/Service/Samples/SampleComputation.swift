import Dynamics
import FiniteNetworks
import InfiniteNetworks
import JSON
import Jobs
import LinearAlgebra

extension SampleRequest {
    func compute(_ context: JobContext) throws -> ComputationOutput {
        var output = ComputationOutput()
        let points = try Self.matrix(x, context)
        try addInputs(points, to: &output, context)
        switch source {
        case .gaussian(let covariance):
            let process = try process(covariance, points, context)
            let (rows, root) = try process.samples(count: samples, seed: UInt64(seed), threads: context.threads)
            let variances = process.covariance.diagonal.flatMap { [Double](repeating: max(0, $0), count: outputs) }
            let variance = DenseMatrix(rows: points.rows, columns: outputs, values: variances)
            try add(rows, mean: process.mean, variance: variance, to: &output, context)
            if include.contains(.covariance) {
                let elements = UnsafeBufferPointer(process.covariance.elements)
                output.arrays.append(try ResultArray("covariance", shape: [points.rows, points.rows], elements, blobs: context.blobs))
            }
            output.metrics["moments"] = "exact"
            output.metrics["lambda_max"] = .finite(root.lambdaMax)
            output.metrics["lambda_min"] = .finite(root.lambdaMin)
            output.metrics["rank"] = .integer(root.rank)
        case .network(let network):
            try addMoments(of: try drawn(network, points, context), to: &output, context)
        case .deepGaussian(let process):
            let layers = try process.samples(at: points, count: samples, seed: UInt64(seed), threads: context.threads) { done in
                try context.checkCancellation()
                context.progress(completed: done, total: samples, unit: "samples", message: "")
            }
            guard let last = layers.last else { throw DamagedSpecification(detail: "no layers") }
            try addMoments(of: last, to: &output, context)
            output.metrics["increment_kurtosis"] = .array(layers.map { .finite(SampleMoments.incrementKurtosis(of: $0)) })
        }
        return output
    }

    private static func matrix(_ reference: DataReference, _ context: JobContext) throws -> DenseMatrix {
        DenseMatrix(rows: reference.rows, columns: reference.rowLength, values: try RowLoader.values(of: reference, blobs: context.blobs))
    }

    /// The prior, or what training makes of it.
    private func process(_ covariance: CovarianceFunction, _ points: DenseMatrix, _ context: JobContext) throws -> GaussianProcess {
        guard let training else {
            return GaussianProcess(priorCovariance: try covariance.matrix(points, threads: context.threads), functions: outputs)
        }
        let (train, targets) = (try Self.matrix(training.x, context), try Self.matrix(training.y, context))
        var (nngp, ntk): (KernelBlocks?, KernelBlocks?)
        switch covariance {
        case .network(let network):
            let blocks = try InfiniteKernelBlocks(
                of: network, kinds: training.kind == .ntk ? [.nngp, .ntk] : [.nngp], train: train, test: points, covariance: .full,
                threads: context.threads, isCancelled: { context.isCancelled })
            (nngp, ntk) = (blocks.nngp, blocks.ntk)
        case .squaredExponential:
            nngp = KernelBlocks(
                train: try covariance.matrix(train), testTrain: try covariance.matrix(points, train), testTest: try covariance.matrix(points))
        }
        try context.checkCancellation()
        guard let nngp else { throw DamagedSpecification(detail: "no kernel") }
        do throws(DynamicsError) {
            return try GaussianProcess(nngp: nngp, ntk: ntk, targets: targets, ridge: training.ridge, threads: context.threads)
        } catch .notPositiveDefinite(let kernel) { throw SingularData(kernel: kernel) }
    }

    /// The outputs of networks with the seeds that follow each other: [samples · outputs, m].
    private func drawn(_ network: FiniteNetwork, _ points: DenseMatrix, _ context: JobContext) throws -> DenseMatrix {
        let (m, k) = (points.rows, outputs)
        let rows = DenseMatrix(rows: samples * k, columns: m)
        let tape = NetworkTape<Double>(network, capacity: m)
        tape.load(points.base, count: m)
        for sample in 0..<samples {
            try context.checkCancellation()
            context.progress(completed: sample, total: samples, unit: "samples", message: "")
            let parameters = network.initialParameters(seed: UInt64(seed) + UInt64(sample))
            BLASThreads.with(context.threads) { _ = tape.forward(parameters) }
            let values = tape.outputs
            for i in 0..<m {
                for o in 0..<k { rows[sample * k + o, i] = values[i * k + o] }
            }
        }
        return rows
    }

    // MARK: Arrays

    /// The points of a line, for a figure needs them.
    private func addInputs(_ points: DenseMatrix, to output: inout ComputationOutput, _ context: JobContext) throws {
        guard points.columns == 1 else { return }
        output.arrays.append(try ResultArray("x", shape: [points.rows], UnsafeBufferPointer(points.elements), blobs: context.blobs))
        guard let training else { return }
        for (name, reference) in [("x_train", training.x), ("y_train", training.y)] {
            let shape = name == "x_train" ? [reference.rows] : [reference.rows, outputs]
            output.arrays.append(
                try ResultArray(name, shape: shape, try RowLoader.values(of: reference, blobs: context.blobs), blobs: context.blobs))
        }
    }

    /// Of processes whose moments are known by their samples alone.
    private func addMoments(of rows: DenseMatrix, to output: inout ComputationOutput, _ context: JobContext) throws {
        let moments = samples >= 2 ? SampleMoments.moments(of: rows, functions: outputs) : nil
        try add(rows, mean: moments?.mean, variance: moments?.variance, to: &output, context)
        output.metrics["moments"] = "of_samples"
    }

    private func add(
        _ rows: DenseMatrix, mean: DenseMatrix?, variance: DenseMatrix?, to output: inout ComputationOutput, _ context: JobContext
    ) throws {
        if let place = rows.firstNotFinite {
            throw DynamicsError.notFinite("sample \(place.row / outputs) is not finite at row \(place.column) of x")
        }
        let (m, k) = (rows.columns, outputs)
        let values = [Double](unsafeUninitializedCapacity: rows.count) { buffer, count in
            for row in 0..<rows.rows {
                for i in 0..<m { buffer[(row / k * m + i) * k + row % k] = rows[row, i] }
            }
            count = rows.count
        }
        output.arrays.append(try ResultArray("samples", shape: [samples, m, k], values, blobs: context.blobs))
        for (name, matrix) in [("mean", mean), ("variance", variance)] {
            guard let matrix else { continue }
            output.arrays.append(try ResultArray(name, shape: [m, k], UnsafeBufferPointer(matrix.elements), blobs: context.blobs))
        }
    }
}

/// Training rows that a posterior cannot tell apart: as for a prediction, but there are no times to ask for instead.
private struct SingularData: NumericalFailure {
    let kernel: SingularKernel

    private var whole: DynamicsError { .notPositiveDefinite(kernel) }
    var code: JobErrorCode { whole.code }
    var title: String { whole.title }
    var members: [(name: String, value: JSONValue)] { whole.members }
    var detail: String {
        "The \(kernel.name) of the \(kernel.order) training rows has \(kernel.rank.map { "numerical rank \($0)" } ?? "no inverse"), so functions through all targets are not determined; drop rows that are equal or nearly so, or send \"ridge_absolute\": \(kernel.helpfulRidge), which is noise on the targets."
    }
}
