import Synchronization

/// A computation's window on its job: whether to stop, what to report, where to put files.
public final class JobContext: Sendable {
    /// Where the arrays of the result are written and committed.
    public let blobs: BlobStore
    /// How many threads the computation may keep busy.
    public let threads: Int
    private let jobID: String
    private let store: any WorkStore
    private let cancelled = Atomic(false)
    struct Reports {
        var progress: JobProgress?
        var metrics: [String] = []

        /// In the order in which they go into the log.
        var list: [JobReport] { metrics.map { .metric($0) } + (progress.map { [.progress($0)] } ?? []) }
    }
    private let reports = Mutex(Reports())

    public init(jobID: String, blobs: BlobStore, threads: Int, store: any WorkStore) {
        self.jobID = jobID
        self.blobs = blobs
        self.threads = threads
        self.store = store
    }

    /// True once the job is to stop, for whatever reason. One atomic load: cheap enough for an inner loop.
    public var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

    /// Throws `CancellationError` once the job is to stop.
    public func checkCancellation() throws {
        if isCancelled { throw CancellationError() }
    }

    /// Says how far the computation is. Costs no store access: the latest word is written at most 4 times a second.
    public func progress(completed: Int, total: Int, unit: String = "", message: String = "") {
        let progress = JobProgress(completed: completed, total: total, unit: unit, message: message)
        reports.withLock { $0.progress = progress }
    }

    /// Adds a point to the job's log of metrics. Every one is kept; they are written in batches.
    ///
    /// - Parameter json: One line of JSON.
    public func metric(_ json: String) {
        reports.withLock { $0.metrics.append(json) }
    }

    /// A dataset by its id; nil when there is none.
    public func dataset(_ id: String) throws -> Dataset? { try store.dataset(id) }

    /// Keeps a state from which another attempt can go on, should this worker die; it replaces the one before. On return it
    /// is on disk. The computation must come to the same result from any checkpoint it ever saved.
    public func saveCheckpoint(_ bytes: [UInt8]) throws { try Checkpoints(directory: blobs.directory).save(bytes, of: jobID) }

    /// The latest state that an attempt at this job has kept; nil for the first attempt.
    public func loadCheckpoint() throws -> [UInt8]? { try Checkpoints(directory: blobs.directory).load(of: jobID) }

    /// Asks the computation to stop.
    func cancel() { cancelled.store(true, ordering: .relaxed) }

    /// Hands over what was reported since the last call.
    func takeReports() -> Reports {
        reports.withLock { reports in
            defer { reports = Reports() }
            return reports
        }
    }

    /// Takes reports back that could not be written: they come before what was reported since.
    func putBack(_ unwritten: Reports) {
        reports.withLock { reports in
            reports.metrics = unwritten.metrics + reports.metrics
            reports.progress = reports.progress ?? unwritten.progress
        }
    }
}
