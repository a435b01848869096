import GRDB
import Synchronization

/// The job store on one SQLite file, shared by a server and the workers that were started by hand beside it.
public final class SQLiteJobStore: JobStore {
    public enum Role: Sendable {
        /// Many requests at a time: writes are committed in groups by a thread of the store's own.
        case server
        /// One job at a time: a write runs on the caller's thread, which saves two thread switches.
        case worker
    }

    let database: StoreDatabase
    let policy: StorePolicy
    let writer: StoreWriter?
    let handlers: StoreHandlers

    /// Opens the store, bringing its tables up to date.
    public init(_ directory: DataDirectory, role: Role, policy: StorePolicy = StorePolicy()) throws {
        self.policy = policy
        database = try StoreDatabase(path: directory.databasePath, readers: role == .server ? 4 : 1)
        let handlers = StoreHandlers()
        self.handlers = handlers
        writer = role == .server ? StoreWriter(database, committed: { handlers.committed() }) : nil
    }

    /// Sets what is called after each commit of this server's own, before those who wait for it are answered.
    public func onCommit(_ handler: @escaping @Sendable () -> Void) { handlers.onCommit(handler) }

    /// Sets what is told of each job that a call of `finish` has brought to its end, with the result if it succeeded: when that is
    /// on disk, on a thread of the store's. Only a server's store tells.
    public func onEnd(_ handler: @escaping @Sendable (Job, ComputedResult?) -> Void) { handlers.onEnd(handler) }

    /// Finishes what is pending, writes the log back into the file and closes it.
    public func close() throws {
        writer?.close()
        try database.close()
    }

    /// Copies the write-ahead log back into the file, as far as readers allow.
    public func checkpoint() throws { try database.checkpoint() }

    func read<Value>(_ body: (Database) throws -> Value) throws -> Value { try database.read(body) }

    @discardableResult
    func write<Value: Sendable>(
        _ durability: Durability, _ body: @escaping @Sendable (JobTransaction) throws -> Value
    ) throws -> Value {
        guard writer != nil else {
            let value = try database.write(durability) { try body(JobTransaction($0, policy)) }
            handlers.committed()
            return value
        }
        return try waiting { submit(durability, body, completion: $0) }
    }

    func submit<Value: Sendable>(
        _ durability: Durability, _ body: @escaping @Sendable (JobTransaction) throws -> Value,
        completion: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        guard let writer else { return completion(Result { try write(durability, body) }) }
        let policy = policy
        writer.submit(durability, { try body(JobTransaction($0, policy)) }, completion: completion)
    }
}

/// What to call after a commit and after a job's end; it can be set after the store, as the one who is called usually needs the
/// store first.
final class StoreHandlers: Sendable {
    /// A closure in generic storage is wrapped anew by each access to it, a chain that grows until the stack ends; in a
    /// struct it is kept as it is.
    private struct Handlers {
        var commit: @Sendable () -> Void = {}
        var end: (@Sendable (Job, ComputedResult?) -> Void)?
    }
    private let handlers = Mutex(Handlers())

    func onCommit(_ new: @escaping @Sendable () -> Void) { handlers.withLock { $0.commit = new } }
    func onEnd(_ new: @escaping @Sendable (Job, ComputedResult?) -> Void) { handlers.withLock { $0.end = new } }

    var wantsEnds: Bool { handlers.withLock { $0.end != nil } }
    func committed() { handlers.withLock { $0 }.commit() }
    func ended(_ job: Job, _ result: ComputedResult?) { handlers.withLock { $0 }.end?(job, result) }
}
