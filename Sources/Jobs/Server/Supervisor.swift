import Foundation
import Logging

/// Keeps a server's worker processes running, and tells them what they should know at once.
///
/// Each has a thread here that starts it, answers its calls of the store, learns of its death by the end of them, gives its
/// job back to the queue and starts it again. The lines that it is sent are hints: if one is lost, polling finds out within
/// a quarter of a second.
public final class Supervisor: Sendable {
    public struct Configuration: Sendable {
        /// The program, or the name under which this process's own program is started: server and workers are then the same program
        /// even if its file has been replaced meanwhile.
        public var executable: String
        public var isOwnProgram: Bool
        /// The arguments for the worker with the given id.
        public var arguments: @Sendable (_ workerID: String) -> [String]
        public var workers: Int
        /// The longest pause before a worker that dies again and again is started once more.
        public var longestPause: Duration
        /// Called with the number of a worker process that has ended and has not been reaped yet.
        public var onDeath: @Sendable (_ pid: Int32) -> Void

        public init(
            executable: String, isOwnProgram: Bool = false, workers: Int, longestPause: Duration = .seconds(5),
            onDeath: @escaping @Sendable (_ pid: Int32) -> Void = { _ in },
            arguments: @escaping @Sendable (_ workerID: String) -> [String]
        ) {
            self.executable = executable
            self.isOwnProgram = isOwnProgram
            self.workers = workers
            self.longestPause = longestPause
            self.onDeath = onDeath
            self.arguments = arguments
        }
    }

    private struct Child { var process: ChildProcess; var isIdle = false }
    private struct State {
        var children: [Int: Child] = [:]
        var isStopping = false
        var threads = 0
        var restarts = 0
    }

    private let configuration: Configuration
    private let store: any JobStore
    private let logger: Logger
    private let changed: @Sendable () -> Void
    private let state = Monitor(State())

    /// - Parameter changed: Called after a worker's death, when its job is in the queue again.
    public init(
        _ configuration: Configuration, store: any JobStore, logger: Logger, changed: @escaping @Sendable () -> Void
    ) {
        self.configuration = configuration
        self.store = store
        self.logger = logger
        self.changed = changed
    }

    public func start() {
        // A worker may die between our look and our write.
        signal(SIGPIPE, SIG_IGN)
        state.withLock { $0.threads = configuration.workers }
        for slot in 0..<configuration.workers {
            startThread("worker-\(slot)") { self.keep(slot) }
        }
    }

    /// Processes running now.
    public var running: Int { state.withLock { $0.children.count } }
    /// Times a worker was started again, since the start.
    public var restarts: Int { state.withLock { $0.restarts } }
    /// Process numbers of the workers, for tests and for the curious.
    public var processIDs: [Int32] { state.withLock { $0.children.values.map(\.process.pid) } }

    /// There is a job: tells one of the workers that wait, if any does. Each job that comes has its own call.
    public func wake() { wake(atMost: 1) }

    /// There may be jobs: tells all workers that wait.
    public func wakeAll() { wake(atMost: .max) }

    private func wake(atMost limit: Int) {
        state.withLock { state in
            for slot in state.children.keys.filter({ state.children[$0]?.isIdle == true }).prefix(limit) {
                state.children[slot]?.isIdle = false
                if let child = state.children[slot] { send("wake", to: child.process.input) }
            }
        }
    }

    /// A running job is to be cancelled.
    public func cancel(_ job: String) { tellAll("cancel \(job)") }

    /// Lets the workers finish their jobs for up to `grace`, then has them hand the jobs back, then ends them by force.
    public func stop(grace: Duration, force: Duration = .seconds(5)) {
        state.signal { $0.isStopping = true }
        tellAll("drain")
        if haveEnded(within: grace) { return }
        signalAll(SIGTERM)
        if haveEnded(within: force) { return }
        signalAll(SIGKILL)
        state.wait { $0.threads == 0 ? () : nil }
    }

    private func haveEnded(within limit: Duration) -> Bool {
        state.wait(for: limit) { $0.threads == 0 ? () : nil } != nil
    }

    private func tellAll(_ line: String) {
        state.withLock { for child in $0.children.values { send(line, to: child.process.input) } }
    }

    /// A child stays in `children` until it has been waited for, so none of these numbers can be another process's.
    private func signalAll(_ number: Int32) {
        state.withLock { for child in $0.children.values { kill(child.process.pid, number) } }
    }

    // MARK: One worker

    private func keep(_ slot: Int) {
        var failures = 0
        while !state.withLock({ $0.isStopping }) {
            let start = ContinuousClock.now
            let hasFailed = runOnce(slot)
            if state.withLock({ $0.isStopping }) { break }
            failures = hasFailed && .now - start < .seconds(10) ? failures + 1 : 0
            // The first restart is immediate: most deaths are one bad job.
            let pause = failures < 2 ? .zero : min(configuration.longestPause, .milliseconds(100) * (1 << min(failures, 10)))
            _ = state.wait(for: pause) { $0.isStopping ? () : nil }
            state.withLock { $0.restarts += 1 }
        }
        state.signal { $0.threads -= 1 }
    }

    /// Starts a worker and stays with it to its end. Returns whether it ended badly.
    private func runOnce(_ slot: Int) -> Bool {
        let id = UUIDv7.next()
        let process: ChildProcess
        do {
            let own = configuration.isOwnProgram ? ChildProcess.ownProgram : nil
            process = try ChildProcess.spawn(own ?? configuration.executable, configuration.arguments(id), named: configuration.executable)
        } catch {
            logger.error("cannot start a worker", metadata: ["error": "\(error)"])
            return true
        }
        let isStopping = state.withLock { state in
            state.children[slot] = Child(process: process)
            return state.isStopping
        }
        // `stop` may have told everyone before this one was there.
        if isStopping { send("drain", to: process.input) }
        let host = StoreHost(store: store, logger: logger) { isIdle in self.state.withLock { $0.children[slot]?.isIdle = isIdle } }
        // A worker that missed an answer may hold a job without knowing it: its end frees it.
        if !host.serve(process.channel) { kill(process.pid, SIGKILL) }
        process.channel.close()
        waitForDeath(of: process)
        // Before its number is free for another process.
        configuration.onDeath(process.pid)
        state.withLock { _ = $0.children.removeValue(forKey: slot) }
        let end = process.wait()
        close(process.input)
        takeBackJobs(of: id, process, end)
        return end != .exited(0) && end != .exited(WorkerExit.abandoned)
    }

    /// Waits without taking the status: until the child is out of `children` its number must stay its own.
    private func waitForDeath(of process: ChildProcess) {
        var information = siginfo_t()
        while waitid(P_PID, id_t(process.pid), &information, WEXITED | WNOWAIT) < 0, errno == EINTR {}
    }

    private func takeBackJobs(of worker: String, _ process: ChildProcess, _ end: ChildProcess.End) {
        do {
            let jobs = try store.releaseLeases(of: worker)
            if end != .exited(0) || !jobs.isEmpty {
                logger.warning(
                    "worker ended", metadata: ["pid": "\(process.pid)", "end": "\(end)", "jobs": "\(jobs.joined(separator: " "))"])
            }
        } catch {
            // The reaper takes them back when their leases expire.
            logger.error("cannot take back a worker's jobs", metadata: ["worker": "\(worker)", "error": "\(error)"])
        }
        changed()
        wakeAll()
    }
}
