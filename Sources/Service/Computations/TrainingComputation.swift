import FiniteNetworks
import JSON
import Jobs
import Synchronization

extension TrainingRequest {
    func compute(_ context: JobContext) throws -> ComputationOutput {
        let faults = Faults()
        let sweep = TrainingSweep(try loadedPlan(context), widths: widths, seeds: seeds.map { UInt64($0) }, faults: faults)
        guard let sweep else { throw DamagedSpecification(detail: faults.all.first?.detail ?? "a network does not fit") }
        let watch = TrainingWatch(sweep, context)
        let checkpoint = try context.loadCheckpoint()
        let runs =
            switch precision {
            case .float64: try sweep.run(in: Double.self, threads: context.threads, from: checkpoint, watch.observer)
            case .float32: try sweep.run(in: Float.self, threads: context.threads, from: checkpoint, watch.observer)
            }
        guard let runs else { return try watch.interrupted(self, sweep.plan, blobs: context.blobs) }
        guard runs.contains(where: { !$0.records.steps.isEmpty }) else { throw NonFiniteStart(isSingle: precision == .float32) }
        return try TrainingDocument(self, sweep.plan, runs).output(blobs: context.blobs)
    }

    /// The plan with its rows in memory.
    func loadedPlan(_ context: JobContext) throws -> TrainingPlan {
        // Cross-entropy wants probabilities; squared losses the centred rows of a classification.
        let classes = task == .classification ? networks[0].outputCount : nil
        func data(_ x: DataReference, _ y: DataReference?) throws -> TrainingData {
            var targets = try y.map { try RowLoader.targets(of: $0, classes: classes, blobs: context.blobs) }
            if plan.loss == .crossEntropy { targets = targets?.map { $0 > 0 ? 1 : 0 } }
            return TrainingData(rows: x.rows, inputs: try RowLoader.values(of: x, blobs: context.blobs), targets: targets)
        }
        var plan = plan
        plan.train = try data(x, y)
        plan.test = try xTest.map { try data($0, yTest) }
        plan.parameters = try parameters.map { try RowLoader.values(of: $0, blobs: context.blobs) }
        return plan
    }
}

/// No run has a loss to begin with, so that none of them diverged by its training.
struct NonFiniteStart: NumericalFailure {
    let isSingle: Bool
    var code: JobErrorCode { .nonFiniteResult }
    var title: String { "The training has no finite start" }
    var detail: String {
        "Before the first step the loss of every run is beyond the largest \(isSingle ? "float32" : "float64"), or no number; scale the inputs and targets towards 1\(isSingle ? ", or set precision to \"float64\"" : "")."
    }
}

/// Carries what a sweep reports to the job: progress, metrics a few times a second, and checkpoints as often as they are cheap.
private final class TrainingWatch: Sendable {
    private struct State {
        /// When each run last sent a metric.
        var sent: [Int: ContinuousClock.Instant] = [:]
        var nextCheckpoint: ContinuousClock.Instant
        /// Of a cancelled training: the runs that had begun, by their number.
        var interrupted: [Int: RunResult] = [:]
    }

    private static let metricInterval = Duration.milliseconds(250)
    private static let shortestCheckpointInterval = Duration.seconds(1)
    /// Saving takes at most this share of the time.
    private static let checkpointShare = 20

    private let sweep: TrainingSweep
    private let context: JobContext
    private let state: Mutex<State>

    init(_ sweep: TrainingSweep, _ context: JobContext) {
        self.sweep = sweep
        self.context = context
        state = Mutex(State(nextCheckpoint: ContinuousClock.now + Self.shortestCheckpointInterval))
    }

    var observer: TrainingSweep.Observer {
        var observer = TrainingSweep.Observer()
        observer.progress = { [context] in context.progress(completed: $0, total: $1, unit: "steps", message: "") }
        observer.record = { run, _, records in self.send(run, records, always: false) }
        observer.finished = { run, result in self.send(run, result.records, always: true) }
        observer.interrupted = { run, result in self.state.withLock { $0.interrupted[run] = result } }
        observer.isCancelled = { [context] in context.isCancelled }
        observer.isCheckpointDue = {
            self.state.withLock { state in
                guard ContinuousClock.now >= state.nextCheckpoint else { return false }
                // Not due again before this one is saved.
                state.nextCheckpoint = .now + .seconds(3600)
                return true
            }
        }
        observer.save = { bytes in
            let start = ContinuousClock.now
            try self.context.saveCheckpoint(bytes)
            let end = ContinuousClock.now
            self.state.withLock {
                $0.nextCheckpoint = end + max(Self.shortestCheckpointInterval, (end - start) * Self.checkpointShare)
            }
        }
        return observer
    }

    /// What a cancelled training has to show: the runs that have begun, those that have not ended with the curves so far.
    ///
    /// - Throws: `CancellationError` where there is nothing.
    func interrupted(_ request: TrainingRequest, _ plan: TrainingPlan, blobs: BlobStore) throws -> ComputationOutput {
        let runs = state.withLock { $0.interrupted.sorted { $0.key < $1.key }.map(\.value) }
        guard !runs.isEmpty else { throw CancellationError() }
        var output = try TrainingDocument(request, plan, runs).output(blobs: blobs)
        output.isPartial = true
        return output
    }

    private func send(_ run: Int, _ records: RunRecords, always: Bool) {
        guard let step = records.steps.last, let loss = records.loss.last, let drift = records.drift.last else { return }
        let now = ContinuousClock.now
        let isDue = state.withLock { state in
            guard always || state.sent[run].map({ now - $0 >= Self.metricInterval }) ?? true else { return false }
            state.sent[run] = now
            return true
        }
        guard isDue else { return }
        let member = sweep.members[run]
        context.metric(
            JSONValue.object([
                "run": .integer(run), "width": member.width.map { .integer($0) } ?? .null, "seed": .integer(Int(clamping: member.seed)),
                "step": .integer(step), "loss": .double(loss), "weight_drift": .double(drift),
            ]).ownString)
    }
}
