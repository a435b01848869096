import HTTPServer
import Jobs
import Logging
import Synchronization

/// What every route works with.
final class Core: Sendable {
    let configuration: ServiceConfiguration
    let store: any JobStore
    let blobs: BlobStore
    let board: JobBoard
    let streams: EventStreams
    /// For store look-ups and small documents.
    let pool: BlockingPool
    /// For uploads and passes over datasets, which may keep a thread for seconds.
    let bulk: BlockingPool
    /// For answers that are made piece by piece while the client reads.
    let pieces: BlockingPool
    /// For what must be answered however busy the others are: readiness and cancels.
    let control: BlockingPool
    let logger: Logger
    /// Jobs that wait: one more with each that is accepted, and put right from the store once a second.
    let queueDepth = Atomic(0)
    /// Tells the workers that there is work, or that a job is to stop.
    let wakeWorkers: @Sendable () -> Void
    let cancelOnWorkers: @Sendable (String) -> Void

    init(
        configuration: ServiceConfiguration, store: any JobStore, blobs: BlobStore, logger: Logger,
        wakeWorkers: @escaping @Sendable () -> Void, cancelOnWorkers: @escaping @Sendable (String) -> Void
    ) {
        self.configuration = configuration
        self.store = store
        self.blobs = blobs
        self.logger = logger
        self.wakeWorkers = wakeWorkers
        self.cancelOnWorkers = cancelOnWorkers
        board = JobBoard(store: store)
        streams = EventStreams()
        pool = BlockingPool(name: "pool", threads: 4, capacity: 4096)
        bulk = BlockingPool(name: "bulk", threads: 4, capacity: 256)
        pieces = BlockingPool(name: "pieces", threads: 4, capacity: 16_384)
        control = BlockingPool(name: "control", threads: 2, capacity: 1024)
    }
}
