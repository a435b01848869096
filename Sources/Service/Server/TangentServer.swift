import Foundation
import HTTPServer
import Jobs
import Logging
import Synchronization

/// The whole of `tangent serve`: store, workers, live state and HTTP, put together and taken apart in order.
public final class TangentServer: Sendable {
    private let configuration: ServiceConfiguration
    private let logger: Logger
    private let directory: DataDirectory
    private let store: SQLiteJobStore
    private let supervisor: Supervisor
    private let watcher: ChangeWatcher
    private let housekeeper: Housekeeper
    private let core: Core
    private let readiness = Readiness()
    private let server: HTTPServer
    private let ticker: Ticker

    /// Where the server listens: the bound port where 0 was asked for.
    public var port: Int { server.port }

    /// Opens the data directory, starts the workers and listens.
    ///
    /// - Parameters:
    ///   - executable: The path of this program, that `work` is a command of.
    ///   - workerArguments: Arguments of a worker process with the given id.
    /// - Throws: `StoreError.directoryInUse` where another server has the directory; `ServerError` where the port is taken.
    public init(
        _ configuration: ServiceConfiguration, executable: String, logger: Logger,
        workerArguments: @escaping @Sendable (_ workerID: String) -> [String]
    ) throws {
        self.configuration = configuration
        self.logger = logger
        let directory = try DataDirectory(path: configuration.dataDirectory)
        self.directory = directory
        try directory.lock()
        let store = try SQLiteJobStore(directory, role: .server)
        self.store = store
        try store.recover()
        let hints = Hints()
        let workers = Supervisor.Configuration(
            executable: executable, isOwnProgram: true, workers: configuration.workers,
            onDeath: { Self.clean(directory, after: $0, logger) }, arguments: workerArguments)
        let supervisor = Supervisor(workers, store: store, logger: logger, changed: { hints.fire() })
        self.supervisor = supervisor
        let core = Core(
            configuration: configuration, store: store, blobs: BlobStore(directory), logger: logger,
            wakeWorkers: { supervisor.wake() }, cancelOnWorkers: { supervisor.cancel($0) })
        self.core = core
        let watcher = ChangeWatcher(store: store, after: try store.lastEventSequence(), logger: logger) { batch in
            core.board.apply(batch)
            core.streams.apply(batch.events)
        }
        self.watcher = watcher
        hints.set { watcher.hint() }
        store.onCommit { watcher.hint() }
        store.onEnd { core.board.put($0, with: $1) }
        housekeeper = Housekeeper(
            store: store, blobs: core.blobs, lease: .seconds(configuration.leaseSeconds), logger: logger,
            changed: {
                watcher.hint()
                supervisor.wakeAll()
            },
            forgotten: { core.board.forget($0) })
        ticker = Ticker(interval: 0.1) { count in
            core.board.tick()
            core.streams.tick()
            if count % 10 == 0, let depth = try? store.queueDepth() { core.queueDepth.store(depth, ordering: .relaxed) }
        }
        var http = ServerConfiguration(host: configuration.host, port: configuration.port)
        http.maximumConnectionsPerAddress = configuration.connectionsPerAddress
        let liveness = Liveness()
        server = try HTTPServer(
            configuration: http,
            handler: RequestDispatcher(core: core, routes: Self.routes(core, liveness, readiness)))
        liveness.watch(server)
        supervisor.start()
        do throws(ServerError) {
            try server.start()
        } catch {
            supervisor.stop(grace: .zero)
            throw error
        }
    }

    /// Removes what a dead worker was writing.
    private static func clean(_ directory: DataDirectory, after worker: pid_t, _ logger: Logger) {
        do {
            try directory.removeTemporaries(of: worker)
        } catch {
            logger.error("a dead worker's files remain", metadata: ["error": "\(error)"])
        }
    }

    private static func routes(_ core: Core, _ liveness: Liveness, _ readiness: Readiness) -> [Route] {
        let groups: [[Route]] = [
            ComputationRoutes(core: core, submissions: Submissions(core: core)).routes, ArchitectureRoutes(core: core).routes,
            DatasetRoutes(core: core).routes, NetworkRoutes(core: core).routes, JobRoutes(core: core).routes,
            ResultRoutes(core: core).routes,
        ]
        let others = groups.flatMap { $0 }
        return others + OperationsRoutes(core: core, liveness: liveness, readiness: readiness, others: others).routes
    }

    /// Stops in the order that loses nothing: no new connections, those who wait are answered, requests in progress end,
    /// workers finish their jobs or hand them back, the store is closed. Returns when all is done.
    public func stop() {
        let grace = Duration.seconds(configuration.graceSeconds)
        logger.notice("stopping", metadata: ["grace_seconds": .stringConvertible(configuration.graceSeconds)])
        readiness.beginStopping()
        core.board.beginStopping()
        core.streams.endAll()
        // Clients that keep their connections are told to close them, and have the time to see it.
        server.drain()
        Thread.sleep(forTimeInterval: min(Self.drainSeconds, configuration.graceSeconds))
        let stopped = DispatchSemaphore(value: 0)
        server.stop(grace: grace) { stopped.signal() }
        stopped.wait()
        supervisor.stop(grace: grace)
        housekeeper.stop()
        ticker.stop()
        watcher.stop()
        do {
            try store.close()
        } catch {
            logger.error("the store did not close cleanly", metadata: ["error": .string("\(error)")])
        }
        directory.unlock()
        logger.notice("stopped")
    }

    private static let drainSeconds = 1.0

    /// Cuts a stop short: connections are closed at once.
    public func stopAtOnce() {
        server.stop(grace: .zero) {}
    }
}

/// A closure that is known only after those who call it were made.
private final class Hints: Sendable {
    /// In a struct, because a closure in generic storage is wrapped anew by each access to it.
    private struct Action { var run: @Sendable () -> Void = {} }
    private let action = Mutex(Action())

    func set(_ action: @escaping @Sendable () -> Void) { self.action.withLock { $0.run = action } }
    func fire() { action.withLock { $0 }.run() }
}

/// Calls an action at an interval, on a thread of its own.
private final class Ticker: Sendable {
    private let stopped = Mutex(false)

    /// - Parameter action: Called with the number of calls before.
    init(interval: TimeInterval, _ action: @escaping @Sendable (Int) -> Void) {
        let thread = Thread { [self] in
            var count = 0
            while !stopped.withLock({ $0 }) {
                Thread.sleep(forTimeInterval: interval)
                action(count)
                count += 1
            }
        }
        thread.name = "ticker"
        thread.start()
    }

    func stop() { stopped.withLock { $0 = true } }
}
