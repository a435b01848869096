import GRDB

extension JobTransaction {
    /// Small enough that nobody waits noticeably for the write lock.
    private static let batch = 500

    /// Lets go of what has had its time, at most one batch of each.
    ///
    /// - Returns: What was removed, and whether there may be more.
    func expire() throws -> (summary: ExpirySummary, hasMore: Bool) {
        var summary = ExpirySummary()
        summary.resultsExpired = try expireResults()
        summary.jobsRemoved = try database.all(
            "DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE expired_at <= ? LIMIT ?) RETURNING id",
            [now - policy.remembrance, Self.batch]
        ).map { $0[0] }
        summary.keysRemoved = try database.change(
            """
            DELETE FROM idempotency WHERE (method, path, key) IN
                (SELECT method, path, key FROM idempotency WHERE expires_at <= ? LIMIT ?)
            """, [now, Self.batch])
        summary.workersRemoved = try database.change(
            """
            DELETE FROM workers WHERE NOT supervised AND heartbeat_at < ?
                AND NOT EXISTS (SELECT 1 FROM jobs WHERE state = 'running' AND lease_owner = workers.id)
            """, [now - .seconds(86_400)])
        let hasMore = max(summary.resultsExpired, summary.jobsRemoved.count, summary.keysRemoved) == Self.batch
        return (summary, hasMore)
    }

    private func expireResults() throws -> Int {
        let rows = try database.all(
            "SELECT id, state, attempt FROM jobs WHERE expires_at <= ? AND expired_at IS NULL LIMIT ?", [now, Self.batch])
        for row in rows {
            let id: String = row[0]
            for table in ["results", "result_arrays", "job_blobs", "job_specs", "job_events", "job_datasets"] {
                try database.change("DELETE FROM \(table) WHERE job_id = ?", [id])
            }
            try database.change("UPDATE jobs SET expired_at = ?, version = version + 1 WHERE id = ?", [now, id])
            // So that a watcher learns of it.
            try log(row[1], id, attempt: row[2])
        }
        return rows.count
    }
}
