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
        try write(.synced) { try $0.finish(lease, outcome, reporting: reports) }
    }

    public func finish(
        _ lease: Lease, _ outcome: AttemptOutcome, reporting reports: [JobReport], thenClaimFor span: Duration
    ) throws -> (FinishStatus, ClaimedJob?) {
        let both = try write(.synced) { transaction in
            FinishAndClaim(
                status: try transaction.finish(lease, outcome, reporting: reports),
                next: try transaction.claim(worker: lease.owner, lease: span))
        }
        return (both.status, both.next)
    }

    private struct FinishAndClaim: Sendable { var status: FinishStatus; var next: ClaimedJob? }

    public func releaseLeases(of worker: String) throws -> [String] {
        try write(.synced) { try $0.releaseLeases(of: worker) }
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
