/// Where a job stands. `succeeded`, `failed` and `cancelled` are final.
public enum JobState: String, Sendable, CaseIterable {
    case queued, running, succeeded, failed, cancelled

    public var isFinal: Bool {
        switch self {
        case .queued, .running: false
        case .succeeded, .failed, .cancelled: true
        }
    }
}

/// A job as it is handed in. Spec and metadata are JSON text that this module does not look into.
public struct NewJob: Sendable {
    public var id: String
    /// What to compute, for instance `kernels.ntk`.
    public var kind: String
    /// The request as understood, for the computation to read.
    public var spec: String
    /// JSON that is shown with the job (a forecast, trace ids) and never interpreted here.
    public var metadata: String
    /// Larger goes first.
    public var priority: Int
    public var maxAttempts: Int
    /// Datasets the spec names: they must exist, and cannot be deleted while the job is queued or running.
    public var datasets: [String]
    /// Blobs the spec names (large inline arrays): kept as long as the job is.
    public var blobs: [Blob]

    public init(
        id: String = UUIDv7.next(), kind: String, spec: String, metadata: String = "{}", priority: Int = 0,
        maxAttempts: Int = 3, datasets: [String] = [], blobs: [Blob] = []
    ) {
        self.id = id
        self.kind = kind
        self.spec = spec
        self.metadata = metadata
        self.priority = priority
        self.maxAttempts = maxAttempts
        self.datasets = datasets
        self.blobs = blobs
    }
}

/// A job as the store has it (without its spec and result, which may be large: see `JobStore.spec` and `.result`).
public struct Job: Sendable, Equatable {
    public var id: String
    public var kind: String
    public var state: JobState
    public var metadata: String
    public var priority: Int
    public var createdAt: Timestamp
    /// Not claimed before this moment: later than `createdAt` after a failed attempt that is retried.
    public var runAt: Timestamp
    /// Start of the first attempt.
    public var startedAt: Timestamp?
    public var finishedAt: Timestamp?
    /// When a finished job's result is let go.
    public var expiresAt: Timestamp?
    /// Set once the result has been let go; the answer to a request for it is then 410.
    public var expiredAt: Timestamp?
    public var cancelRequestedAt: Timestamp?
    /// Attempts charged so far, counted at claim.
    public var attempt: Int
    public var maxAttempts: Int
    public var progress: JobProgress?
    /// The problem document of a failed job.
    public var error: String?
    /// Grows with every change that a client can see: with the id, the job's entity tag.
    public var version: Int
}

/// How far a computation is, in units of its own.
public struct JobProgress: Sendable, Equatable {
    public var completed: Int
    public var total: Int
    public var unit: String
    public var message: String

    public init(completed: Int, total: Int, unit: String = "", message: String = "") {
        self.completed = completed
        self.total = total
        self.unit = unit
        self.message = message
    }

    /// Between 0 and 1; 0 while the total is unknown.
    public var fraction: Double {
        total > 0 ? min(1, max(0, Double(completed) / Double(total))) : 0
    }
}

/// One line of the store's change log. `seq` is one sequence over all jobs, so a watcher asks for what came after it.
public struct JobEvent: Sendable, Equatable {
    public enum Kind: String, Sendable {
        /// Data: `{"state": ..., "attempt": ...}`.
        case state
        /// Data: the members of `JobProgress`.
        case progress
        /// Data: whatever JSON the computation wrote.
        case metric
    }

    public var seq: Int64
    public var jobID: String
    public var at: Timestamp
    public var kind: Kind
    /// One line of JSON.
    public var data: String
}

/// One run of a job by a worker, kept as history.
public struct JobAttempt: Sendable, Equatable {
    public enum Outcome: String, Sendable, CaseIterable {
        case succeeded, failed, cancelled
        /// Failed, and queued again.
        case retried
        /// Handed back by a worker that was stopping: not charged.
        case released
        /// The worker died or stopped renewing its lease.
        case lost
    }

    public var attempt: Int
    public var worker: String
    public var startedAt: Timestamp
    public var endedAt: Timestamp?
    public var outcome: Outcome?
    /// The problem document of a failed attempt.
    public var error: String?
}
