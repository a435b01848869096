import Foundation
import Logging

/// Claims jobs one after another and runs a computation on each, until told to stop.
///
/// The loop runs on the thread that calls `run`; a second thread (`LeaseKeeper`) renews the lease, looks for cancels and
/// writes reports while a computation has the first one.
public final class WorkerLoop: Sendable {
    public struct Configuration: Sendable {
        public var id: String
        /// Whether a server of this data directory started the worker, and dies with it.
        public var isSupervised: Bool
        /// Threads for one computation.
        public var threads: Int
        /// How long a job stays this worker's without a sign of life.
        public var lease: Duration
        /// How often an idle worker looks for jobs nobody told it of.
        public var pollInterval: Duration
        /// How often a running job's cancellation is looked for.
        public var cancelInterval: Duration
        /// How long a computation has to return once it is to stop. With `cancelInterval`, well below a second.
        public var returnLimit: Duration

        public init(
            id: String = UUIDv7.next(), isSupervised: Bool = false, threads: Int = 1, lease: Duration = .seconds(45),
            pollInterval: Duration = .milliseconds(250), cancelInterval: Duration = .milliseconds(200),
            returnLimit: Duration = .milliseconds(600)
        ) {
            self.id = id
            self.isSupervised = isSupervised
            self.threads = threads
            self.lease = lease
            self.pollInterval = pollInterval
            self.cancelInterval = cancelInterval
            self.returnLimit = returnLimit
        }
    }

    /// What the threads of a worker tell each other.
    struct State {
        var isDraining = false
        var isStopping = false
        /// A hint that there may be a job.
        var isWoken = false
        /// A hint that the running job's lease should be looked at now.
        var isLookDue = false
        var current: RunningJob?
        var hasEnded = false
    }

    let configuration: Configuration
    let store: any WorkStore
    let state = Monitor(State())
    let logger: Logger
    private let blobs: BlobStore
    private let computation: any Computation
    /// Ends the process without waiting for a computation that does not return.
    let abandon: @Sendable () -> Void

    /// - Parameter abandon: Ends the process at once; called when a computation would not return in time after its job was
    ///   taken away.
    public init(
        _ configuration: Configuration, store: any WorkStore, blobs: BlobStore, computation: any Computation, logger: Logger,
        abandon: @escaping @Sendable () -> Void = { _exit(WorkerExit.abandoned) }
    ) {
        self.configuration = configuration
        self.store = store
        self.blobs = blobs
        self.computation = computation
        self.logger = logger
        self.abandon = abandon
    }

    /// There may be a job to claim.
    public func wake() { state.signal { $0.isWoken = true } }

    /// The job may have been cancelled: look now.
    public func lookForCancel(of id: String) {
        state.signal { if $0.current?.job.id == id { $0.isLookDue = true } }
    }

    /// Finish the present job, claim no other, return from `run`.
    public func drain() { state.signal { $0.isDraining = true } }

    /// Stop computing, hand the present job back uncharged, return from `run`.
    public func stop() {
        state.signal {
            $0.isDraining = true
            $0.isStopping = true
        }
    }

    /// Works until `drain` or `stop`.
    public func run() {
        register()
        let keeper = LeaseKeeper(self)
        startThread("lease-keeper") { keeper.run() }
        var next: ClaimedJob?
        while true {
            if state.withLock({ $0.isDraining }) {
                if let job = next { record(.released, of: RunningJob(job, makeContext(for: job)), claiming: false) }
                break
            }
            if let job = next {
                next = execute(job)
            } else if waitForWork() {
                next = claim()
            }
        }
        state.signal { $0.hasEnded = true }
    }

    // MARK: Finding work

    private func register() {
        let worker = WorkerRecord(
            id: configuration.id, host: ProcessInfo.processInfo.hostName, pid: getpid(),
            supervised: configuration.isSupervised, startedAt: .now(), heartbeatAt: .now())
        attempt("register") { try store.register(worker) }
    }

    private func claim() -> ClaimedJob? {
        attempt("claim") { try store.claim(worker: configuration.id, lease: configuration.lease) } ?? nil
    }

    /// Waits until there is a job or word of one; false when the loop is to end.
    private func waitForWork() -> Bool {
        state.withLock { $0.isWoken = false }
        // A job that was queued while the server took this worker for busy came without a wake, and one that nobody told of (a
        // retry that is due) comes without one too: look before each wait.
        while !(attempt("look") { try store.hasClaimableJob() } ?? false) {
            let word = state.wait(for: configuration.pollInterval) { $0.isDraining ? false : $0.isWoken ? true : nil }
            if let word { return word }
        }
        return true
    }

    // MARK: Running a job

    private func makeContext(for job: ClaimedJob) -> JobContext {
        JobContext(jobID: job.id, blobs: blobs, threads: configuration.threads, store: store)
    }

    /// Runs a job, records how it ended, and gives the next one if there is one.
    private func execute(_ job: ClaimedJob) -> ClaimedJob? {
        let running = RunningJob(job, makeContext(for: job))
        state.signal {
            $0.current = running
            $0.isLookDue = false
        }
        let outcome = compute(running)
        guard running.takeEnding() else {
            // The keeper has recorded the end and is about to end the process.
            state.wait { $0.current !== running ? () : nil }
            return nil
        }
        let next = record(outcome, of: running, claiming: !state.withLock { $0.isDraining })
        state.withLock { $0.current = nil }
        return next
    }

    private func compute(_ running: RunningJob) -> AttemptOutcome {
        let job = running.job
        do {
            return .succeeded(try computation.run(job, running.context))
        } catch {
            // What a computation throws after it was told to stop says nothing about the job.
            switch running.stopReason {
            case .cancelRequested: return .cancelled((error as? PartialResult)?.result)
            case .stopping, .leaseLost: return .released
            case nil: break
            }
            switch error {
            case let failure as JobFailure:
                return failure.retryable ? .retry(problem: failure.problem) : .failed(problem: failure.problem)
            case StorageError.full:
                return .failed(problem: Problem.insufficientStorage)
            default:
                logger.error("computation failed", metadata: ["job": "\(job.id)", "kind": "\(job.kind)", "error": "\(error)"])
                return .failed(problem: Problem.internalError)
            }
        }
    }

    /// Writes the end of an attempt. The store may be out of reach or full for a while: tries until the lease would be over.
    @discardableResult
    private func record(_ outcome: AttemptOutcome, of running: RunningJob, claiming: Bool) -> ClaimedJob? {
        let deadline = ContinuousClock.now + configuration.lease
        var outcome = outcome
        repeat {
            do {
                let (status, next) = try running.withReports { reports in
                    claiming
                        ? try store.finish(running.job.lease, outcome, reporting: reports, thenClaimFor: configuration.lease)
                        : (try store.finish(running.job.lease, outcome, reporting: reports), nil)
                }
                if case .recorded(let state) = status, state.isFinal {
                    Checkpoints(directory: blobs.directory).remove(of: running.job.id)
                }
                if status == .leaseLost {
                    logger.warning("lease lost, result dropped", metadata: ["job": "\(running.job.id)"])
                }
                return next
            } catch {
                logger.error("cannot record a job's end", metadata: ["job": "\(running.job.id)", "error": "\(error)"])
                if error as? StorageError == .full, case .succeeded = outcome {
                    outcome = .failed(problem: Problem.insufficientStorage)
                }
            }
            _ = state.wait(for: configuration.pollInterval) { $0.isStopping ? () : nil }
        } while ContinuousClock.now < deadline && !state.withLock { $0.isStopping }
        return nil
    }

    /// Runs a store call whose failure is logged and tried again on the loop's next turn.
    func attempt<Value>(_ what: String, _ body: () throws -> Value) -> Value? {
        do { return try body() } catch {
            logger.error("store call failed", metadata: ["call": "\(what)", "error": "\(error)"])
            return nil
        }
    }
}

/// Exit codes of a worker process.
public enum WorkerExit {
    /// It gave up on a computation that did not return after its job was taken away. Restarted without delay.
    public static let abandoned: Int32 = 75
}
