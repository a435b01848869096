import Synchronization

/// The job store as a supervised worker has it: each call goes to the server, which alone writes into the database then.
/// Commits of all workers and requests go to disk together, and nobody waits for another process's lock.
///
/// When the server is gone, what is left to do (hand the job back, mostly) is done on the database itself.
final class ChannelStore: WorkStore {
    private struct Connection {
        var channel: MessageChannel?
        /// The job that the worker knows it has.
        var job: String?
    }

    private let worker: String
    /// The computing thread and the one that keeps its lease take turns.
    private let connection: Mutex<Connection>
    private let direct: Mutex<SQLiteJobStore?> = Mutex(nil)
    private let directory: DataDirectory

    init(_ channel: MessageChannel, worker: String, directory: DataDirectory) {
        self.worker = worker
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
        let job = try call(.claim(worker: worker, lease: lease)) { try $0.claim(worker: worker, lease: lease) }
        connection.withLock { $0.job = job?.id }
        return job
    }

    func renew(_ lease: Lease, by span: Duration) throws -> LeaseStatus {
        try call(.renew(lease, by: span)) { try $0.renew(lease, by: span) }
    }

    func status(of lease: Lease) throws -> LeaseStatus { try call(.status(lease)) { try $0.status(of: lease) } }

    func report(_ reports: [JobReport], under lease: Lease) throws -> LeaseStatus {
        try call(.report(reports, under: lease)) { store in
            // Of a call whose answer was lost nobody knows whether it was carried out.
            try store.hasLogged(reports, of: lease.jobID) ? try store.status(of: lease) : try store.report(reports, under: lease)
        }
    }

    func finish(_ lease: Lease, _ outcome: AttemptOutcome, reporting reports: [JobReport]) throws -> FinishStatus {
        try call(.finish(lease, outcome, reports)) { try Self.finish(lease, outcome, reports, in: $0) }
    }

    func finish(
        _ lease: Lease, _ outcome: AttemptOutcome, reporting reports: [JobReport], thenClaimFor span: Duration
    ) throws -> (FinishStatus, ClaimedJob?) {
        let both = try call(.finishAndClaim(lease, outcome, reports, for: span)) { store in
            // A worker without its server is about to end.
            FinishAndClaim(status: try Self.finish(lease, outcome, reports, in: store), next: nil)
        }
        connection.withLock { $0.job = both.next?.id }
        return (both.status, both.next)
    }

    /// Where the answer to an earlier call was lost, the job may have been ended by that one.
    private static func finish(
        _ lease: Lease, _ outcome: AttemptOutcome, _ reports: [JobReport], in store: SQLiteJobStore
    ) throws -> FinishStatus {
        let status = try store.finish(lease, outcome, reporting: reports)
        guard status == .leaseLost, let job = try store.job(lease.jobID), job.state.isFinal else { return status }
        return .recorded(job.state)
    }

    func dataset(_ id: String) throws -> Dataset? { try call(.dataset(id)) { try $0.dataset(id) } }

    /// Closes the database, if it was opened at all.
    func close() throws { try direct.withLock { try $0?.close() } }

    private func call<Value: ChannelCodable & Sendable>(
        _ call: StoreCall, direct: (SQLiteJobStore) throws -> Value
    ) throws -> Value {
        if let answer: StoreAnswer<Value> = connection.withLock({ exchange(call, over: &$0) }) { return try answer.get() }
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
            if let store { return store }
            let opened = try SQLiteJobStore(directory, role: .worker)
            // A claim whose answer was lost was made for nobody.
            try opened.handBack(jobsOf: worker, except: connection.withLock { $0.job })
            store = opened
            return opened
        }
    }
}
