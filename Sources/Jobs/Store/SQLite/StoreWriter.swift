import GRDB

/// Group commit: the writes that have come while the last commit was on its way to disk go into the next one together.
///
/// Each runs in a savepoint of its own, so one that fails undoes itself and not its neighbours; each is answered after
/// the commit, so an answer means that the write is as durable as it asked to be. Order of submission is kept.
final class StoreWriter: Sendable {
    private struct Write: Sendable {
        var durability: Durability
        /// Runs the write and keeps what it gave.
        var perform: @Sendable (Database) throws -> Void
        /// Answers, with the error of the write or of the commit if there was one.
        var complete: @Sendable ((any Error)?) -> Void
    }

    private struct State {
        var pending: [Write] = []
        var isClosed = false
        var hasEnded = false
    }

    private let database: StoreDatabase
    private let state = Monitor(State())
    private let committed: @Sendable () -> Void
    /// A batch larger than this makes the first in it wait longer than its own commit would take.
    private static let largestBatch = 256

    /// - Parameter committed: Called on the writer's thread after each commit, before the completions.
    init(_ database: StoreDatabase, committed: @escaping @Sendable () -> Void) {
        self.database = database
        self.committed = committed
        startThread("store-writer") { self.run() }
    }

    /// Submits a write; `completion` is called on the writer's thread.
    func submit<Value: Sendable>(
        _ durability: Durability, _ body: @escaping @Sendable (Database) throws -> Value,
        completion: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        let outcome = Monitor<Value?>(nil)
        let write = Write(
            durability: durability,
            perform: { database in
                let value = try body(database)
                outcome.withLock { $0 = value }
            },
            complete: { error in
                if let error { return completion(.failure(error)) }
                completion(outcome.withLock { $0 }.map { .success($0) } ?? .failure(StoreError.closed))
            })
        let isClosed = state.signal { state in
            if !state.isClosed { state.pending.append(write) }
            return state.isClosed
        }
        if isClosed { completion(.failure(StoreError.closed)) }
    }

    /// Finishes what was submitted and ends the thread.
    func close() {
        state.signal { $0.isClosed = true }
        state.wait { $0.hasEnded ? () : nil }
    }

    private func run() {
        while let batch = nextBatch() { commit(batch) }
        state.signal { $0.hasEnded = true }
    }

    /// Waits for work; nil when closed and done.
    private func nextBatch() -> [Write]? {
        state.wait { state -> [Write]?? in
            if state.pending.isEmpty { return state.isClosed ? .some(nil) : nil }
            let batch = Array(state.pending.prefix(Self.largestBatch))
            state.pending.removeFirst(batch.count)
            return batch
        }
    }

    private func commit(_ batch: [Write]) {
        var errors = [(any Error)?](repeating: nil, count: batch.count)
        do {
            let durability = batch.map(\.durability).max() ?? .synced
            try database.write(durability) { database in
                // The transaction itself is the savepoint of a write that is alone.
                guard batch.count > 1 else { return try batch[0].perform(database) }
                for (index, write) in batch.enumerated() {
                    do {
                        try database.inSavepoint {
                            try write.perform(database)
                            return .commit
                        }
                    } catch {
                        // Some errors (a full disk) make SQLite undo the whole transaction: then nobody's write has happened.
                        guard database.isInsideTransaction else { throw error }
                        errors[index] = (error as? DatabaseError).map(StoreError.translated) ?? error
                    }
                }
            }
            committed()
        } catch {
            errors = errors.map { $0 ?? error }
        }
        for (write, error) in zip(batch, errors) { write.complete(error) }
    }
}
