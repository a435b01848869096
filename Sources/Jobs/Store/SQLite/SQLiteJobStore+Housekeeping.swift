import GRDB

extension SQLiteJobStore {
    public func begin(_ request: IdempotentRequest) throws -> Submission<IdempotentRequest> {
        // Not synced: after a power loss the request it is held for is gone too, and its client asks again.
        let submission = try write(.ordered) { try $0.begin(request) }
        // The answer that is given again promises a job, whose own sync may still be under way.
        if case .replayed = submission { try sync() }
        return submission
    }

    public func sync() throws { try database.sync() }

    public func abandon(_ request: IdempotentRequest) throws {
        try write(.ordered) { try $0.abandon(request) }
    }

    public func recover() throws {
        try write(.synced) { transaction in
            let workers = try transaction.database.all("SELECT id FROM workers WHERE supervised")
            for row in workers { _ = try transaction.releaseLeases(of: row[0]) }
            try transaction.database.change("DELETE FROM idempotency WHERE status IS NULL")
        }
    }

    public func expire() throws -> ExpirySummary {
        var total = ExpirySummary()
        while true {
            let batch = try write(.ordered) { transaction in
                let (summary, hasMore) = try transaction.expire()
                return ExpiryBatch(summary: summary, hasMore: hasMore)
            }
            total.resultsExpired += batch.summary.resultsExpired
            total.jobsRemoved += batch.summary.jobsRemoved
            total.keysRemoved += batch.summary.keysRemoved
            total.workersRemoved += batch.summary.workersRemoved
            if !batch.hasMore { return total }
        }
    }

    private struct ExpiryBatch: Sendable { var summary: ExpirySummary; var hasMore: Bool }

    public func isReferenced(blob sha256: String) throws -> Bool {
        try read {
            try $0.exists(
                """
                SELECT 1 FROM result_arrays WHERE sha256 = ?1 AND data IS NULL
                UNION ALL SELECT 1 FROM job_blobs WHERE sha256 = ?1
                UNION ALL SELECT 1 FROM datasets WHERE inputs_sha256 = ?1
                UNION ALL SELECT 1 FROM datasets WHERE targets_sha256 = ?1
                """, [sha256])
        }
    }

    public func statistics() throws -> StoreStatistics {
        try read { database in
            var jobs = Dictionary(uniqueKeysWithValues: JobState.allCases.map { ($0, 0) })
            for row in try database.all("SELECT state, count(*) FROM jobs GROUP BY state") { jobs[row[0]] = row[1] }
            var attempts = Dictionary(uniqueKeysWithValues: JobAttempt.Outcome.allCases.map { ($0, 0) })
            for row in try database.all("SELECT outcome, total FROM attempt_totals") { attempts[row[0]] = row[1] }
            return StoreStatistics(
                jobs: jobs, attempts: attempts,
                oldestQueuedAt: try database.first("SELECT min(created_at) FROM jobs WHERE state = 'queued'")?[0],
                datasets: try database.first("SELECT count(*) FROM datasets WHERE kind = 'dataset'")?[0] ?? 0)
        }
    }
}
