import Synchronization

/// The job a worker is computing, shared by the computing thread and the one that keeps its lease.
final class RunningJob: Sendable {
    enum StopReason: Sendable { case cancelRequested, leaseLost, stopping }

    let job: ClaimedJob
    let context: JobContext
    private struct State { var stop: (reason: StopReason, at: ContinuousClock.Instant)?; var isEnding = false }
    private let state = Mutex(State())
    private let reporting = Mutex(())

    init(_ job: ClaimedJob, _ context: JobContext) {
        self.job = job
        self.context = context
    }

    var stopReason: StopReason? { state.withLock { $0.stop?.reason } }
    var stoppedAt: ContinuousClock.Instant? { state.withLock { $0.stop?.at } }

    /// Tells the computation to stop; the first reason stands.
    func stop(_ reason: StopReason) {
        state.withLock { if $0.stop == nil { $0.stop = (reason, .now) } }
        context.cancel()
    }

    /// Has `write` put into the store what was reported since the last time. The two threads take turns, so that the end of the
    /// job is not recorded while its last reports are on their way; what cannot be written is kept for the next time.
    func withReports<Value: Sendable>(_ write: ([JobReport]) throws -> Value) throws -> Value {
        try reporting.withLock { _ in
            let reports = context.takeReports()
            do { return try write(reports.list) } catch {
                context.putBack(reports)
                throw error
            }
        }
    }

    /// Takes the right to record the attempt's end: true for the first of the two threads that asks.
    func takeEnding() -> Bool {
        state.withLock { state in
            defer { state.isEnding = true }
            return !state.isEnding
        }
    }
}
