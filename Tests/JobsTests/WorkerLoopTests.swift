import Foundation
import Glibc
import Synchronization
import Testing
@testable import Jobs

/// A computation that is whatever the test says.
private struct Scripted: Computation {
    let body: @Sendable (ClaimedJob, JobContext) throws -> ComputedResult
    func run(_ job: ClaimedJob, _ context: JobContext) throws -> ComputedResult { try body(job, context) }
}

/// A worker loop on a thread, with a server's store beside it.
private struct WorkerFixture {
    let scratch: ScratchDirectory
    let server: SQLiteJobStore
    let loop: WorkerLoop
    let ended = Monitor(false)
    let abandoned = Monitor(0)

    init(lease: Duration = .seconds(45), _ body: @escaping @Sendable (ClaimedJob, JobContext) throws -> ComputedResult) throws {
        scratch = try ScratchDirectory()
        server = try SQLiteJobStore(scratch.data, role: .server)
        let abandoned = abandoned
        loop = WorkerLoop(
            .init(id: "w", lease: lease), store: try SQLiteJobStore(scratch.data, role: .worker), blobs: scratch.blobs,
            computation: Scripted(body: body), logger: quiet,
            abandon: { abandoned.signal { $0 += 1 } })
        let loop = loop
        let ended = ended
        startThread("test-worker") {
            loop.run()
            ended.signal { $0 = true }
        }
    }

    func enqueue(_ kind: String = "k") throws -> String {
        let job = try submitted(server.enqueue(NewJob(kind: kind, spec: #"{"kind":"\#(kind)"}"#)))
        loop.wake()
        return job.id
    }

    func reaches(_ state: JobState, _ id: String) throws -> Bool { try eventually { try server.job(id)?.state == state } }

    func waitForEnd() { ended.wait { $0 ? () : nil } }

    func code(of id: String) throws -> String? {
        guard let error = try server.job(id)?.error else { return nil }
        return (try JSONSerialization.jsonObject(with: Data(error.utf8)) as? [String: Any])?["code"] as? String
    }
}

@Suite struct WorkerLoopTests {
    private struct Odd: Error {}

    @Test func outcomesAreRecordedAsTheyWere() throws {
        let fixture = try WorkerFixture { job, context in
            switch job.kind {
            case "full": throw StorageError.full
            case "odd": throw Odd()
            case "refused": throw JobFailure(problem: #"{"code":"diverged"}"#)
            case "again": throw JobFailure(problem: #"{"code":"busy"}"#, retryable: true)
            default:
                context.metric(#"{"loss":0.5}"#)
                context.progress(completed: 1, total: 2, unit: "tiles")
                context.progress(completed: 2, total: 2, unit: "tiles")
                let blob = try Array("array".utf8).withUnsafeBytes { try context.blobs.store($0) }
                return ComputedResult(
                    document: job.spec, arrays: [ResultArray(name: "a", dtype: "float64", shape: [5], blob: blob)])
            }
        }
        let fine = try fixture.enqueue("fine")
        #expect(try fixture.reaches(.succeeded, fine))
        guard case .found(let result, let job) = try fixture.server.result(of: fine) else { throw Unexpected("no result") }
        #expect(result.document == #"{"kind":"fine"}"#)
        #expect(fixture.scratch.blobs.exists(try #require(result.arrays.first).blob))
        #expect(job.progress == JobProgress(completed: 2, total: 2, unit: "tiles"))
        // On a slow machine the keeper may come between the two words of progress.
        let kinds = try fixture.server.events(of: fine, after: 0, limit: 9).map(\.kind)
        #expect(kinds == [.state, .state, .metric, .progress, .state] || kinds == [.state, .state, .metric, .progress, .progress, .state])
        for (kind, code) in [("full", "insufficient_storage"), ("odd", "internal_error"), ("refused", "diverged")] {
            let id = try fixture.enqueue(kind)
            #expect(try fixture.reaches(.failed, id))
            #expect(try fixture.code(of: id) == code)
        }
        let again = try fixture.enqueue("again")
        #expect(try eventually { try fixture.server.attempts(of: again).first?.outcome == .retried })
        fixture.loop.drain()
        fixture.waitForEnd()
    }

    @Test func progressIsSeenWhileTheJobRuns() throws {
        let release = Monitor(false)
        let fixture = try WorkerFixture { _, context in
            for step in 1...100 { context.progress(completed: step, total: 200) }
            release.wait { $0 ? () : nil }
            return ComputedResult(document: "{}")
        }
        let id = try fixture.enqueue()
        #expect(try eventually { try fixture.server.job(id)?.progress?.completed == 100 })
        #expect(try fixture.server.job(id)?.state == .running)
        #expect(try fixture.server.events(of: id, after: 0, limit: 300).filter { $0.kind == .progress }.count <= 2)
        release.signal { $0 = true }
        #expect(try fixture.reaches(.succeeded, id))
        fixture.loop.drain()
        fixture.waitForEnd()
    }

    @Test func aComputationThatLooksIsCancelled() throws {
        let fixture = try WorkerFixture { _, context in
            while true {
                try context.checkCancellation()
                usleep(1_000)
            }
        }
        let id = try fixture.enqueue()
        #expect(try fixture.reaches(.running, id))
        _ = try fixture.server.cancel(id)
        fixture.loop.lookForCancel(of: id)
        #expect(try fixture.reaches(.cancelled, id))
        #expect(try fixture.server.attempts(of: id).map(\.outcome) == [.cancelled])
        fixture.loop.drain()
        fixture.waitForEnd()
        #expect(fixture.abandoned.withLock { $0 } == 0)
    }

    @Test func aComputationThatDoesNotLookIsLeft() throws {
        let release = Monitor(false)
        let fixture = try WorkerFixture { _, _ in
            release.wait { $0 ? () : nil }
            return ComputedResult(document: "{}")
        }
        let id = try fixture.enqueue()
        #expect(try fixture.reaches(.running, id))
        _ = try fixture.server.cancel(id)
        #expect(try fixture.reaches(.cancelled, id))
        fixture.abandoned.wait { $0 == 1 ? () : nil }
        release.signal { $0 = true }
        fixture.loop.drain()
        fixture.waitForEnd()
        guard case .notReady = try fixture.server.result(of: id) else { throw Unexpected("a result after the cancel") }
    }

    @Test func aLongJobKeepsItsLease() throws {
        let release = Monitor(false)
        let fixture = try WorkerFixture(lease: .milliseconds(600)) { _, _ in
            release.wait { $0 ? () : nil }
            return ComputedResult(document: "{}")
        }
        let id = try fixture.enqueue()
        #expect(try fixture.reaches(.running, id))
        // Long enough for several leases, as the database's own clock of renewals tells it.
        let start = Timestamp.now()
        #expect(try eventually { try fixture.server.reap().isEmpty && Timestamp.now() - start > .seconds(2) })
        #expect(try fixture.server.job(id)?.attempt == 1)
        release.signal { $0 = true }
        #expect(try fixture.reaches(.succeeded, id))
        #expect(try fixture.server.attempts(of: id).map(\.outcome) == [.succeeded])
        fixture.loop.drain()
        fixture.waitForEnd()
    }

    @Test func aLostLeaseDropsTheResult() throws {
        let runs = Atomic(0)
        let fixture = try WorkerFixture { _, context in
            if runs.add(1, ordering: .relaxed).newValue == 1 {
                while !context.isCancelled { usleep(1_000) }
                return ComputedResult(document: "stale")
            }
            return ComputedResult(document: "right")
        }
        let id = try fixture.enqueue()
        #expect(try fixture.reaches(.running, id))
        #expect(try fixture.server.releaseLeases(of: "w") == [id])
        #expect(try fixture.reaches(.succeeded, id))
        guard case .found(let result, let job) = try fixture.server.result(of: id) else { throw Unexpected("no result") }
        #expect(result.document == "right")
        #expect(job.attempt == 2)
        fixture.loop.drain()
        fixture.waitForEnd()
    }

    @Test func stoppingHandsTheJobBackUncharged() throws {
        let fixture = try WorkerFixture { _, context in
            while true {
                try context.checkCancellation()
                usleep(1_000)
            }
        }
        let id = try fixture.enqueue()
        #expect(try fixture.reaches(.running, id))
        fixture.loop.stop()
        fixture.waitForEnd()
        let job = try #require(try fixture.server.job(id))
        #expect(job.state == .queued)
        #expect(job.attempt == 0)
        #expect(try fixture.server.attempts(of: id).map(\.outcome) == [.released])
    }

    @Test func drainingFinishesTheJobAndTakesNoOther() throws {
        let release = Monitor(false)
        let fixture = try WorkerFixture { _, _ in
            release.wait { $0 ? () : nil }
            return ComputedResult(document: "{}")
        }
        let first = try fixture.enqueue()
        #expect(try fixture.reaches(.running, first))
        let second = try fixture.enqueue()
        fixture.loop.drain()
        release.signal { $0 = true }
        fixture.waitForEnd()
        #expect(try fixture.server.job(first)?.state == .succeeded)
        #expect(try fixture.server.job(second)?.state == .queued)
    }

    /// The end of the server's pipe is the end of the server.
    @Test func theServersLinesAreFollowedToTheEnd() throws {
        let fixture = try WorkerFixture { _, context in
            while true {
                try context.checkCancellation()
                usleep(1_000)
            }
        }
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        let reading = ends[0]
        let loop = fixture.loop
        startThread("test-lines") { WorkerProcess.follow(reading, loop) }
        let cancelled = try fixture.enqueue()
        #expect(try fixture.reaches(.running, cancelled))
        _ = try fixture.server.cancel(cancelled)
        send("nonsense", to: ends[1])
        send("cancel \(cancelled)", to: ends[1])
        #expect(try fixture.reaches(.cancelled, cancelled))
        let held = try submitted(fixture.server.enqueue(NewJob(kind: "k", spec: "{}"))).id
        send("wake", to: ends[1])
        #expect(try fixture.reaches(.running, held))
        close(ends[1])
        fixture.waitForEnd()
        #expect(try fixture.server.job(held)?.state == .queued)
        #expect(try fixture.server.job(held)?.attempt == 0)
        close(reading)
    }
}
