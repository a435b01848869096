import Jobs
import Synchronization

/// The jobs' present state in memory: what polls are answered from without touching the store, and the place where those who
/// wait for a change are told of it.
///
/// The store's change log is the source of news: ``apply(_:)`` is called with what is new in it, by one thread, in order.
/// A document is at most one turn of the change watcher behind the store.
final class JobBoard: Sendable {
    /// Is given the job, nil when it was deleted, and its result where that is at hand: elsewhere it is in the store.
    typealias Delivery = @Sendable (JobDocument?, ComputedResult?) -> Void

    private struct Waiter {
        let id: Int
        let until: @Sendable (Job) -> Bool
        let deadline: ContinuousClock.Instant
        let deliver: Delivery
    }

    private struct State {
        var documents: [String: JobDocument] = [:]
        var order: [String] = []
        var waiters: [String: [Waiter]] = [:]
        var waiterCount = 0
        var isStopping = false
        /// Jobs that are being read from the store at this moment, with the number of changes seen meanwhile.
        var loading: [String: (readers: Int, changes: Int)] = [:]
        /// Jobs removed lately: whoever read one just before its removal must not bring it back.
        var removed: Set<String> = []
        var removedBefore: Set<String> = []
    }

    private let store: any JobStore
    private let capacity: Int
    /// Between the reading of a job and its arrival here lie milliseconds; far fewer jobs are removed in them.
    private static let removedLimit = 10_000
    private let state = Mutex(State())

    init(store: any JobStore, capacity: Int = 20_000) {
        self.store = store
        self.capacity = capacity
    }

    /// The document if it is in memory. O(1), never blocks: safe on an event loop.
    func cached(_ id: String) -> JobDocument? { state.withLock { $0.documents[id] } }

    /// The document from memory or from the store. Blocks.
    func document(_ id: String) throws -> JobDocument? {
        if let document = cached(id) { return document }
        while true {
            let before = state.withLock { state in
                state.loading[id, default: (0, 0)].readers += 1
                return state.loading[id]?.changes
            }
            let job = Result { try store.job(id) }
            let document = (try? job.get()).map { $0.map(JobDocument.init) } ?? nil
            // A change that came while the store was read may be newer than what was read: then read again.
            let current = state.withLock { state in
                let changes = state.loading[id]?.changes
                state.loading[id]?.readers -= 1
                if state.loading[id]?.readers == 0 { state.loading[id] = nil }
                guard changes == before else { return false }
                if let document { keep(document, in: &state) }
                return true
            }
            _ = try job.get()
            if current { return document }
        }
    }

    /// A job just written by this process: known before the change log brings it, and those who wait for it are told at once.
    func put(_ job: Job, with result: ComputedResult? = nil) {
        let document = JobDocument(job)
        let deliveries = state.withLock { state -> [Delivery] in
            guard (state.documents[job.id]?.job.version ?? -1) < job.version else { return [] }
            return take(document, in: &state)
        }
        for deliver in deliveries { deliver(document, result) }
    }

    /// Jobs that the store has removed.
    func forget(_ ids: [String]) {
        state.withLock { state in
            if state.removed.count + ids.count > Self.removedLimit {
                state.removedBefore = state.removed
                state.removed = []
            }
            for id in ids {
                state.documents[id] = nil
                state.removed.insert(id)
            }
        }
    }

    /// Calls `deliver` once: with the document as soon as the condition holds, with the latest one at the deadline, or with nil
    /// if the job is deleted. Blocks for the store only where the job is not in memory.
    ///
    /// - Parameter onGiveUp: Is given what to do when nobody waits any more: `deliver` is then forgotten.
    func wait(
        for id: String, until condition: @escaping @Sendable (Job) -> Bool, deadline: ContinuousClock.Instant,
        onGiveUp: (@escaping @Sendable () -> Void) -> Void = { _ in }, deliver: @escaping Delivery
    ) throws {
        let document = try document(id)
        let (number, immediate) = state.withLock { state -> (Int, JobDocument??) in
            let latest = state.documents[id] ?? document
            guard let latest, !condition(latest.job), !state.isStopping else { return (0, .some(latest)) }
            state.waiterCount += 1
            state.waiters[id, default: []].append(
                Waiter(id: state.waiterCount, until: condition, deadline: deadline, deliver: deliver))
            return (state.waiterCount, nil)
        }
        if let immediate { return deliver(immediate, nil) }
        onGiveUp { [weak self] in self?.forget(waiter: number, for: id) }
    }

    private func forget(waiter number: Int, for id: String) {
        state.withLock { state in
            state.waiters[id]?.removeAll { $0.id == number }
            if state.waiters[id]?.isEmpty == true { state.waiters[id] = nil }
        }
    }

    /// Takes news from the change log: jobs as they are now, and those that are gone.
    func apply(_ batch: ChangeWatcher.Batch) {
        let jobs = Dictionary(batch.jobs.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        var deliveries: [(Delivery, JobDocument?)] = []
        state.withLock { state in
            for id in Set(batch.events.map(\.jobID)) {
                guard let job = jobs[id] else {
                    state.loading[id]?.changes += 1
                    state.documents[id] = nil
                    deliveries += (state.waiters.removeValue(forKey: id) ?? []).map { ($0.deliver, nil) }
                    continue
                }
                // Kept even if nobody has asked for it yet: a job may be finished before the thread that enqueued it comes to
                // `put` it, and would then stay queued here for ever. What this process wrote itself may be newer still.
                if let known = state.documents[id], known.job.version >= job.version { continue }
                let document = JobDocument(job)
                deliveries += take(document, in: &state).map { ($0, document) }
            }
        }
        for (deliver, document) in deliveries { deliver(document, nil) }
    }

    /// Answers those whose time is up. Called a few times a second.
    func tick(now: ContinuousClock.Instant = .now) {
        var deliveries: [(Delivery, JobDocument?)] = []
        state.withLock { state in
            let isStopping = state.isStopping
            for (id, waiters) in state.waiters {
                let (late, patient) = waiters.partitioned { isStopping || $0.deadline <= now }
                guard !late.isEmpty else { continue }
                state.waiters[id] = patient.isEmpty ? nil : patient
                deliveries += late.map { ($0.deliver, state.documents[id]) }
            }
        }
        for (deliver, document) in deliveries { deliver(document, nil) }
    }

    /// From now on nobody is made to wait: the server is about to stop, and clients learn what is known.
    func beginStopping() {
        state.withLock { $0.isStopping = true }
        tick()
    }

    /// Keeps a newer document, and takes those out of the waiting who waited for what it says.
    private func take(_ document: JobDocument, in state: inout State) -> [Delivery] {
        let id = document.job.id
        state.loading[id]?.changes += 1
        keep(document, in: &state)
        guard let waiters = state.waiters.removeValue(forKey: id) else { return [] }
        let (content, patient) = waiters.partitioned { $0.until(document.job) }
        if !patient.isEmpty { state.waiters[id] = patient }
        return content.map(\.deliver)
    }

    private func keep(_ document: JobDocument, in state: inout State) {
        let id = document.job.id
        if state.removed.contains(id) || state.removedBefore.contains(id) { return }
        if state.documents.updateValue(document, forKey: id) == nil { state.order.append(id) }
        guard state.order.count > capacity else { return }
        // The oldest half goes at once, so that the cost is spread thin; those that are waited for stay.
        let (kept, dropped) = (state.order.suffix(capacity / 2), state.order.prefix(state.order.count - capacity / 2))
        let awaited = dropped.filter { state.waiters[$0] != nil }
        for id in dropped where state.waiters[id] == nil { state.documents[id] = nil }
        state.order = awaited + kept
    }
}

extension Array {
    /// The elements that fit and the others, each in order.
    fileprivate func partitioned(by fits: (Element) -> Bool) -> (fitting: [Element], others: [Element]) {
        var parts: (fitting: [Element], others: [Element]) = ([], [])
        for element in self {
            if fits(element) { parts.fitting.append(element) } else { parts.others.append(element) }
        }
        return parts
    }
}
