/// The durable store of jobs, results, datasets and idempotency keys.
///
/// At least one execution, exactly one recorded result, no accepted job lost: a submission that was answered has been
/// committed to disk, and only the holder of the job's present lease can finish it.
/// Calls block until the store has answered (a submission, a cancel: until it is on disk), so an event loop must not make them;
/// the forms with a `completion` return at once and answer on a thread of the store's, which must not be held up.
/// Every method throws `StoreError`; a full disk is `StorageError.full`.
public protocol JobStore: WorkStore {
    // MARK: Submitting and looking

    /// Records a job, its first event and its idempotent answer in one transaction.
    func enqueue(
        _ job: NewJob, answering: IdempotentAnswer?,
        completion: @escaping @Sendable (Result<Submission<Job>, any Error>) -> Void)
    func job(_ id: String) throws -> Job?
    func jobs(_ ids: [String]) throws -> [Job]
    func spec(of id: String) throws -> String?
    /// Newest first. The token of the next page is absent on the last one.
    func jobs(matching filter: JobFilter, page: PageRequest) throws -> Page<Job>
    func attempts(of id: String) throws -> [JobAttempt]
    func result(of id: String) throws -> ResultLookup
    func cancel(_ id: String) throws -> CancelStatus
    func delete(_ id: String) throws -> JobDeletion

    // MARK: The change log

    /// Events of all jobs after a sequence number, oldest first.
    func events(after seq: Int64, limit: Int) throws -> [JobEvent]
    /// Events of one job after a sequence number, oldest first. Fewer than `limit` are the last there are.
    func events(of id: String, after seq: Int64, limit: Int) throws -> [JobEvent]
    func lastEventSequence() throws -> Int64
    /// Returns when everything that can be read now is on disk.
    func sync() throws

    // MARK: The queue

    /// Jobs that wait. O(their number).
    func queueDepth() throws -> Int
    /// Takes back every lease of a worker that is known to be dead, and forgets the worker. Returns the jobs concerned.
    @discardableResult func releaseLeases(of worker: String) throws -> [String]
    /// Takes back expired leases. Returns the jobs concerned.
    @discardableResult func reap() throws -> [String]

    // MARK: Datasets

    func insert(
        _ dataset: Dataset, answering: IdempotentAnswer?,
        completion: @escaping @Sendable (Result<Submission<Dataset>, any Error>) -> Void)
    func datasets(of kind: Dataset.Kind, page: PageRequest) throws -> Page<Dataset>
    func deleteDataset(_ id: String, of kind: Dataset.Kind) throws -> DatasetDeletion

    // MARK: Idempotency of requests whose work takes a while

    /// Looks a key up and, when it is new, holds it: `.created` means that the request may go on.
    func begin(_ request: IdempotentRequest) throws -> Submission<IdempotentRequest>
    /// Lets a held key go, because the request failed and left nothing.
    func abandon(_ request: IdempotentRequest) throws

    // MARK: Housekeeping

    /// Puts right what a server that died left behind: leases of its workers are taken back, held keys let go.
    /// Only for a server that has just locked the data directory.
    func recover() throws
    /// Removes what has had its time: results, then the jobs' rows, keys, old workers.
    @discardableResult func expire() throws -> ExpirySummary
    func isReferenced(blob sha256: String) throws -> Bool
    /// Upkeep that the store would otherwise do within somebody's write; cheap when there is none.
    func checkpoint() throws
    func statistics() throws -> StoreStatistics
}

extension JobStore {
    /// `enqueue`, waiting for the answer.
    public func enqueue(_ job: NewJob, answering: IdempotentAnswer? = nil) throws -> Submission<Job> {
        try waiting { enqueue(job, answering: answering, completion: $0) }
    }

    /// `insert`, waiting for the answer.
    public func insert(_ dataset: Dataset, answering: IdempotentAnswer? = nil) throws -> Submission<Dataset> {
        try waiting { insert(dataset, answering: answering, completion: $0) }
    }

    /// Removes a dataset, and nothing that is a network.
    public func deleteDataset(_ id: String) throws -> DatasetDeletion { try deleteDataset(id, of: .dataset) }
}

public struct JobFilter: Sendable, Equatable {
    public var state: JobState?
    public var kind: String?

    public init(state: JobState? = nil, kind: String? = nil) {
        self.state = state
        self.kind = kind
    }
}

public struct PageRequest: Sendable {
    /// At least 1; more than 1000 is taken as 1000.
    public var size: Int
    /// As the page before gave it, for the same filter.
    public var token: String?

    public init(size: Int = 50, token: String? = nil) {
        self.size = size
        self.token = token
    }
}

public struct Page<Item: Sendable>: Sendable {
    public var items: [Item]
    public var nextToken: String?
}

public struct ExpirySummary: Sendable, Equatable {
    public var resultsExpired = 0
    /// The jobs that nothing remembers any more. No event tells of them.
    public var jobsRemoved: [String] = []
    public var keysRemoved = 0
    public var workersRemoved = 0
}

public struct StoreStatistics: Sendable, Equatable {
    public var jobs: [JobState: Int]
    /// How ended attempts ended, since the store was made.
    public var attempts: [JobAttempt.Outcome: Int]
    public var oldestQueuedAt: Timestamp?
    public var datasets: Int
}

public enum StoreError: Error, Sendable, Equatable {
    /// Another server holds the data directory.
    case directoryInUse(path: String)
    /// A job names a dataset that is not there.
    case noSuchDataset(id: String)
    /// A page token that this store did not give for this filter.
    case invalidPageToken
    /// An id that is already taken.
    case duplicateID(String)
    /// The store was closed.
    case closed
    /// SQLite's own complaint.
    case database(code: Int, message: String)
    /// What the server's store said to a worker's call.
    case remote(String)
}

extension StoreError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .directoryInUse(let path): "another server is using the data directory \(path); stop it, or choose another --data-dir"
        case .noSuchDataset(let id): "there is no dataset \(id)"
        case .invalidPageToken: "the page token was not given by this list"
        case .duplicateID(let id): "the id \(id) is taken"
        case .closed: "the store is closed"
        case .database(let code, let message): "SQLite says \(message) (code \(code))"
        case .remote(let what): "the server says: \(what)"
        }
    }
}
