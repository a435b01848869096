import Foundation
import GRDB
import Synchronization
#if canImport(Glibc)
import Glibc
#endif

/// How sure a commit is to outlive a power loss. Either outlives the death of any process.
enum Durability: Sendable, Comparable {
    /// `synchronous = NORMAL`: the last commits may be undone by a power loss, in order and never in part.
    /// Right where nobody was promised anything: an undone claim or heartbeat leaves the job queued or its lease shorter,
    /// and the worker that held it lost power too.
    case ordered
    /// `synchronous = FULL`: on disk before the call returns.
    case synced
}

/// The SQLite file: one writing connection and a few reading ones.
///
/// Writes are serial by GRDB's own queue. `durability` of the connection is switched between transactions, only when it differs.
final class StoreDatabase: Sendable {
    private let pool: DatabasePool
    private let durability = Mutex(Durability.ordered)

    /// - Parameter readers: The largest number of reads at a time.
    init(path: String, readers: Int) throws {
        var configuration = Configuration()
        configuration.maximumReaderCount = readers
        configuration.label = "tangent-store"
        // SQLite's own steps grow to 100 ms: a claim would wait long after the lock is free. Sleeping 0.2 to 1 ms gives up after about 5 s.
        configuration.busyMode = .callback { tries in
            usleep(tries < 25 ? 200 : 1_000)
            return tries < 5_000
        }
        configuration.prepareDatabase { database in
            try database.execute(sql: """
                PRAGMA temp_store = MEMORY;
                PRAGMA cache_size = -16384;
                PRAGMA journal_size_limit = 67108864;
                PRAGMA wal_autocheckpoint = 1000;
                """)
        }
        pool = try StoreError.wrapping { try DatabasePool(path: path, configuration: configuration) }
        try StoreError.wrapping { try Schema.migrator.migrate(pool) }
    }

    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try StoreError.wrapping { try pool.read(body) }
    }

    /// Runs `body` in one immediate transaction (never an upgraded read: there SQLITE_BUSY ignores the busy handler).
    func write<Value>(_ wanted: Durability, _ body: (Database) throws -> Value) throws -> Value {
        try StoreError.wrapping {
            try pool.writeWithoutTransaction { database in
                try setDurability(wanted, database)
                var value: Value?
                try database.inTransaction(.immediate) {
                    value = try body(database)
                    return .commit
                }
                guard let value else { throw StoreError.closed }
                return value
            }
        }
    }

    func checkpoint() throws {
        try StoreError.wrapping {
            // PASSIVE makes nobody wait; TRUNCATE would hold up every writer while it waits for readers.
            try pool.writeWithoutTransaction { database in
                _ = try database.checkpoint(.passive)
            }
        }
    }

    func close() throws {
        try StoreError.wrapping {
            // A reader of another process may be in the way: the next to open the file checkpoints then.
            pool.writeWithoutTransaction { database in _ = try? database.checkpoint(.truncate) }
            try pool.close()
        }
    }

    private func setDurability(_ wanted: Durability, _ database: Database) throws {
        try durability.withLock { present in
            guard present != wanted else { return }
            try database.execute(sql: wanted == .synced ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL")
            present = wanted
        }
    }
}

extension StoreError {
    /// Runs `body` and gives SQLite's errors this module's names.
    static func wrapping<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch let error as DatabaseError {
            throw translated(error)
        }
    }

    static func translated(_ error: DatabaseError) -> any Error {
        // A write that failed for want of space comes as FULL, or as IOERR_WRITE and its kin when a quota or a file size limit did it.
        switch error.extendedResultCode {
        case .SQLITE_FULL, .SQLITE_IOERR_WRITE, .SQLITE_IOERR_SHMSIZE, .SQLITE_IOERR_TRUNCATE: StorageError.full
        default:
            StoreError.database(code: Int(error.extendedResultCode.rawValue), message: error.message ?? "")
        }
    }
}
