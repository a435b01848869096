import Foundation
import Glibc
import Synchronization
import Testing
@testable import Jobs

/// A server's store, and a worker's view of it over a channel.
private struct ChannelFixture {
    let store: StoreFixture
    let worker: ChannelStore
    let ours: MessageChannel
    let theirs: MessageChannel
    /// What the host said of the worker's idleness.
    let idleness = Monitor<[Bool]>([])
    let ended = Monitor(false)

    init() throws {
        store = try StoreFixture(.server)
        (ours, theirs) = try MessageChannel.pair()
        worker = ChannelStore(theirs, worker: "w", directory: store.scratch.data)
        let idleness = idleness
        let ended = ended
        let host = StoreHost(store: store.store, logger: quiet) { isIdle in idleness.withLock { $0.append(isIdle) } }
        let ours = ours
        startThread("test-host") {
            _ = host.serve(ours)
            ours.close()
            ended.signal { $0 = true }
        }
    }

    /// The end of the worker, as the server sees it.
    func leave() {
        theirs.close()
        ended.wait { $0 ? () : nil }
    }
}

@Suite struct ChannelTests {
    private let result = ComputedResult(
        document: #"{"trace":1.5,"text":"é\n"}"#,
        arrays: [
            ResultArray(name: "ntk", dtype: "float64", shape: [2, 3], bytes: [1, 0, 255]),
            ResultArray(name: "nngp", dtype: "float32", shape: [], blob: Blob(sha256: "ab", bytes: 7)),
        ])

    @Test func aJobIsWorkedOnOverTheChannel() throws {
        let fixture = try ChannelFixture()
        let worker = fixture.worker
        #expect(try !worker.hasClaimableJob())
        #expect(fixture.idleness.withLock { $0 } == [true])
        #expect(try worker.claim(worker: "w", lease: .seconds(45)) == nil)
        try worker.register(
            WorkerRecord(id: "w", host: "h", pid: 7, supervised: true, startedAt: .now(), heartbeatAt: .now()))
        let first = try fixture.store.enqueue("first")
        let second = try fixture.store.enqueue("second")
        #expect(try worker.hasClaimableJob())
        #expect(fixture.idleness.withLock { $0 } == [true, true, false], "one that has found a job needs no word of others")
        let job = try #require(try worker.claim(worker: "w", lease: .seconds(45)))
        #expect(job.id == first.id)
        #expect(job.kind == "first")
        #expect(job.spec == "{}")
        #expect(try worker.status(of: job.lease) == .held)
        #expect(try worker.renew(job.lease, by: .seconds(90)) == .held)
        let progress = JobProgress(completed: 1, total: 4, unit: "tiles", message: "\"half\"")
        #expect(try worker.report([.metric(#"{"loss":1}"#), .progress(progress)], under: job.lease) == .held)
        #expect(try fixture.store.job(first.id).progress == progress)
        let (status, next) = try worker.finish(job.lease, .succeeded(result), reporting: [], thenClaimFor: .seconds(45))
        #expect(status == .recorded(.succeeded))
        #expect(next?.id == second.id)
        guard case .found(let kept, _) = try fixture.store.store.result(of: first.id) else { throw Unexpected("no result") }
        #expect(kept == result)
        let lease = try #require(next?.lease)
        _ = try fixture.store.store.cancel(second.id)
        #expect(try worker.status(of: lease) == .cancelRequested)
        #expect(try worker.finish(lease, .cancelled()) == .recorded(.cancelled))
        #expect(try worker.finish(lease, .failed(problem: "{}")) == .leaseLost)
        #expect(try worker.status(of: lease) == .lost)
        let dataset = Dataset(
            name: "d", metadata: "{}", inputs: Blob(sha256: "x", bytes: 1), targets: Blob(sha256: "y", bytes: 2), sha256: "z", bytes: 3)
        _ = try submitted(fixture.store.store.insert(dataset))
        #expect(try worker.dataset(dataset.id) == dataset)
        #expect(try worker.dataset("none") == nil)
        fixture.leave()
        try fixture.store.store.close()
    }

    /// The end of a job is told with its result, once, when it is on disk.
    @Test func endsAreTold() throws {
        let fixture = try ChannelFixture()
        let ends = Monitor<[(Job, ComputedResult?)]>([])
        fixture.store.store.onEnd { job, result in ends.signal { $0.append((job, result)) } }
        let outcomes: [AttemptOutcome] = [.succeeded(result), .failed(problem: #"{"code":"diverged"}"#), .released, .retry(problem: "{}")]
        for outcome in outcomes {
            let id = try fixture.store.enqueue().id
            let job = try #require(try fixture.worker.claim(worker: "w", lease: .seconds(45)))
            #expect(job.id == id)
            _ = try fixture.worker.finish(job.lease, outcome)
            if outcome == .released { _ = try fixture.store.store.cancel(id) }
        }
        let told = ends.wait { $0.count == 2 ? $0 : nil }
        #expect(told[0].0 == (try fixture.store.job(told[0].0.id)))
        #expect(told.map(\.0.state) == [.succeeded, .failed])
        #expect(told.map(\.1) == [result, nil])
        fixture.leave()
        try fixture.store.store.close()
        #expect(ends.withLock { $0.count } == 2)
    }

    @Test func errorsCross() throws {
        struct Failing: WorkStoreStub {
            let error: any Error
            func hasClaimableJob() throws -> Bool { throw error }
        }
        for (error, seen) in [(StorageError.full as any Error, "full"), (StoreError.closed, "remote")] {
            let (ours, theirs) = try MessageChannel.pair()
            startThread("test-host") { _ = StoreHost(store: Failing(error: error), logger: quiet) { _ in }.serve(ours) }
            let scratch = try ScratchDirectory()
            do {
                _ = try ChannelStore(theirs, worker: "w", directory: scratch.data).hasClaimableJob()
                Issue.record("no error")
            } catch StorageError.full {
                #expect(seen == "full")
            } catch StoreError.remote(let what) {
                #expect(seen == "remote")
                #expect(what == StoreError.closed.description)
            }
            theirs.close()
        }
    }

    /// Without its server a worker hands its job back in the database itself.
    @Test func theDatabaseIsThereWhenTheServerIsGone() throws {
        let fixture = try ChannelFixture()
        let id = try fixture.store.enqueue().id
        let job = try #require(try fixture.worker.claim(worker: "w", lease: .seconds(45)))
        shutdown(fixture.ours.descriptor, Int32(SHUT_RDWR))
        fixture.ended.wait { $0 ? () : nil }
        #expect(try fixture.worker.finish(job.lease, .released) == .recorded(.queued))
        #expect(try fixture.store.job(id).state == .queued)
        #expect(try fixture.store.job(id).attempt == 0)
        try fixture.worker.close()
        fixture.theirs.close()
        try fixture.store.store.close()
    }

    /// The server carries a call out and dies before it answers: nothing is done twice, and no job is left to a worker that does
    /// not know of it.
    @Test func answersThatAreLost() throws {
        let store = try StoreFixture(.server)
        let (ours, theirs) = try MessageChannel.pair()
        let worker = ChannelStore(theirs, worker: "w", directory: store.scratch.data)
        let (first, second) = (try store.enqueue("first").id, try store.enqueue("second").id)
        // A host that answers the claim, and of the calls after it none.
        startThread("test-host") {
            while let call = try? ours.receive(StoreCall.self) {
                switch call {
                case .claim(let worker, let lease):
                    try? ours.send(StoreAnswer { try store.store.claim(worker: worker, lease: lease) })
                case .report(let reports, let lease):
                    _ = try? store.store.report(reports, under: lease)
                    return ours.close()
                default: return ours.close()
                }
            }
        }
        let job = try #require(try worker.claim(worker: "w", lease: .seconds(45)))
        // Claims that the worker never hears of, of one of which a cancel was accepted.
        #expect(try store.claim("w").id == second)
        let third = try store.enqueue("third").id
        #expect(try store.claim("w").id == third)
        #expect(try store.store.cancel(third).job?.state == .running)
        let reports: [JobReport] = [.metric("1"), .progress(JobProgress(completed: 1, total: 2))]
        #expect(try worker.report(reports, under: job.lease) == .held)
        #expect(try store.store.events(of: first, after: 0, limit: 9).map(\.kind) == [.state, .state, .metric, .progress])
        #expect(try store.job(second).state == .queued)
        #expect(try store.job(second).attempt == 0)
        #expect(try store.job(third).state == .cancelled)
        #expect(try store.job(first).state == .running)
        // Other reports are not taken for those.
        #expect(try worker.report([.metric("2")], under: job.lease) == .held)
        #expect(try store.store.events(of: first, after: 0, limit: 9).count == 5)
        // An end that was recorded before: no result is lost, and no further job is taken by a worker that is about to end.
        #expect(try store.store.finish(job.lease, .succeeded(result)) == .recorded(.succeeded))
        let (status, next) = try worker.finish(job.lease, .succeeded(result), reporting: [], thenClaimFor: .seconds(45))
        #expect(status == .recorded(.succeeded))
        #expect(next == nil)
        #expect(try store.job(second).state == .queued)
        try worker.close()
        theirs.close()
        try store.store.close()
    }

    @Test func longMessagesComeWhole() throws {
        let (ours, theirs) = try MessageChannel.pair()
        let long = String(repeating: "0123456789abcdef", count: 1 << 17)
        startThread("test-sender") { try? ours.send(StoreCall.dataset(long)) }
        #expect(try theirs.receive(StoreCall.self) == .dataset(long))
        ours.close()
        #expect(try theirs.receive(StoreCall.self) == nil)
        theirs.close()
    }

    /// Bytes that are no call end the conversation, whatever they are: nothing is read beyond what is there.
    @Test func otherBytesAreRefused() throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("seed \(seed)")
        var generator = SeededGenerator(seed: seed)
        var writer = ChannelWriter()
        StoreCall.finishAndClaim(Lease(jobID: "j", owner: "w", fence: 3), .succeeded(result), [.metric("{}")], for: .seconds(1))
            .write(to: &writer)
        for _ in 0..<20_000 {
            var bytes = writer.bytes
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            bytes.removeLast(Int.random(in: 0...min(40, bytes.count), using: &generator))
            var reader = ChannelReader(bytes)
            if let call = try? reader.value(StoreCall.self) {
                // What can be read can be written again.
                var again = ChannelWriter()
                call.write(to: &again)
                #expect(again.bytes.count <= bytes.count + 16)
            }
        }
        for (head, count) in [(Int64(-1), 0), (1 << 40, 0), (9, 9), (8, 20)] {
            let (ours, theirs) = try MessageChannel.pair()
            var bytes = withUnsafeBytes(of: head.littleEndian) { Array($0) }
            bytes += [UInt8](repeating: 0xFF, count: count)
            #expect(write(ours.descriptor, bytes, bytes.count) == bytes.count)
            #expect(throws: MalformedMessage.self) { try theirs.receive(StoreCall.self) }
            ours.close()
            theirs.close()
        }
    }
}

/// A store of which a test writes only what it asks for.
private protocol WorkStoreStub: WorkStore {}

extension WorkStoreStub {
    func register(_ worker: WorkerRecord) throws {}
    func claim(worker: String, lease: Duration) throws -> ClaimedJob? { nil }
    func renew(_ lease: Lease, by span: Duration) throws -> LeaseStatus { .lost }
    func status(of lease: Lease) throws -> LeaseStatus { .lost }
    func report(_ reports: [JobReport], under lease: Lease) throws -> LeaseStatus { .lost }
    func finish(_ lease: Lease, _ outcome: AttemptOutcome, reporting: [JobReport]) throws -> FinishStatus { .leaseLost }
    func finish(
        _ lease: Lease, _ outcome: AttemptOutcome, reporting: [JobReport], thenClaimFor span: Duration
    ) throws -> (FinishStatus, ClaimedJob?) { (.leaseLost, nil) }
    func dataset(_ id: String) throws -> Dataset? { nil }
}
