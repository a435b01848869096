import Synchronization

/// What all loops of a server share.
final class ServerContext: Sendable {
    let configuration: ServerConfiguration
    let handler: any RequestHandler
    let parserLimits: RequestParser.Limits
    let connectionLimit: Int
    let spoolPool: BlockingPool
    let addresses: AddressCounts
    let bodyMemory: BodyMemory
    /// Open connections of all loops.
    let openConnections = Atomic<Int>(0)
    /// The acceptor waits until a connection closes.
    let acceptorWaits = Atomic<Bool>(false)
    /// Answers carry `Connection: close`.
    let isDraining = Atomic<Bool>(false)
    /// In a struct, because a closure in generic storage is wrapped anew by each access to it, without end.
    private struct Action { var run: @Sendable () -> Void = {} }
    private let freed = Mutex(Action())

    init(configuration: ServerConfiguration, handler: any RequestHandler, connectionLimit: Int) {
        self.configuration = configuration
        self.handler = handler
        self.connectionLimit = connectionLimit
        parserLimits = RequestParser.Limits(
            requestLine: configuration.requestLineLimit, fieldLine: configuration.fieldLineLimit,
            fieldSection: configuration.fieldSectionLimit, fieldCount: configuration.fieldCountLimit)
        addresses = AddressCounts(limit: configuration.maximumConnectionsPerAddress)
        bodyMemory = BodyMemory(limit: configuration.bodyMemoryLimit)
        spoolPool = BlockingPool(name: "spool", threads: max(1, configuration.spoolThreads), capacity: 1024)
    }

    /// What to call when a connection closes while the acceptor waits, and when the last one closes.
    func onConnectionClosed(_ action: @escaping @Sendable () -> Void) {
        freed.withLock { $0.run = action }
    }

    func connectionClosed(from address: String) {
        addresses.release(address)
        let left = openConnections.subtract(1, ordering: .sequentiallyConsistent).newValue
        guard left == 0 || acceptorWaits.load(ordering: .sequentiallyConsistent) else { return }
        freed.withLock { $0 }.run()
    }
}
