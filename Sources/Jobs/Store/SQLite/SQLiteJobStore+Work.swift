import GRDB

extension SQLiteJobStore {
    public func register(_ worker: WorkerRecord) throws {
        try write(.ordered) { transaction in
            try transaction.database.change(
                """
                INSERT OR REPLACE INTO workers (id, host, pid, supervised, started_at, heartbeat_at)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
                [worker.id, worker.host, worker.pid, worker.supervised, worker.startedAt, worker.heartbeatAt])
        }
    }

    public func hasClaimableJob() throws -> Bool {
        let now = policy.now()
        return try read { try $0.exists("SELECT 1 FROM jobs WHERE state = 'queued' AND run_at <= ?", [now]) }
    }

    public func queueDepth() throws -> Int {
        try read { try $0.first("SELECT COUNT(*) FROM jobs WHERE state = 'queued'", [])?[0] ?? 0 }
    }

    public func claim(worker: String, lease: Duration) throws -> ClaimedJob? {
        try write(.ordered) { try $0.claim(worker: worker, lease: lease) }
    }

    public func renew(_ lease: Lease, by span: Duration) throws -> LeaseStatus {
        try write(.ordered) { try $0.renew(lease, by: span) }
    }

    public func status(of lease: Lease) throws -> LeaseStatus {
        try read { try JobTransaction($0, policy).status(of: lease) }
    }

    public func report(_ reports: [JobReport], under lease: Lease) throws -> LeaseStatus {
        try write(.ordered) { try $0.report(reports, under: lease) }
    }

    public func finish(_ lease: Lease, _ outcome: AttemptOutcome, reporting reports: [JobReport]) throws -> FinishStatus {
        try end(lease, outcome, reports, claimingFor: nil).status
    }

    public func finish(
        _ lease: Lease, _ outcome: AttemptOutcome, reporting reports: [JobReport], thenClaimFor span: Duration
    ) throws -> (FinishStatus, ClaimedJob?) {
        let both = try end(lease, outcome, reports, claimingFor: span)
        return (both.status, both.next)
    }

    private struct Ending: Sendable {
        var both: FinishAndClaim
        /// The job as it ended, where somebody wants to know.
        var job: Job?
    }

    private func end(
        _ lease: Lease, _ outcome: AttemptOutcome, _ reports: [JobReport], claimingFor span: Duration?
    ) throws -> FinishAndClaim {
        let isWatched = handlers.wantsEnds
        let body = { @Sendable (transaction: JobTransaction) in
            let status = try transaction.finish(lease, outcome, reporting: reports)
            var job: Job?
            if isWatched, case .recorded(let state) = status, state.isFinal { job = try transaction.job(lease.jobID) }
            let next = try span.flatMap { try transaction.claim(worker: lease.owner, lease: $0) }
            return Ending(both: FinishAndClaim(status: status, next: next), job: job)
        }
        guard let writer else { return try write(.synced, body).both }
        // The worker goes on after the commit; those who wait for the job are told of its end when it is on disk. After a
        // power loss between the two the job is computed again, and nobody was told otherwise.
        let policy = policy
        let handlers = handlers
        return try waiting { completion in
            writer.submit({ try body(JobTransaction($0, policy)) }, completion: completion) { ending in
                guard case .success(let ending) = ending, let job = ending.job else { return }
                // A cancel that was accepted first outweighs the result.
                if case .succeeded(let result) = outcome, job.state == .succeeded { return handlers.ended(job, result) }
                handlers.ended(job, nil)
            }
        }.both
    }

    public func releaseLeases(of worker: String) throws -> [String] {
        try write(.synced) { try $0.releaseLeases(of: worker) }
    }

    /// Hands back, uncharged, what a worker has claimed and does not know of.
    func handBack(jobsOf worker: String, except known: String?) throws {
        try write(.synced) { try $0.handBack(jobsOf: worker, except: known) }
    }

    /// Whether the job's log ends with these reports.
    func hasLogged(_ reports: [JobReport], of id: String) throws -> Bool {
        let last = try read {
            try $0.all("SELECT type, data FROM job_events WHERE job_id = ? ORDER BY seq DESC LIMIT ?", [id, reports.count])
                .map { LoggedReport(kind: $0[0], data: $0[1]) }
        }
        return last == reports.reversed().map(LoggedReport.init)
    }

    public func reap() throws -> [String] {
        let now = policy.now()
        // Looked at first, so that a reaper with nothing to do does not take the write lock.
        guard try read({ try $0.exists("SELECT 1 FROM jobs WHERE state = 'running' AND lease_expires_at < ?", [now]) }) else {
            return []
        }
        return try write(.synced) { try $0.reap() }
    }

    public func events(after seq: Int64, limit: Int) throws -> [JobEvent] {
        try read {
            try $0.all("SELECT \(JobEvent.columns) FROM job_events WHERE seq > ? ORDER BY seq LIMIT ?", [seq, limit])
                .map(JobEvent.init)
        }
    }

    public func events(of id: String, after seq: Int64, limit: Int) throws -> [JobEvent] {
        try read {
            try $0.all(
                "SELECT \(JobEvent.columns) FROM job_events WHERE job_id = ? AND seq > ? ORDER BY seq LIMIT ?",
                [id, seq, limit]
            ).map(JobEvent.init)
        }
    }

    public func lastEventSequence() throws -> Int64 {
        // The sequence, not the largest row: rows at the end may have been deleted with their job.
        try read { try $0.first("SELECT seq FROM sqlite_sequence WHERE name = 'job_events'")?[0] ?? 0 }
    }
}
