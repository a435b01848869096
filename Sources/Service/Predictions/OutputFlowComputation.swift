import Architectures
import Dynamics
import InfiniteNetworks
import JSON
import Jobs
import LinearAlgebra

extension OutputFlowRequest {
    func compute(_ context: JobContext) throws -> ComputationOutput {
        let loaded = try LoadedPredictionData(data, context)
        var problem = PredictionProblem(targets: loaded.targets, times: times)
        (problem.learningRate, problem.ridge) = (learningRate, ridge)
        if let squared = loss.squared { problem.loss = squared }
        (problem.initialTrain, problem.initialTest) = (loaded.initialTrain, loaded.initialTest)
        // Cross-entropy is of probabilities, where squared losses take one-hot rows minus 1/classes.
        if loss == .crossEntropy { for targets in [loaded.targets, loaded.testTargets] { targets?.shift(by: 1 / Double(data.outputs)) } }
        let blocks = try data.kernelBlocks(kinds, covariance: .none, context)
        try context.checkCancellation()
        var output = ComputationOutput()
        output.members["times"] = .times(times)
        for (index, kind) in kinds.enumerated() {
            guard let kernel = blocks[kind] else { continue }
            context.progress(completed: index, total: kinds.count, unit: "kinds", message: kind.rawValue)
            var result = FlowResult(request: self, kind: kind.rawValue, loaded: loaded, blobs: context.blobs)
            do throws(DynamicsError) {
                if loss.squared == nil {
                    try general(kernel, problem, context, into: &result)
                } else {
                    try closedForm(kernel, kind, problem, context, into: &result)
                }
            } catch .cancelled { throw CancellationError() }
            try result.write(to: &output)
        }
        return output
    }

    /// Squared losses, by the eigenmodes.
    private func closedForm(
        _ kernel: KernelBlocks, _ kind: KernelKind, _ problem: PredictionProblem, _ context: JobContext, into result: inout FlowResult
    ) throws(DynamicsError) {
        let flow = try OutputFlow(overwriting: kernel, name: kind.rawValue, problem: problem, threads: context.threads)
        let continuous = try flow.trajectory(
            momentum > 0 ? .momentumFlow(rate: problem.rate, momentum: momentum) : .gradientFlow(rate: problem.rate))
        result.add("", train: continuous.train, test: continuous.test, drift: continuous.weightDrift)
        result.arrays.append(("mode_decay", [times.count, data.rows], continuous.decay))
        if discrete {
            let descent = try flow.trajectory(.gradientDescent(rate: problem.rate, momentum: momentum))
            result.add("discrete_", train: descent.train, test: descent.test, drift: descent.weightDrift)
            result.arrays.append(("discrete_mode_decay", [times.count, data.rows], descent.decay))
        }
        result.arrays.append(("eigenvalues", [data.rows], DenseMatrix(rows: data.rows, columns: 1, values: flow.eigenvalues)))
        result.arrays.append(("mode_residuals", [data.rows, data.outputs], flow.modeResiduals))
        let limit = problem.loss.learningRateMax(
            lambdaMax: flow.summary.lambdaMax, momentum: momentum, examples: data.rows, outputs: data.outputs)
        result.metrics.append(("ridge", .finite(flow.summary.ridge)))
        result.metrics.append(("lambda_max", .finite(flow.summary.lambdaMax)))
        result.metrics.append(("lambda_min", .finite(flow.summary.lambdaMin)))
        result.metrics.append(("condition_number", .finite(flow.summary.conditionNumber)))
        result.metrics.append(("learning_rate_max", .finite(limit)))
        guard discrete else { return }
        let isBeyond = learningRate > limit
        result.addDivergence(isBeyond, step: isBeyond ? flow.divergedStep(rate: problem.rate, momentum: momentum, by: times.max() ?? 0) : nil)
    }

    /// Any loss, by adaptive steps.
    private func general(
        _ kernel: KernelBlocks, _ problem: PredictionProblem, _ context: JobContext, into result: inout FlowResult
    ) throws(DynamicsError) {
        let flow = try GeneralFlow(kernel, problem: problem, loss: loss, momentum: momentum, threads: context.threads)
        let lambdaMax = try flow.lambdaMax()
        let continuous = try flow.flow(times: times, isCancelled: { context.isCancelled })
        result.add("", train: continuous.train, test: continuous.test, drift: continuous.weightDrift)
        let limit = flow.learningRateMax(lambdaMax: lambdaMax)
        result.metrics.append(("ridge", .finite(flow.ridge)))
        result.metrics.append(("lambda_max", .finite(lambdaMax)))
        result.metrics.append(("learning_rate_max", .finite(limit)))
        guard discrete else { return }
        let descent = try flow.descent(times: times, isCancelled: { context.isCancelled })
        result.add("discrete_", train: descent.train, test: descent.test, drift: descent.weightDrift)
        // Up to the limit momentum alone may raise the loss for a while.
        let step = learningRate > limit ? descent.divergedStep : nil
        result.addDivergence(step != nil, step: step)
    }

    /// The root of the expected ‖w0‖², the number of parameters in the NTK parameterization; nil without widths.
    var initialNorm: Double? {
        guard case .network(let architecture, _) = data.kernels, architecture.parameterization == .ntk, let xTrain = data.xTrain else { return nil }
        let trace = ShapeInference.infer(architecture, inputShape: xTrain.shape, at: .root, for: .infiniteKernel, faults: Faults())
        let counts = trace?.layers.map(\.parameters) ?? [nil]
        guard counts.allSatisfy({ $0 != nil }) else { return nil }
        return Double(counts.reduce(0) { $0 + ($1 ?? 0) }).squareRoot()
    }
}

/// The arrays and metrics of one kind's flow.
struct FlowResult {
    let request: OutputFlowRequest
    let kind: String
    let loaded: LoadedPredictionData
    let blobs: BlobStore
    var arrays: [(name: String, shape: [Int], matrix: DenseMatrix)] = []
    var metrics: [(name: String, value: JSONValue)] = []

    /// - Parameter prefix: `discrete_` for gradient descent.
    mutating func add(_ prefix: String, train: DenseMatrix, test: DenseMatrix?, drift: [Double]) {
        let (t, k) = (request.times.count, request.data.outputs)
        arrays.append(("\(prefix)train_outputs", [t, request.data.rows, k], train))
        metrics.append(("\(prefix)train_loss", losses(train, loaded.targets)))
        if let test {
            arrays.append(("\(prefix)test_outputs", [t, request.data.testRows, k], test))
            if let targets = loaded.testTargets {
                metrics.append(("\(prefix)test_loss", losses(test, targets)))
                if request.data.task == .classification {
                    let accuracies = (0..<t).map {
                        PredictionScores.accuracy(ofConfusion: PredictionScores.confusion(test, at: $0, targets))
                    }
                    metrics.append(("\(prefix)accuracy", .array(accuracies.map { .finite($0) })))
                }
            }
        }
        metrics.append(("\(prefix)weight_drift", .array(drift.map { .finite($0) })))
        if let norm = request.initialNorm, norm > 0 {
            metrics.append(("\(prefix)relative_weight_drift", .array(drift.map { .finite($0 / norm) })))
        }
    }

    /// Whether gradient descent diverges, and the step from which on its loss is above that at the start.
    mutating func addDivergence(_ diverges: Bool, step: Int?) {
        metrics.append(("discrete_diverged", .bool(diverges)))
        metrics.append(("discrete_diverged_step", step.map { .integer($0) } ?? .null))
    }

    private func losses(_ outputs: DenseMatrix, _ targets: DenseMatrix) -> JSONValue {
        .array(request.times.indices.map { time in
            let view = MatrixView(UnsafePointer(outputs.row(time * targets.rows)), rows: targets.rows, columns: targets.columns)
            return .finite(request.loss.value(DenseMatrix(view), targets))
        })
    }

    func write(to output: inout ComputationOutput) throws {
        for (name, shape, matrix) in arrays {
            output.arrays.append(try ResultArray("\(kind)_\(name)", shape: shape, UnsafeBufferPointer(matrix.elements), blobs: blobs))
        }
        output.metrics[kind] = .object(JSONObject(metrics))
    }
}
