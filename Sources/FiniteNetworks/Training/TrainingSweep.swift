import Architectures
import Dispatch
import JSON
import LinearAlgebra
import Synchronization

/// A training of every width with every seed: independent runs, as many at once as there are threads.
public struct TrainingSweep: Sendable {
    /// One network to train.
    public struct Member: Sendable {
        public let width: Int?
        public let seed: UInt64
        let network: FiniteNetwork
    }

    public let plan: TrainingPlan
    public let members: [Member]

    /// - Parameters:
    ///   - widths: nil: the architecture's own.
    ///   - seeds: at least one.
    /// - Returns: nil where a fault was recorded: a width at which the architecture does not fit together.
    public init?(_ plan: TrainingPlan, widths: [Int]?, seeds: [UInt64], at inputPointer: JSONPointer = .root, faults: Faults) {
        var members: [Member] = []
        for width in widths.map({ $0.map(Int?.some) }) ?? [nil] {
            let before = faults.count
            let architecture = width.map { plan.architecture.withHiddenWidth($0) } ?? plan.architecture
            let network = FiniteNetwork(architecture, inputShape: plan.inputShape, at: inputPointer, faults: faults)
            guard faults.count == before, let network else { return nil }
            members += seeds.map { Member(width: width, seed: $0, network: network) }
        }
        self.plan = plan
        self.members = members
    }

    /// How a sweep is watched and kept.
    public struct Observer: Sendable {
        /// Steps completed of all runs, and how many there are at most.
        public var progress: @Sendable (Int, Int) -> Void = { _, _ in }
        /// A run, by its number, has recorded a step.
        public var record: @Sendable (_ run: Int, _ step: Int, RunRecords) -> Void = { _, _, _ in }
        public var finished: @Sendable (_ run: Int, RunResult) -> Void = { _, _ in }
        public var isCancelled: @Sendable () -> Bool = { false }
        /// After a cancel: a run that had begun, with what it has recorded up to there or up to its end.
        public var interrupted: @Sendable (_ run: Int, RunResult) -> Void = { _, _ in }
        /// Whether it is time to keep the state of the runs.
        public var isCheckpointDue: @Sendable () -> Bool = { false }
        public var save: @Sendable ([UInt8]) throws -> Void = { _ in }

        public init() {}
    }

    /// Trains all networks.
    ///
    /// - Parameters:
    ///   - threads: runs at once; a single run gives them to BLAS, whose threads have one owner at a time.
    ///   - checkpoint: what an earlier attempt saved last. A result does not depend on it.
    /// - Returns: a result for each member; nil after a cancel.
    /// - Throws: what `save` throws.
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func run<Scalar: NetworkScalar>(
        in precision: Scalar.Type, threads: Int, from checkpoint: [UInt8]? = nil, _ observer: Observer = Observer()
    ) throws -> [RunResult]? {
        let board = SweepBoard(self, checkpoint: checkpoint, observer)
        let workers = max(1, min(threads, members.count))
        BLASThreads.callersAreParallel()
        DispatchQueue.concurrentPerform(iterations: workers) { _ in
            while let (index, state) = board.take() {
                let member = members[index]
                let run: TrainingRun<Scalar> = resumed(member, from: state, threads: workers == 1 ? threads : 1, isCancelled: observer.isCancelled)
                var isDone = false
                while !isDone, !board.hasStopped {
                    isDone = run.run(
                        report: { observer.record(index, $0, $1) },
                        pause: { board.passed(index, step: run.step) })
                    if !isDone { board.keep(index, run.encode()) }
                }
                guard isDone else {
                    // A start that was measured during the cancel means nothing.
                    if observer.isCancelled(), !run.result.records.steps.isEmpty {
                        run.interrupt()
                        observer.interrupted(index, run.result)
                    }
                    return
                }
                board.finish(index, run.result)
                observer.finished(index, run.result)
            }
        }
        let results = try board.results()
        if results == nil { board.forEachEnded(observer.interrupted) }
        return results
    }
}

extension TrainingSweep {
    /// A run as its kept state left it; from its start where there is none, or one of another version of the program.
    private func resumed<Scalar: NetworkScalar>(
        _ member: Member, from state: [UInt8]?, threads: Int, isCancelled: () -> Bool
    ) -> TrainingRun<Scalar> {
        func fresh() -> TrainingRun<Scalar> {
            TrainingRun(plan, network: member.network, width: member.width, seed: member.seed, threads: threads, isCancelled: isCancelled)
        }
        let run = fresh()
        guard let state else { return run }
        do throws(DamagedState) {
            try run.decode(state)
            return run
        } catch {
            return fresh()
        }
    }
}

/// What the threads of a sweep share: which run is whose, how far each is, and its latest state.
private final class SweepBoard: Sendable {
    private struct State {
        var next = 0
        var steps: [Int]
        var done: [RunResult?]
        /// Of runs that have begun and not ended.
        var states: [Int: [UInt8]] = [:]
        var failure: (any Error)?
        var isStopped = false
        /// Runs that have yet to hand in their state for the checkpoint that is due.
        var owing: Set<Int> = []
        var running: Set<Int> = []
    }

    private let sweep: TrainingSweep
    private let observer: TrainingSweep.Observer
    private let state: Mutex<State>

    init(_ sweep: TrainingSweep, checkpoint: [UInt8]?, _ observer: TrainingSweep.Observer) {
        self.sweep = sweep
        self.observer = observer
        let count = sweep.members.count
        var initial = State(steps: [Int](repeating: 0, count: count), done: [RunResult?](repeating: nil, count: count))
        if let checkpoint, let kept = try? Self.decode(checkpoint, count: count) {
            (initial.done, initial.states) = kept
            for (index, run) in initial.done.enumerated() where run != nil { initial.steps[index] = sweep.plan.steps }
        }
        state = Mutex(initial)
    }

    var hasStopped: Bool { state.withLock { $0.isStopped } }

    /// The next run nobody has taken, with the state to go on from.
    func take() -> (Int, [UInt8]?)? {
        state.withLock { state in
            while !state.isStopped, state.next < state.done.count {
                let index = state.next
                state.next += 1
                guard state.done[index] == nil else { continue }
                state.running.insert(index)
                return (index, state.states[index])
            }
            return nil
        }
    }

    /// A run has come to a step. Returns whether it is to hand in its state, or to stop.
    func passed(_ index: Int, step: Int) -> Bool {
        if observer.isCancelled() {
            state.withLock { $0.isStopped = true }
            return true
        }
        let isDue = observer.isCheckpointDue()
        let (owes, completed) = state.withLock { state in
            state.steps[index] = step
            if isDue { state.owing = state.running }
            return (state.owing.contains(index) || state.isStopped, state.steps.reduce(0, +))
        }
        observer.progress(completed, sweep.plan.steps * sweep.members.count)
        return owes
    }

    func keep(_ index: Int, _ bytes: [UInt8]) {
        state.withLock { state in
            guard !state.isStopped else { return }
            state.states[index] = bytes
            state.owing.remove(index)
            save(&state)
        }
    }

    func finish(_ index: Int, _ result: RunResult) {
        state.withLock { state in
            state.done[index] = result
            state.states[index] = nil
            state.steps[index] = sweep.plan.steps
            state.running.remove(index)
            if state.owing.remove(index) != nil { save(&state) }
        }
        let completed = state.withLock { $0.steps.reduce(0, +) }
        observer.progress(completed, sweep.plan.steps * sweep.members.count)
    }

    /// Saves once all states of a due checkpoint are in, while the runs' threads wait: a state saved is a state on disk.
    private func save(_ state: inout State) {
        guard state.owing.isEmpty else { return }
        do {
            try observer.save(Self.encode(state.done, state.states))
        } catch {
            state.failure = error
            state.isStopped = true
        }
    }

    func results() throws -> [RunResult]? {
        try state.withLock { state in
            if let failure = state.failure { throw failure }
            let results = state.done.compactMap { $0 }
            return results.count == state.done.count ? results : nil
        }
    }

    func forEachEnded(_ body: (Int, RunResult) -> Void) {
        let done = state.withLock { $0.done }
        for (index, result) in done.enumerated() { if let result { body(index, result) } }
    }

    private static let version = 2

    private static func encode(_ done: [RunResult?], _ states: [Int: [UInt8]]) -> [UInt8] {
        var writer = StateWriter()
        writer.write([version, done.count])
        for (index, result) in done.enumerated() {
            writer.write(result != nil)
            result?.encode(into: &writer)
            writer.write(result == nil ? states[index] ?? [] : [])
        }
        return writer.bytes
    }

    private static func decode(_ bytes: [UInt8], count: Int) throws(DamagedState) -> ([RunResult?], [Int: [UInt8]]) {
        var reader = StateReader(bytes)
        guard try reader.ints() == [version, count] else { throw DamagedState() }
        var (done, states): ([RunResult?], [Int: [UInt8]]) = ([], [:])
        for index in 0..<count {
            done.append(try reader.bool() ? try RunResult(from: &reader) : nil)
            let state = try reader.nested()
            if !state.isEmpty { states[index] = state }
        }
        return (done, states)
    }
}
