import GRDB

/// The moves of a job between its states, within one write transaction. Each leaves its line in the change log.
struct JobTransaction {
    let database: Database
    let policy: StorePolicy
    let now: Timestamp

    init(_ database: Database, _ policy: StorePolicy) {
        self.database = database
        self.policy = policy
        now = policy.now()
    }

    func job(_ id: String) throws -> Job? {
        try database.first("SELECT \(Job.columns) FROM jobs WHERE id = ?", [id]).map(Job.init)
    }

    // MARK: Into the queue

    func insert(_ job: NewJob) throws -> Job {
        for dataset in job.datasets {
            guard try database.exists("SELECT 1 FROM datasets WHERE id = ?", [dataset]) else {
                throw StoreError.noSuchDataset(id: dataset)
            }
        }
        let added = try database.change(
            """
            INSERT INTO jobs (id, kind, state, metadata, priority, created_at, run_at, max_attempts)
            VALUES (?, ?, 'queued', ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING
            """,
            [job.id, job.kind, job.metadata, job.priority, now, now, job.maxAttempts])
        guard added == 1 else { throw StoreError.duplicateID(job.id) }
        try database.change("INSERT INTO job_specs (job_id, spec) VALUES (?, ?)", [job.id, job.spec])
        for dataset in Set(job.datasets) {
            try database.change("INSERT INTO job_datasets (job_id, dataset_id) VALUES (?, ?)", [job.id, dataset])
        }
        for digest in Set(job.blobs.map(\.sha256)) {
            try database.change("INSERT INTO job_blobs (job_id, sha256) VALUES (?, ?)", [job.id, digest])
        }
        try log(.queued, job.id, attempt: 0)
        return Job(
            id: job.id, kind: job.kind, state: .queued, metadata: job.metadata, priority: job.priority, createdAt: now,
            runAt: now, attempt: 0, maxAttempts: job.maxAttempts, version: 1)
    }

    // MARK: Cancelling

    func cancel(_ id: String) throws -> CancelStatus {
        guard var job = try job(id) else { return .noSuchJob }
        switch job.state {
        case .succeeded, .failed, .cancelled:
            return .alreadyFinished(job)
        case .queued:
            try end(id, as: .cancelled, attempt: job.attempt, error: nil)
        case .running where job.cancelRequestedAt == nil:
            try database.change(
                "UPDATE jobs SET cancel_requested_at = ?, version = version + 1 WHERE id = ?", [now, id])
            try log(.running, id, attempt: job.attempt)
        case .running:
            break
        }
        let wasQueued = job.state == .queued
        job = try self.job(id) ?? job
        return wasQueued ? .cancelled(job) : .requested(job)
    }

    // MARK: The log

    func log(_ state: JobState, _ id: String, attempt: Int) throws {
        try log(.state, id, #"{"state":"\#(state.rawValue)","attempt":\#(attempt)}"#)
    }

    func log(_ kind: JobEvent.Kind, _ id: String, _ data: String) throws {
        try database.change(
            "INSERT INTO job_events (job_id, at, type, data) VALUES (?, ?, ?, ?)", [id, now, kind, data])
    }

    // MARK: Out of the queue

    /// The job's last state.
    ///
    /// - Parameter progress: How far it came, where there is newer word of it than the job's.
    func end(_ id: String, as state: JobState, attempt: Int, error: String?, progress: String? = nil) throws {
        try database.change(
            """
            UPDATE jobs SET state = ?, error = ?, finished_at = ?, expires_at = ?, lease_owner = NULL,
                lease_expires_at = NULL, progress = coalesce(?, progress), version = version + 1 WHERE id = ?
            """,
            [state, error, now, now + policy.retention, progress, id])
        try log(state, id, attempt: attempt)
    }

    /// Back into the queue after an attempt that is or is not charged.
    func requeue(_ id: String, at moment: Timestamp, attempt: Int) throws {
        try database.change(
            """
            UPDATE jobs SET state = 'queued', run_at = ?, attempt = ?, progress = NULL, lease_owner = NULL,
                lease_expires_at = NULL, version = version + 1 WHERE id = ?
            """,
            [moment, attempt, id])
        try log(.queued, id, attempt: attempt)
    }
}
