/// What a worker asks of the job store. A worker's calls are few and block until the store has answered: until a write is
/// committed. Those who wait for a job's end are told of it when it is on disk (`SQLiteJobStore.onEnd`).
///
/// Every method throws `StoreError`; a full disk is `StorageError.full`.
public protocol WorkStore: Sendable {
    func register(_ worker: WorkerRecord) throws
    /// Whether a job is waiting that could be claimed now: a cheap look that takes no lock.
    func hasClaimableJob() throws -> Bool
    /// Takes the first waiting job (by priority, then age) and charges an attempt.
    func claim(worker: String, lease: Duration) throws -> ClaimedJob?
    /// Extends the lease.
    func renew(_ lease: Lease, by span: Duration) throws -> LeaseStatus
    /// Reads the lease's state without extending it.
    func status(of lease: Lease) throws -> LeaseStatus
    func report(_ reports: [JobReport], under lease: Lease) throws -> LeaseStatus
    func finish(_ lease: Lease, _ outcome: AttemptOutcome, reporting: [JobReport]) throws -> FinishStatus
    /// Finishes one job and claims the next in the same transaction, at the price of one commit.
    func finish(
        _ lease: Lease, _ outcome: AttemptOutcome, reporting: [JobReport], thenClaimFor span: Duration
    ) throws -> (FinishStatus, ClaimedJob?)
    func dataset(_ id: String) throws -> Dataset?
}

extension WorkStore {
    public func finish(_ lease: Lease, _ outcome: AttemptOutcome) throws -> FinishStatus {
        try finish(lease, outcome, reporting: [])
    }
}
