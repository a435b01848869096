/// Keeps the running job's lease, watches for its cancellation and writes its reports, while the computation runs.
struct LeaseKeeper: Sendable {
    private let loop: WorkerLoop
    /// Progress and metrics reach the store at most this often.
    private static let reportInterval = Duration.milliseconds(250)

    init(_ loop: WorkerLoop) { self.loop = loop }

    func run() {
        while let running = waitForJob() { keep(running) }
    }

    /// Waits for the next job; nil when the loop has ended.
    private func waitForJob() -> RunningJob? {
        loop.state.wait { state -> RunningJob?? in
            if state.hasEnded { return .some(nil) }
            return state.current.map { .some($0) }
        }
    }

    /// Stays with one job until it is over.
    private func keep(_ running: RunningJob) {
        var renewed = ContinuousClock.now
        var reported = renewed
        while waitForTurn(running) {
            let now = ContinuousClock.now
            if let stoppedAt = running.stoppedAt {
                if now - stoppedAt >= loop.configuration.returnLimit { return giveUp(running) }
                continue
            }
            if loop.state.withLock({ $0.isStopping }) {
                running.stop(.stopping)
                continue
            }
            let status = loop.attempt("lease") { () -> LeaseStatus in
                var status: LeaseStatus?
                if now - renewed >= loop.configuration.lease / 3 {
                    status = try loop.store.renew(running.job.lease, by: loop.configuration.lease)
                    renewed = now
                }
                if now - reported >= Self.reportInterval {
                    reported = now
                    status = try running.withReports { reports in
                        reports.isEmpty ? status : try loop.store.report(reports, under: running.job.lease)
                    }
                }
                return try status ?? loop.store.status(of: running.job.lease)
            }
            switch status {
            case .cancelRequested: running.stop(.cancelRequested)
            case .lost: stopIfStillRunning(running)
            case .held, nil: break
            }
        }
    }

    /// Waits until something is due; false when the job is over.
    private func waitForTurn(_ running: RunningJob) -> Bool {
        var interval = min(loop.configuration.cancelInterval, loop.configuration.lease / 6)
        if let stoppedAt = running.stoppedAt {
            interval = min(interval, stoppedAt + loop.configuration.returnLimit - .now)
        }
        let isStopped = running.stoppedAt != nil
        let isOver = loop.state.wait(for: interval) { state -> Bool? in
            if state.current !== running { return true }
            guard !isStopped, state.isLookDue || state.isStopping else { return nil }
            state.isLookDue = false
            return false
        }
        if let isOver { return !isOver }
        return loop.state.withLock { $0.current === running }
    }

    /// The lease is also gone when the loop has just recorded the end itself: that is no loss.
    private func stopIfStillRunning(_ running: RunningJob) {
        if loop.state.withLock({ $0.current === running }) { running.stop(.leaseLost) }
    }

    /// The computation did not return: records the end in its place and ends the process.
    private func giveUp(_ running: RunningJob) {
        guard running.takeEnding() else { return waitForEnd(of: running) }
        let lease = running.job.lease
        switch running.stopReason {
        case .cancelRequested: _ = loop.attempt("cancel") { try loop.store.finish(lease, .cancelled()) }
        case .stopping: _ = loop.attempt("release") { try loop.store.finish(lease, .released) }
        case .leaseLost, nil: break
        }
        loop.logger.warning("computation did not return, leaving it", metadata: ["job": "\(running.job.id)"])
        loop.abandon()
        loop.state.signal { $0.current = nil }
    }

    private func waitForEnd(of running: RunningJob) {
        loop.state.wait { $0.current !== running || $0.hasEnded ? () : nil }
    }
}
