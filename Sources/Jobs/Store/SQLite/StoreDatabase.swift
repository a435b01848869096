import Foundation
import GRDB
#if canImport(Glibc)
import Glibc
#endif

/// How sure a commit is to outlive a power loss. Either outlives the death of any process.
enum Durability: Sendable, Comparable {
    /// The last commits may be undone by a power loss, in order and never in part.
    /// Right where nobody was promised anything: an undone claim or heartbeat leaves the job queued or its lease shorter,
    /// and the worker that held it lost power too.
    case ordered
    /// On disk before the call returns.
    case synced
}

/// The SQLite file: one writing connection and a few reading ones. Writes are serial by GRDB's own queue.
///
/// `synchronous = FULL` would sync the write-ahead log while the write lock is held, and every other process would wait
/// for the disk too. Instead a commit is made with `NORMAL`, and a synced one then syncs the log itself, after the lock is
/// free: the same durability by the time the caller has its answer (sqlite.org/wal.html: a commit is durable once its log
/// frames are), and the syncs of several processes overlap. Between the two another process may see the commit.
final class StoreDatabase: Sendable {
    private let pool: DatabasePool
    /// The write-ahead log. It exists as long as a connection is open, and SQLite keeps no lock on it that closing this could drop.
    private let log: Int32
    private let logPath: String

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
        pool = try StoreError.wrapping {
            let pool = try DatabasePool(path: path, configuration: configuration)
            try Schema.migrator.migrate(pool)
            return pool
        }
        logPath = path + "-wal"
        log = open(logPath, O_RDWR | O_CLOEXEC)
        guard log >= 0 else { throw StorageError.failed("open", logPath) }
    }

    deinit { Glibc.close(log) }

    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try StoreError.wrapping { try pool.read(body) }
    }

    /// Runs `body` in one immediate transaction (never an upgraded read: there SQLITE_BUSY ignores the busy handler).
    func write<Value>(_ wanted: Durability, _ body: (Database) throws -> Value) throws -> Value {
        let value = try StoreError.wrapping {
            try pool.writeWithoutTransaction { database in
                var value: Value?
                try database.inTransaction(.immediate) {
                    value = try body(database)
                    return .commit
                }
                guard let value else { throw StoreError.closed }
                return value
            }
        }
        if wanted == .synced { try sync() }
        return value
    }

    /// Has the disk take every commit that was made before the call.
    func sync() throws {
        guard fdatasync(log) == 0 else { throw StorageError.failed("fdatasync", logPath) }
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
