/// The right to finish one attempt of one job. Every claim has a new fence, so a stale worker's writes are refused.
public struct Lease: Sendable, Hashable {
    public var jobID: String
    public var owner: String
    /// Grows with every claim of the job, whether or not the attempt is charged in the end.
    public var fence: Int

    public init(jobID: String, owner: String, fence: Int) {
        self.jobID = jobID
        self.owner = owner
        self.fence = fence
    }
}

/// A job that a worker has claimed.
public struct ClaimedJob: Sendable, Equatable {
    public var id: String
    public var kind: String
    public var spec: String
    /// 1 for the first attempt.
    public var attempt: Int
    public var maxAttempts: Int
    public var createdAt: Timestamp
    /// When this attempt was claimed.
    public var startedAt: Timestamp
    public var lease: Lease
}

/// The store's word on a lease.
public enum LeaseStatus: Sendable, Equatable {
    case held
    /// Held, but the job is to be cancelled.
    case cancelRequested
    /// Expired and taken away: stop, and drop what was computed.
    case lost
}

/// How an attempt ended.
public enum AttemptOutcome: Sendable, Equatable {
    case succeeded(ComputedResult)
    /// Final: `problem` is the job's error.
    case failed(problem: String)
    /// Queued again after a pause, unless it was the last attempt.
    case retry(problem: String)
    /// With what there was of a result, where that is of use.
    case cancelled(ComputedResult? = nil)
    /// Handed back without being charged.
    case released
}

extension AttemptOutcome {
    /// What it counts for once a cancel has been accepted.
    var whenCancelled: AttemptOutcome {
        if case .cancelled = self { self } else { .cancelled() }
    }
}

/// What a finished attempt made of its job.
public enum FinishStatus: Sendable, Equatable {
    case recorded(JobState)
    /// The lease was no longer held: nothing was recorded.
    case leaseLost
}

/// An event of a running job, before it has a place in the log.
public enum JobReport: Sendable, Equatable {
    case progress(JobProgress)
    /// One line of JSON.
    case metric(String)
}

public enum CancelStatus: Sendable, Equatable {
    /// It was queued, and is cancelled.
    case cancelled(Job)
    /// It is running: the worker is told.
    case requested(Job)
    /// It had already finished, and is unchanged.
    case alreadyFinished(Job)
    case noSuchJob

    public var job: Job? {
        switch self {
        case .cancelled(let job), .requested(let job), .alreadyFinished(let job): job
        case .noSuchJob: nil
        }
    }
}

public enum JobDeletion: Sendable, Equatable {
    case deleted
    case noSuchJob
    /// Refused: it is queued or running.
    case notFinished(Job)
}

/// A worker process known to the store.
public struct WorkerRecord: Sendable, Equatable {
    public var id: String
    public var host: String
    public var pid: Int32
    /// Started by the server of this data directory, so that it dies with it.
    public var supervised: Bool
    public var startedAt: Timestamp
    public var heartbeatAt: Timestamp
}
