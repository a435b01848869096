import Dynamics
import FiniteNetworks
import InfiniteNetworks
import JSON
import Jobs
import LinearAlgebra

extension InfluenceRequest {
    func compute(_ context: JobContext) throws -> ComputationOutput {
        let x = try points.values(context)
        let step = try loadedStep(context)
        let (m, s, k) = (points.count, xStep.rows, outputs)
        var output = ComputationOutput()
        func add(_ name: String, _ shape: [Int], _ values: [Double]) throws {
            guard values.allSatisfy(\.isFinite) else { throw StepTooLong(learningRate: learningRate) }
            output.arrays.append(try ResultArray(name, shape: shape, values, blobs: context.blobs))
        }
        if case .grid(_, let y) = points.place { try add("points", [m, y == nil ? 1 : 2], x) }
        let runs = try influences(x, step, context)
        var gradients = runs.map(\.gradient)
        if !runs.isEmpty {
            try add("outputs", [runs.count, m, k], runs.flatMap(\.outputs))
            try add("kernel", [runs.count, m, s], runs.flatMap(\.kernel))
            try add("predicted", [runs.count, m, k], runs.flatMap(\.predicted))
            try add("change", [runs.count, m, k], runs.flatMap(\.change))
            try add("defect", [runs.count, m, k], runs.flatMap { zip($0.change, $0.predicted).map { $0 - $1 } })
        } else {
            // The mean of the infinitely wide network's outputs at initialisation is 0.
            gradients = [step.gradient(outputs: [Double](repeating: 0, count: s * k), columns: k)]
        }
        var predictions: [[Double]] = []
        if let kernel = try infiniteKernel(x, step.inputs, context) {
            predictions = gradients.map { predicted(kernel, gradient: $0) }
            try add("infinite_kernel", [m, s], kernel)
            try add("infinite_predicted", [predictions.count, m, k], predictions.flatMap { $0 })
        }
        try add("gradient", [gradients.count, s, k], gradients.flatMap { $0 })
        output.metrics["runs"] = .array(runs.enumerated().map { metrics($1, seed: parameters == nil ? seeds[$0] : nil, infinite: predictions.isEmpty ? nil : predictions[$0]) })
        output.members["sign"] = "predicted = -learning_rate * kernel * gradient"
        return output
    }

    private func loadedStep(_ context: JobContext) throws -> StepInfluence.Step {
        var targets = try RowLoader.targets(of: yStep, classes: task == .classification ? outputs : nil, blobs: context.blobs)
        // Cross-entropy wants probabilities; squared losses the centred rows of a classification.
        if loss == .crossEntropy { targets = targets.map { $0 > 0 ? 1 : 0 } }
        return StepInfluence.Step(
            inputs: try RowLoader.values(of: xStep, blobs: context.blobs), targets: targets, loss: loss, learningRate: learningRate)
    }

    /// One for each finite network.
    private func influences(_ x: [Double], _ step: StepInfluence.Step, _ context: JobContext) throws -> [StepInfluence] {
        guard let finite else { return [] }
        let given = try parameters.map { try RowLoader.values(of: $0, blobs: context.blobs) }
        return try (0..<runs).map { run in
            let influence = BLASThreads.with(context.threads) {
                StepInfluence(
                    of: finite, parameters: given ?? finite.initialParameters(seed: UInt64(seeds[run])), points: x, step: step,
                    progress: { context.progress(completed: run * $1 + $0, total: runs * $1, unit: "points", message: "") },
                    isCancelled: { context.isCancelled })
            }
            guard let influence else { throw CancellationError() }
            return influence
        }
    }

    /// Θ of points with examples of the step [m, s].
    private func infiniteKernel(_ x: [Double], _ steps: [Double], _ context: JobContext) throws -> [Double]? {
        guard let infinite else { return nil }
        let length = xStep.rowLength
        let (points, examples) = (
            DenseMatrix(rows: points.count, columns: length, values: x), DenseMatrix(rows: xStep.rows, columns: length, values: steps)
        )
        let kernel = DenseMatrix(rows: points.rows, columns: examples.rows)
        try infinite.compute(
            x1: points.view, x2: examples.view, into: KernelDestinations(ntk: KernelArrays(kernel: kernel.base)), threads: context.threads,
            isCancelled: { context.isCancelled })
        return kernel.values
    }

    /// −η Θ ∂L/∂f [m, k]: outputs of an infinitely wide network do not influence one another.
    private func predicted(_ kernel: [Double], gradient: [Double]) -> [Double] {
        let (s, k) = (xStep.rows, outputs)
        return (0..<points.count).flatMap { i in
            (0..<k).map { o in -learningRate * (0..<s).reduce(0) { $0 + kernel[i * s + $1] * gradient[$1 * k + o] } }
        }
    }

    private func metrics(_ run: StepInfluence, seed: Int?, infinite: [Double]?) -> JSONValue {
        func norm(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
        var object = JSONObject([
            ("seed", seed.map { .integer($0) } ?? .null), ("loss_before", .finite(run.loss.before)), ("loss_after", .finite(run.loss.after)),
            ("relative_defect", .finite(run.relativeDefect)), ("defect_order", .finite(run.defectOrder)),
        ])
        if let infinite {
            let size = norm(infinite)
            object["infinite_relative_difference"] = .finite(size > 0 ? norm(zip(run.predicted, infinite).map { $0 - $1 }) / size : nil)
        }
        return .object(object)
    }
}

extension StepInfluence.Step {
    /// ∂L/∂f of outputs [s, k].
    fileprivate func gradient(outputs: [Double], columns: Int) -> [Double] { loss.gradient(outputs, targets, outputs: columns) }
}

/// After the step a number is beyond float64.
private struct StepTooLong: NumericalFailure {
    let learningRate: Double

    var code: JobErrorCode { .nonFiniteResult }
    var title: String { "The result is not finite" }
    var detail: String { "After a step with learning rate \(learningRate) outputs are beyond what float64 holds; take a smaller one." }
}
