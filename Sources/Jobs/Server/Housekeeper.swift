import Logging

/// The server's upkeep: expired leases, results that have had their time, orphan files, the database's log.
public final class Housekeeper: Sendable {
    private struct State { var isStopping = false; var hasEnded = false }

    private let store: any JobStore
    private let blobs: BlobStore
    private let lease: Duration
    private let slowInterval: Duration
    private let logger: Logger
    private let changed: @Sendable () -> Void
    private let forgotten: @Sendable ([String]) -> Void
    private let state = Monitor(State())

    /// - Parameters:
    ///   - lease: Expired leases are looked for three times as often as this.
    ///   - slowInterval: How often everything else is done.
    ///   - changed: Called when jobs have changed state, to wake watchers and workers.
    ///   - forgotten: Called with the jobs that have been removed, of which the change log says nothing.
    public init(
        store: any JobStore, blobs: BlobStore, lease: Duration = .seconds(45), slowInterval: Duration = .seconds(600),
        logger: Logger, changed: @escaping @Sendable () -> Void, forgotten: @escaping @Sendable ([String]) -> Void
    ) {
        self.store = store
        self.blobs = blobs
        self.lease = lease
        self.slowInterval = slowInterval
        self.logger = logger
        self.changed = changed
        self.forgotten = forgotten
        startThread("housekeeper") { self.run() }
    }

    public func stop() {
        state.signal { $0.isStopping = true }
        state.wait { $0.hasEnded ? () : nil }
    }

    private func run() {
        var slowDue = ContinuousClock.now
        var turnDue = slowDue
        while true {
            // A server that was stopped for a while finds the renewals of its workers waiting: they come before the leases are judged.
            let isLate = ContinuousClock.now - turnDue > lease / 3
            attempt("reap") {
                guard !isLate else { return }
                let lost = try store.reap()
                if !lost.isEmpty {
                    logger.warning("leases expired", metadata: ["jobs": "\(lost.joined(separator: " "))"])
                    changed()
                }
            }
            if ContinuousClock.now >= slowDue {
                slowDue = .now + slowInterval
                attempt("expire") {
                    let summary = try store.expire()
                    if summary.resultsExpired > 0 { changed() }
                    if !summary.jobsRemoved.isEmpty { forgotten(summary.jobsRemoved) }
                }
                attempt("remove checkpoints") {
                    try Checkpoints(directory: blobs.directory).removeStale { try store.job($0).map { !$0.state.isFinal } ?? false }
                }
                attempt("collect orphans") { try blobs.collectOrphans(isReferenced: store.isReferenced) }
                attempt("checkpoint") { try store.checkpoint() }
            }
            turnDue = .now + lease / 3
            if state.wait(for: lease / 3, until: { $0.isStopping ? () : nil }) != nil { break }
        }
        state.signal { $0.hasEnded = true }
    }

    private func attempt(_ what: String, _ body: () throws -> Void) {
        do { try body() } catch {
            logger.error("housekeeping failed", metadata: ["task": "\(what)", "error": "\(error)"])
        }
    }
}
