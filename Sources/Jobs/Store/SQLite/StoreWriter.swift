import GRDB
import Synchronization

/// Group commit: the writes that have come while the last commit was being made go into the next one together, and the
/// commits that were made while the disk was busy are synced together.
///
/// Each write runs in a savepoint of its own, so one that fails undoes itself and not its neighbours. It is answered when it
/// is as durable as it asked to be: after the commit, or after a sync that came later. Order of submission is kept.
final class StoreWriter: Sendable {
    private struct Write: Sendable {
        /// Runs the write and keeps what it gave.
        var perform: @Sendable (Database) throws -> Void
        /// Called after the commit, with the error of the write or of the commit if there was one.
        var committed: (@Sendable ((any Error)?) -> Void)?
        /// Called once the write is on disk, or with the error that kept it from there.
        var synced: Synced?
    }

    /// In a struct, as closures in generic storage are wrapped anew by each access.
    private struct Synced: Sendable { var call: @Sendable ((any Error)?) -> Void }

    private let database: StoreDatabase
    private let writes: WaitingLine<Write>
    private let syncs: WaitingLine<Synced>
    private let committed: @Sendable () -> Void
    /// A batch larger than this makes the first in it wait longer than its own commit would take.
    private static let largestBatch = 256

    /// - Parameter committed: Called on the writer's thread after each commit, before the completions.
    init(_ database: StoreDatabase, committed: @escaping @Sendable () -> Void) {
        self.database = database
        self.committed = committed
        writes = WaitingLine(largestBatch: Self.largestBatch)
        syncs = WaitingLine(largestBatch: .max)
        startThread("store-writer") { [self] in writes.run { commit($0) } }
        startThread("store-sync") { [self] in syncs.run { sync($0) } }
    }

    /// Submits a write; `completion` is called when it is as durable as asked, on a thread that others wait for.
    func submit<Value: Sendable>(
        _ durability: Durability, _ body: @escaping @Sendable (Database) throws -> Value,
        completion: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        let answer = Answer<Value>(completion)
        var write = Write { answer.set(try body($0)) }
        switch durability {
        case .ordered: write.committed = { answer.give($0) }
        case .synced: write.synced = Synced { answer.give($0) }
        }
        if !writes.add(write) { completion(.failure(StoreError.closed)) }
    }

    /// Submits a write that is answered after the commit, and told of a second time when it is on disk.
    func submit<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value,
        completion: @escaping @Sendable (Result<Value, any Error>) -> Void,
        synced: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        let first = Answer<Value>(completion)
        let second = Answer<Value>(synced)
        let write = Write(
            perform: { database in
                let value = try body(database)
                first.set(value)
                second.set(value)
            }, committed: { first.give($0) }, synced: Synced { second.give($0) })
        if !writes.add(write) { completion(.failure(StoreError.closed)) }
    }

    /// Finishes what was submitted and ends the threads.
    func close() {
        writes.close()
        syncs.close()
    }

    private func commit(_ batch: [Write]) {
        var errors = [(any Error)?](repeating: nil, count: batch.count)
        do {
            try database.write(.ordered) { database in
                // The transaction itself is the savepoint of a write that is alone.
                guard batch.count > 1 else { return try batch[0].perform(database) }
                for (index, write) in batch.enumerated() {
                    do {
                        try database.change("SAVEPOINT one")
                        try write.perform(database)
                        try database.change("RELEASE one")
                    } catch {
                        // Some errors (a full disk) make SQLite undo the whole transaction: then nobody's write has happened.
                        guard database.isInsideTransaction else { throw error }
                        try database.execute(sql: "ROLLBACK TO one; RELEASE one")
                        errors[index] = (error as? DatabaseError).map(StoreError.translated) ?? error
                    }
                }
            }
            committed()
        } catch {
            errors = errors.map { $0 ?? error }
        }
        for (write, error) in zip(batch, errors) {
            write.committed?(error)
            guard let synced = write.synced else { continue }
            // The line outlasts the writer's thread, so it takes whatever that gives.
            if let error { synced.call(error) } else { _ = syncs.add(synced) }
        }
    }

    private func sync(_ batch: [Synced]) {
        var failure: (any Error)?
        do { try database.sync() } catch { failure = error }
        for synced in batch { synced.call(failure) }
    }
}

/// The value of a write on its way to whoever waits for it.
private final class Answer<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)
    private let completion: @Sendable (Result<Value, any Error>) -> Void

    init(_ completion: @escaping @Sendable (Result<Value, any Error>) -> Void) { self.completion = completion }

    func set(_ new: Value) { value.withLock { $0 = new } }

    func give(_ error: (any Error)?) {
        if let error { return completion(.failure(error)) }
        completion(value.withLock { $0 }.map { .success($0) } ?? .failure(StoreError.closed))
    }
}
