import Dynamics
import FiniteNetworks
import JSON
import Jobs
import LinearAlgebra

/// A slice through a loss as a function of the plane, whose products have all threads of the job.
struct SlicedLoss: PlaneFunction {
    let slice: LossSlice
    let threads: Int

    func evaluate(at point: SIMD2<Double>) -> (value: Double, gradient: SIMD2<Double>) {
        let found = BLASThreads.with(threads) { slice.evaluate(point.x, point.y) }
        return (found.value, SIMD2(found.alongFirst, found.alongSecond))
    }
}

extension LossSliceRequest {
    /// Trains the network where the slice wants it trained, and lays the plane.
    ///
    /// - Parameter output: Gets what is known of the plane, and the training's way on it.
    func function(_ context: JobContext, output: inout ComputationOutput) throws -> SlicedLoss {
        let plan = try training.loadedPlan(context)
        let network = training.networks[0]
        let start = plan.parameters ?? network.initialParameters(seed: UInt64(training.seeds[0]))
        let run = isTrained ? try self.run(plan, context) : nil
        let end = run.map { Array($0.snapshots.suffix(start.count)) }
        let center = self.center == .final ? end ?? start : start
        var metrics = JSONObject([("parameters", .integer(network.parameterCount))])
        let plane: WeightPlane
        switch directions {
        case .random: plane = .random(network, center: center, normalization: normalization, seed: UInt64(seed))
        case .principal:
            let path = run?.snapshots ?? []
            let found = try WeightPlane.principal(path: path, center: center, components: (components[0], components[1]), threads: context.threads)
            plane = found.plane
            metrics["variance_shares"] = .numbers([found.shares.0, found.shares.1])
            if let run { try add(run, on: plane, to: &output, context) }
        }
        let function = SlicedLoss(slice: LossSlice(plan, network: network, start: start, plane: plane), threads: context.threads)
        metrics["center_loss"] = .finite(function.evaluate(at: .zero).value)
        metrics["direction_norms"] = .numbers([plane.norms.0, plane.norms.1])
        metrics["direction_cosine"] = .finite(plane.cosine)
        if let run {
            metrics["steps"] = .integer(run.records.steps.last ?? 0)
            metrics["stop_reason"] = .string(run.stopReason.rawValue)
        }
        output.metrics["slice"] = .object(metrics)
        return function
    }

    private func run(_ plan: TrainingPlan, _ context: JobContext) throws -> RunResult {
        var plan = plan
        plan.snapshotSteps = directions == .principal ? recordedSteps : [plan.steps]
        let faults = Faults()
        guard let sweep = TrainingSweep(plan, widths: training.widths, seeds: training.seeds.map { UInt64($0) }, faults: faults) else {
            throw DamagedSpecification(detail: faults.all.first?.detail ?? "a network does not fit")
        }
        var observer = TrainingSweep.Observer()
        observer.progress = { [context] in context.progress(completed: $0, total: $1, unit: "steps", message: "training") }
        observer.isCancelled = { [context] in context.isCancelled }
        guard let run = try sweep.run(in: Double.self, threads: context.threads, observer)?.first else { throw CancellationError() }
        guard run.stopReason != .diverged else {
            throw LossSliceError.diverged(step: run.records.steps.last ?? 0, learningRateMax: run.learningRateMax)
        }
        return run
    }

    /// The way of the training, seen from above the plane, with the loss that it really had.
    private func add(_ run: RunResult, on plane: WeightPlane, to output: inout ComputationOutput, _ context: JobContext) throws {
        let p = run.parameterCount
        let points = run.snapshotSteps.indices.flatMap { index -> [Double] in
            let (a, b) = plane.coordinates(of: run.snapshots[index * p..<(index + 1) * p])
            return [a, b]
        }
        let losses = Dictionary(zip(run.records.steps, run.records.loss)) { first, _ in first }
        let values = run.snapshotSteps.compactMap { losses[$0] }
        output.arrays.append(try ResultArray("training_path", shape: [points.count / 2, 2], points, blobs: context.blobs))
        output.arrays.append(try ResultArray("training_path_values", shape: [values.count], values, blobs: context.blobs))
    }
}

/// Trouble with a slice, as a failed job says it.
extension LossSliceError: NumericalFailure {
    var code: JobErrorCode {
        switch self {
        case .diverged: .diverged
        case .fewDirections: .degeneratePlane
        }
    }

    var title: String {
        switch self {
        case .diverged: "The training diverges"
        case .fewDirections: "The training's path has no such directions"
        }
    }

    var detail: String {
        switch self {
        case .diverged(let step, let limit):
            "The training diverges after step \(step), so it has no end to look at; take a learning rate below \(limit.map { "\($0)" } ?? "the present one")."
        case .fewDirections(let count, let wanted):
            "The weights of the training vary along \(count) directions, and of these \(wanted[0]) and \(wanted[1]) were asked for as two different ones; name others in \"components\", record more steps, or take random directions."
        }
    }

    var members: [(name: String, value: JSONValue)] {
        switch self {
        case .diverged(_, let limit): [("learning_rate_max", .finite(limit))]
        case .fewDirections(let count, _): [("directions", .integer(count))]
        }
    }
}
