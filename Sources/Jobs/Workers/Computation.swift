/// What a worker does with a claimed job. It runs on one thread at a time and may use `context.threads` threads itself.
public protocol Computation: Sendable {
    /// Computes, reporting through `context` and looking at `context.isCancelled` at least every 100 ms.
    ///
    /// - Throws: `JobFailure` for a failure the client should read; `StorageError.full` when the disk is full;
    ///   `CancellationError` (or anything) after a cancel, or a `PartialResult` for what there is to keep of one. Any other error
    ///   fails the job as `internal_error`.
    func run(_ job: ClaimedJob, _ context: JobContext) throws -> ComputedResult
}

/// What a computation had when it was cancelled, where a client can use it.
public struct PartialResult: Error, Sendable {
    public var result: ComputedResult

    public init(_ result: ComputedResult) { self.result = result }
}

/// A failure with a problem document (RFC 9457) as the job's error.
public struct JobFailure: Error, Sendable, Equatable {
    /// JSON text.
    public var problem: String
    /// Whether trying again may help; the attempts are counted all the same.
    public var retryable: Bool

    public init(problem: String, retryable: Bool = false) {
        self.problem = problem
        self.retryable = retryable
    }
}
