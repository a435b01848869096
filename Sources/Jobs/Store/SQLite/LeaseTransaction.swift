import Foundation
import GRDB

/// Claiming, renewing and finishing. Everything a worker changes goes through `held`, the fence.
extension JobTransaction {
    func claim(worker: String, lease span: Duration) throws -> ClaimedJob? {
        guard
            let row = try database.first(
                """
                SELECT id, kind, attempt, max_attempts, created_at, fence FROM jobs
                WHERE state = 'queued' AND run_at <= ? ORDER BY priority DESC, run_at, id LIMIT 1
                """, [now])
        else { return nil }
        let id: String = row[0]
        let attempt: Int = row[2] + 1
        let fence: Int = row[5] + 1
        try database.change(
            """
            UPDATE jobs SET state = 'running', attempt = ?, fence = ?, lease_owner = ?, lease_expires_at = ?,
                started_at = coalesce(started_at, ?), version = version + 1 WHERE id = ?
            """,
            [attempt, fence, worker, now + span, now, id])
        try database.change(
            "INSERT INTO job_attempts (job_id, fence, attempt, worker, started_at) VALUES (?, ?, ?, ?, ?)",
            [id, fence, attempt, worker, now])
        try log(.running, id, attempt: attempt)
        let spec: String = try database.first("SELECT spec FROM job_specs WHERE job_id = ?", [id])?[0] ?? "{}"
        return ClaimedJob(
            id: id, kind: row[1], spec: spec, attempt: attempt, maxAttempts: row[3], createdAt: row[4], startedAt: now,
            lease: Lease(jobID: id, owner: worker, fence: fence))
    }

    /// A running job's numbers, if the lease is the one it runs under.
    private struct Held { var attempt: Int; var maxAttempts: Int; var isCancelRequested: Bool }

    private func held(_ lease: Lease) throws -> Held? {
        try database.first(
            """
            SELECT attempt, max_attempts, cancel_requested_at IS NOT NULL FROM jobs
            WHERE id = ? AND fence = ? AND lease_owner = ? AND state = 'running'
            """,
            [lease.jobID, lease.fence, lease.owner]
        ).map { Held(attempt: $0[0], maxAttempts: $0[1], isCancelRequested: $0[2]) }
    }

    func status(of lease: Lease) throws -> LeaseStatus {
        guard let held = try held(lease) else { return .lost }
        return held.isCancelRequested ? .cancelRequested : .held
    }

    func renew(_ lease: Lease, by span: Duration) throws -> LeaseStatus {
        let status = try status(of: lease)
        guard status != .lost else { return .lost }
        try database.change("UPDATE jobs SET lease_expires_at = ? WHERE id = ?", [now + span, lease.jobID])
        try database.change("UPDATE workers SET heartbeat_at = ? WHERE id = ?", [now, lease.owner])
        return status
    }

    func report(_ reports: [JobReport], under lease: Lease) throws -> LeaseStatus {
        let status = try status(of: lease)
        if status != .lost, let progress = try log(reports, lease.jobID) {
            try database.change("UPDATE jobs SET progress = ?, version = version + 1 WHERE id = ?", [progress, lease.jobID])
        }
        return status
    }

    /// Returns the last progress among the reports, as it stands in the log.
    private func log(_ reports: [JobReport], _ id: String) throws -> String? {
        var last: String?
        for report in reports.map(LoggedReport.init) {
            try log(report.kind, id, report.data)
            if report.kind == .progress { last = report.data }
        }
        return last
    }

    func finish(_ lease: Lease, _ outcome: AttemptOutcome, reporting reports: [JobReport]) throws -> FinishStatus {
        guard let held = try held(lease) else { return .leaseLost }
        let progress = try log(reports, lease.jobID)
        // Once a cancel has been accepted the job ends cancelled, even if the computation was faster.
        switch held.isCancelRequested ? outcome.whenCancelled : outcome {
        case .succeeded(let result):
            try keep(result, lease.jobID)
            return try close(lease, held, progress, as: .succeeded, .succeeded)
        case .failed(let problem):
            return try close(lease, held, progress, as: .failed, .failed, problem)
        case .retry(let problem) where held.attempt >= held.maxAttempts:
            return try close(lease, held, progress, as: .failed, .failed, problem)
        case .retry(let problem):
            try endAttempt(lease.jobID, lease.fence, .retried, problem)
            try requeue(lease.jobID, at: now + policy.pause(afterAttempt: held.attempt), attempt: held.attempt)
            return .recorded(.queued)
        case .cancelled(let result):
            if let result { try keep(result, lease.jobID) }
            return try close(lease, held, progress, as: .cancelled, .cancelled)
        case .released:
            try endAttempt(lease.jobID, lease.fence, .released, nil)
            try requeue(lease.jobID, at: now, attempt: held.attempt - 1)
            return .recorded(.queued)
        }
    }

    private func close(
        _ lease: Lease, _ held: Held, _ progress: String?, as state: JobState, _ outcome: JobAttempt.Outcome,
        _ problem: String? = nil
    ) throws -> FinishStatus {
        try endAttempt(lease.jobID, lease.fence, outcome, problem)
        try end(lease.jobID, as: state, attempt: held.attempt, error: problem, progress: progress)
        return .recorded(state)
    }

    private func keep(_ result: ComputedResult, _ id: String) throws {
        try database.change("INSERT INTO results (job_id, document) VALUES (?, ?)", [id, result.document])
        for (position, array) in result.arrays.enumerated() {
            try database.change(
                "INSERT INTO result_arrays (job_id, position, \(ResultArray.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    id, position, array.name, array.dtype, array.shapeText, array.blob.sha256, array.blob.bytes,
                    array.blob.fileExtension, array.bytes.map { Data($0) },
                ])
        }
    }

    private func endAttempt(_ id: String, _ fence: Int, _ outcome: JobAttempt.Outcome, _ problem: String?) throws {
        try database.change(
            "UPDATE job_attempts SET ended_at = ?, outcome = ?, error = ? WHERE job_id = ? AND fence = ?",
            [now, outcome, problem, id, fence])
        try database.change(
            """
            INSERT INTO attempt_totals (outcome, total) VALUES (?, 1)
            ON CONFLICT (outcome) DO UPDATE SET total = total + 1
            """, [outcome])
    }

    // MARK: Leases whose holder is gone

    func handBack(jobsOf worker: String, except known: String?) throws {
        let rows = try database.all(
            """
            SELECT id, fence, attempt, cancel_requested_at IS NOT NULL FROM jobs
            WHERE state = 'running' AND lease_owner = ?
            """, [worker])
        for row in rows where row[0] != known {
            try endAttempt(row[0], row[1], .released, nil)
            let attempt = (row[2] as Int) - 1
            // A cancel that was accepted is kept: nobody needs to take the job up to learn of it.
            if row[3] {
                try end(row[0], as: .cancelled, attempt: attempt, error: nil)
            } else {
                try requeue(row[0], at: now, attempt: attempt)
            }
        }
    }

    func reap() throws -> [String] {
        try lose(database.all(
            """
            SELECT id, fence, attempt, max_attempts, cancel_requested_at IS NOT NULL FROM jobs
            WHERE state = 'running' AND lease_expires_at < ?
            """, [now]))
    }

    func releaseLeases(of worker: String) throws -> [String] {
        try database.change("DELETE FROM workers WHERE id = ?", [worker])
        return try lose(database.all(
            """
            SELECT id, fence, attempt, max_attempts, cancel_requested_at IS NOT NULL FROM jobs
            WHERE state = 'running' AND lease_owner = ?
            """, [worker]))
    }

    /// Ends the attempts of dead or silent workers: queued again at once while attempts are left.
    private func lose(_ rows: [Row]) throws -> [String] {
        try rows.map { row in
            let id: String = row[0]
            let attempt: Int = row[2]
            let maxAttempts: Int = row[3]
            try endAttempt(id, row[1], .lost, nil)
            if row[4] {
                try end(id, as: .cancelled, attempt: attempt, error: nil)
            } else if attempt < maxAttempts {
                try requeue(id, at: now, attempt: attempt)
            } else {
                try end(id, as: .failed, attempt: attempt, error: Problem.workerLost(attempts: attempt))
            }
            return id
        }
    }
}
