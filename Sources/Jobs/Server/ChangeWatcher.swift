import Foundation
import Logging

/// Follows the store's change log and hands on what is new, in order, each event once.
///
/// It looks when it is hinted at (a commit of this server) and otherwise at intervals, so that changes by workers this server
/// did not start are seen too. What it hands on is on disk.
public final class ChangeWatcher: Sendable {
    public struct Batch: Sendable {
        /// In the order of `seq`.
        public var events: [JobEvent]
        /// The jobs the events are about, as they are now; a deleted one is missing.
        public var jobs: [Job]
    }

    private struct State { var isHinted = false; var isStopping = false; var hasEnded = false }

    private let store: any JobStore
    private let interval: Duration
    private let logger: Logger
    private let handler: @Sendable (Batch) -> Void
    private let state = Monitor(State())
    private static let largestBatch = 1_000
    /// Short for those who watch events; whoever waits for a job's end is told of it at once, by the store's `onEnd`.
    private static let shortestPause = Duration.milliseconds(20)

    /// - Parameters:
    ///   - seq: The last event already known, for instance `JobStore.lastEventSequence()`.
    ///   - handler: Called on the watcher's thread.
    public init(
        store: any JobStore, after seq: Int64, interval: Duration = .milliseconds(100), logger: Logger,
        handler: @escaping @Sendable (Batch) -> Void
    ) {
        self.store = store
        self.interval = interval
        self.logger = logger
        self.handler = handler
        startThread("change-watcher") { self.run(from: seq) }
    }

    /// Something may have changed: look now.
    public func hint() { state.signal { $0.isHinted = true } }

    public func stop() {
        state.signal { $0.isStopping = true }
        state.wait { $0.hasEnded ? () : nil }
    }

    private func run(from seq: Int64) {
        var seq = seq
        while !state.withLock({ $0.isStopping }) {
            _ = state.wait(for: interval) { state -> Void? in
                guard state.isHinted || state.isStopping else { return nil }
                state.isHinted = false
                return ()
            }
            let start = ContinuousClock.now
            do {
                while let batch = try next(after: seq), let last = batch.events.last {
                    seq = last.seq
                    handler(batch)
                }
            } catch {
                logger.error("cannot read the change log", metadata: ["error": "\(error)"])
            }
            // Under load every commit hints: a pause lets one look serve several of them.
            let pause = Self.shortestPause - (ContinuousClock.now - start)
            if pause > .zero { usleep(UInt32(pause.wholeMicroseconds)) }
        }
        state.signal { $0.hasEnded = true }
    }

    private func next(after seq: Int64) throws -> Batch? {
        let events = try store.events(after: seq, limit: Self.largestBatch)
        guard !events.isEmpty else { return nil }
        var seen = Set<String>()
        let ids = events.map(\.jobID).filter { seen.insert($0).inserted }
        // Read after the events, so a job here is never older than what is said about it.
        let jobs = try store.jobs(ids)
        // Whoever is told of a commit may rely on it.
        try store.sync()
        return Batch(events: events, jobs: jobs)
    }
}
