import Dynamics
import InfiniteNetworks
import JSON
import Jobs
import LinearAlgebra

extension PredictionRequest {
    func compute(_ context: JobContext) throws -> ComputationOutput {
        if isIterative { return try computeIteratively(context) }
        let loaded = try LoadedPredictionData(data, context)
        var problem = PredictionProblem(targets: loaded.targets, times: times)
        (problem.learningRate, problem.loss, problem.ridge, problem.covariance) = (learningRate, loss, ridge, covariance)
        (problem.initialTrain, problem.initialTest) = (loaded.initialTrain, loaded.initialTest)
        problem.leaveOneOut = include.contains(.leaveOneOut)
        context.progress(completed: 0, total: 2, unit: "stages", message: "kernels")
        let blocks = try data.kernelBlocks(neededKinds, covariance: covariance, context)
        try context.checkCancellation()
        context.progress(completed: 1, total: 2, unit: "stages", message: "factorisations")
        let predictions = try predict(blocks, problem, context)
        var output = ComputationOutput()
        output.members["times"] = .times(times)
        for kind in kinds {
            guard let prediction = predictions[kind] else { continue }
            try add(prediction, of: kind.rawValue, loaded, to: &output, context)
        }
        return output
    }

    private func predict(
        _ blocks: [KernelKind: KernelBlocks], _ problem: PredictionProblem, _ context: JobContext
    ) throws -> [KernelKind: KindPrediction] {
        do throws(DynamicsError) {
            return try EnsemblePredictor.predict(
                nngp: blocks[.nngp], ntk: kinds.contains(.ntk) ? blocks[.ntk] : nil, wantsNNGP: kinds.contains(.nngp), problem: problem,
                spectra: include.contains(.spectrum) ? .full : .estimate, threads: context.threads, isCancelled: { context.isCancelled })
        } catch .cancelled { throw CancellationError() }
    }

    private func add(
        _ prediction: KindPrediction, of kind: String, _ loaded: LoadedPredictionData, to output: inout ComputationOutput, _ context: JobContext
    ) throws {
        let (n, m, k, t) = (data.rows, data.testRows, data.outputs, times.count)
        func array(_ name: String, _ shape: [Int], _ matrix: DenseMatrix?) throws {
            guard let matrix else { return }
            output.arrays.append(
                try ResultArray("\(kind)_\(name)", shape: shape, UnsafeBufferPointer(matrix.elements), blobs: context.blobs))
        }
        try array("mean", [t, m, k], prediction.mean)
        try array("train_mean", [t, n, k], prediction.trainMean)
        try array("train_interpolation", [t, n, k], prediction.trainInterpolation)
        try array("covariance", [t, m, m], prediction.covariance)
        if let variance = prediction.variance {
            output.arrays.append(try ResultArray("\(kind)_variance", shape: [t, m], variance, blobs: context.blobs))
        }
        if let held = prediction.leaveOneOut {
            try array("leave_one_out_mean", [n, k], held.mean)
            output.arrays.append(try ResultArray("\(kind)_leave_one_out_variance", shape: [n], held.variance, blobs: context.blobs))
        }
        var confusions: [DenseMatrix] = []
        output.metrics[kind] = metrics(prediction, loaded, confusions: &confusions)
        if include.contains(.confusion), !confusions.isEmpty {
            output.arrays.append(
                try ResultArray("\(kind)_confusion", shape: [t, k, k], confusions.flatMap(\.values), blobs: context.blobs))
        }
    }

    /// One kind's metrics: of the kernel, and lists with one element for each time.
    private func metrics(_ prediction: KindPrediction, _ loaded: LoadedPredictionData, confusions: inout [DenseMatrix]) -> JSONValue {
        let spectrum = prediction.spectrum
        var result = JSONObject([
            ("ridge", .finite(spectrum.ridge)), ("lambda_max", .finite(spectrum.lambdaMax)), ("lambda_min", .finite(spectrum.lambdaMin)),
            ("lambda_min_error", .finite(spectrum.lambdaMinError)), ("condition_number", .finite(spectrum.conditionNumber)),
            ("learning_rate_max", .finite(loss.learningRateMax(lambdaMax: spectrum.lambdaMax, examples: data.rows, outputs: data.outputs))),
            ("log_marginal_likelihood", .finite(prediction.logMarginalLikelihood)),
            ("train_loss", .array(times.indices.map { .finite(PredictionScores.loss(prediction.trainMean, at: $0, loaded.targets, loss)) })),
        ])
        if let held = prediction.leaveOneOut {
            result["leave_one_out_loss"] = .finite(PredictionScores.loss(held.mean, at: 0, loaded.targets, loss))
        }
        guard let mean = prediction.mean, let targets = loaded.testTargets else { return .object(result) }
        result["test_loss"] = .array(times.indices.map { .finite(PredictionScores.loss(mean, at: $0, targets, loss)) })
        if data.task == .classification {
            confusions = times.indices.map { PredictionScores.confusion(mean, at: $0, targets) }
            result["accuracy"] = .array(confusions.map { .finite(PredictionScores.accuracy(ofConfusion: $0)) })
        }
        let variance = prediction.variance ?? prediction.covariance.map { covariance in
            (0..<covariance.rows).map { covariance[$0, $0 % covariance.columns] }
        }
        if let variance {
            result["negative_log_likelihood"] = .array(times.indices.map {
                .finite(PredictionScores.negativeLogLikelihood(mean: mean, variance: variance, at: $0, targets, noise: spectrum.ridge))
            })
        }
        return .object(result)
    }
}
