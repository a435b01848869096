import Synchronization

/// The job store as a supervised worker has it: each call goes to the server, which alone writes into the database then.
/// Commits of all workers and requests go to disk together, and nobody waits for another process's lock.
///
/// When the server is gone, what is left to do (hand the job back) is done on the database itself.
final class ChannelStore: WorkStore {
    private struct Connection { var channel: MessageChannel? }

    /// The computing thread and the one that keeps its lease take turns.
    private let connection: Mutex<Connection>
    private let direct: Mutex<SQLiteJobStore?> = Mutex(nil)
    private let directory: DataDirectory

    init(_ channel: MessageChannel, directory: DataDirectory) {
        connection = Mutex(Connection(channel: channel))
        self.directory = directory
    }

    func register(_ worker: WorkerRecord) throws {
        _ = try call(.register(worker)) { store in
            try store.register(worker)
            return Done()
        }
    }

    func hasClaimableJob() throws -> Bool { try call(.look) { try $0.hasClaimableJob() } }

    func claim(worker: String, lease: Duration) throws -> ClaimedJob? {
        try call(.claim(worker: worker, lease: lease)) { try $0.claim(worker: worker, lease: lease) }
    }

    func renew(_ lease: Lease, by span: Duration) throws -> LeaseStatus {
        try call(.renew(lease, by: span)) { try $0.renew(lease, by: span) }
    }

    func status(of lease: Lease) throws -> LeaseStatus { try call(.status(lease)) { try $0.status(of: lease) } }

    func report(_ reports: [JobReport], under lease: Lease) throws -> LeaseStatus {
        try call(.report(reports, under: lease)) { try $0.report(reports, under: lease) }
    }

    func finish(_ lease: Lease, _ outcome: AttemptOutcome, reporting reports: [JobReport]) throws -> FinishStatus {
        try call(.finish(lease, outcome, reports)) { try $0.finish(lease, outcome, reporting: reports) }
    }

    func finish(
        _ lease: Lease, _ outcome: AttemptOutcome, reporting reports: [JobReport], thenClaimFor span: Duration
    ) throws -> (FinishStatus, ClaimedJob?) {
        let both = try call(.finishAndClaim(lease, outcome, reports, for: span)) { store in
            let (status, next) = try store.finish(lease, outcome, reporting: reports, thenClaimFor: span)
            return FinishAndClaim(status: status, next: next)
        }
        return (both.status, both.next)
    }

    func dataset(_ id: String) throws -> Dataset? { try call(.dataset(id)) { try $0.dataset(id) } }

    /// Closes the database, if it was opened at all.
    func close() throws { try direct.withLock { try $0?.close() } }

    private func call<Value: ChannelCodable & Sendable>(
        _ call: StoreCall, direct: (SQLiteJobStore) throws -> Value
    ) throws -> Value {
        if let answer: StoreAnswer<Value> = connection.withLock({ exchange(call, over: &$0) }) { return try answer.get() }
        // A call whose answer was lost may have been carried out: its lease is over then, and the fence refuses the second.
        return try direct(try database())
    }

    private func exchange<Value: ChannelCodable>(_ call: StoreCall, over connection: inout Connection) -> StoreAnswer<Value>? {
        guard let channel = connection.channel else { return nil }
        if (try? channel.send(call)) != nil, let answer = try? channel.receive(StoreAnswer<Value>.self) { return answer }
        connection.channel = nil
        return nil
    }

    private func database() throws -> SQLiteJobStore {
        try direct.withLock { store in
            let opened = try store ?? SQLiteJobStore(directory, role: .worker)
            store = opened
            return opened
        }
    }
}
