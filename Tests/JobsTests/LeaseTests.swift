import Foundation
import Synchronization
import Testing
@testable import Jobs

@Suite struct LeaseTests {
    @Test func aStaleWorkerCannotFinish() throws {
        let fixture = try StoreFixture()
        let job = try fixture.enqueue()
        let first = try fixture.claim("w1", lease: .seconds(2))
        fixture.clock.advance(.seconds(3))
        #expect(try fixture.store.reap() == [job.id])
        let second = try fixture.claim("w2")
        #expect(second.attempt == 2)
        #expect(try fixture.store.finish(first.lease, .succeeded(ComputedResult(document: "stale"))) == .leaseLost)
        #expect(try fixture.store.report([.metric("{}")], under: first.lease) == .lost)
        #expect(try fixture.store.renew(first.lease, by: .seconds(9)) == .lost)
        #expect(try fixture.store.finish(second.lease, .succeeded(ComputedResult(document: "right"))) == .recorded(.succeeded))
        guard case .found(let result, _) = try fixture.store.result(of: job.id) else { throw Unexpected("no result") }
        #expect(result.document == "right")
        #expect(try fixture.store.attempts(of: job.id).map(\.outcome) == [.lost, .succeeded])
    }

    /// A released attempt is not charged, so the next has the same number: the fence must still tell them apart.
    @Test func aReleasedLeaseStaysReleasedForItsOwnWorker() throws {
        let fixture = try StoreFixture()
        try fixture.enqueue()
        let first = try fixture.claim("w1")
        #expect(try fixture.store.finish(first.lease, .released) == .recorded(.queued))
        let second = try fixture.claim("w1")
        #expect(second.attempt == 1)
        #expect(try fixture.store.finish(first.lease, .cancelled()) == .leaseLost)
        #expect(try fixture.job(second.id).state == .running)
    }

    @Test func renewingKeepsALease() throws {
        let fixture = try StoreFixture()
        try fixture.enqueue()
        let job = try fixture.claim(lease: .seconds(2))
        for _ in 0..<5 {
            fixture.clock.advance(.milliseconds(1_500))
            #expect(try fixture.store.renew(job.lease, by: .seconds(2)) == .held)
            #expect(try fixture.store.reap().isEmpty)
        }
        fixture.clock.advance(.milliseconds(2_001))
        #expect(try fixture.store.reap() == [job.id])
        #expect(try fixture.store.status(of: job.lease) == .lost)
    }

    @Test func attemptsRunOut() throws {
        let fixture = try StoreFixture()
        let job = try fixture.enqueue(maxAttempts: 3)
        for attempt in 1...3 {
            #expect(try fixture.claim("w").attempt == attempt)
            #expect(try fixture.store.releaseLeases(of: "w") == [job.id])
        }
        let failed = try fixture.job(job.id)
        #expect(failed.state == .failed)
        #expect(failed.attempt == 3)
        let error = try #require(failed.error)
        let problem = try #require(try JSONSerialization.jsonObject(with: Data(error.utf8)) as? [String: Any])
        #expect(problem["code"] as? String == "worker_lost")
        #expect(try fixture.store.attempts(of: job.id).map(\.outcome) == [.lost, .lost, .lost])
        #expect(try fixture.store.statistics().attempts[.lost] == 3)
    }

    @Test func aRetryWaitsLongerEachTime() throws {
        let fixture = try StoreFixture(random: 0.5)
        let job = try fixture.enqueue(maxAttempts: 3)
        for expected in [1, 2] {
            let claimed = try fixture.claim()
            #expect(try fixture.store.finish(claimed.lease, .retry(problem: "{}")) == .recorded(.queued))
            // Half of 2 s, then half of 4 s.
            #expect(try fixture.job(job.id).runAt - fixture.clock.now == .seconds(expected))
            #expect(try fixture.store.claim(worker: "w", lease: .seconds(1)) == nil)
            #expect(try !fixture.store.hasClaimableJob())
            fixture.clock.advance(.seconds(expected))
        }
        let last = try fixture.claim()
        #expect(try fixture.store.finish(last.lease, .retry(problem: #"{"code":"x"}"#)) == .recorded(.failed))
        #expect(try fixture.job(job.id).error == #"{"code":"x"}"#)
        #expect(StorePolicy(random: { 1 }).pause(afterAttempt: 60) == .seconds(300))
    }

    @Test func cancelInEveryState() throws {
        let fixture = try StoreFixture()
        #expect(try fixture.store.cancel("nobody") == .noSuchJob)
        let queued = try fixture.enqueue()
        #expect(try fixture.store.cancel(queued.id) == .cancelled(fixture.job(queued.id)))
        #expect(try fixture.job(queued.id).state == .cancelled)
        #expect(try fixture.store.cancel(queued.id) == .alreadyFinished(fixture.job(queued.id)))

        try fixture.enqueue()
        let running = try fixture.claim()
        #expect(try fixture.store.cancel(running.id) == .requested(fixture.job(running.id)))
        let requested = try fixture.job(running.id)
        fixture.clock.advance(.seconds(1))
        #expect(try fixture.store.cancel(running.id) == .requested(requested), "a second request changes nothing")
        #expect(try fixture.store.renew(running.lease, by: .seconds(1)) == .cancelRequested)
        // A computation that was faster than the cancel: the promise to the client stands.
        #expect(try fixture.store.finish(running.lease, .succeeded(ComputedResult(document: "{}"))) == .recorded(.cancelled))
        guard case .notReady = try fixture.store.result(of: running.id) else { throw Unexpected("a cancelled result") }

        // One that had something to show when it stopped.
        try fixture.enqueue()
        let interrupted = try fixture.claim()
        _ = try fixture.store.cancel(interrupted.id)
        let partial = ComputedResult(document: #"{"runs":[]}"#)
        #expect(try fixture.store.finish(interrupted.lease, .cancelled(partial)) == .recorded(.cancelled))
        #expect(try fixture.store.result(of: interrupted.id) == .partial(partial, fixture.job(interrupted.id)))

        try fixture.enqueue()
        let dying = try fixture.claim("dying")
        _ = try fixture.store.cancel(dying.id)
        _ = try fixture.store.releaseLeases(of: "dying")
        #expect(try fixture.job(dying.id).state == .cancelled)

        try fixture.enqueue()
        let done = try fixture.claim()
        _ = try fixture.store.finish(done.lease, .succeeded(ComputedResult(document: "{}")))
        let before = try fixture.job(done.id)
        #expect(try fixture.store.cancel(done.id) == .alreadyFinished(before))
        #expect(try fixture.job(done.id) == before)
    }

    /// Two processes' worth of stores on one file, four threads each: every job is claimed once and finished once.
    @Test func manyClaimersTakeEachJobOnce() throws {
        let scratch = try ScratchDirectory()
        let server = try SQLiteJobStore(scratch.data, role: .server)
        let count = 400
        for _ in 0..<count { server.enqueue(NewJob(kind: "k", spec: "{}"), answering: nil) { _ in } }
        let claims = Mutex<[String: Int]>([:])
        let errors = Mutex<[String]>([])
        let stores = try [SQLiteJobStore(scratch.data, role: .worker), SQLiteJobStore(scratch.data, role: .worker)]
        #expect(try eventually { try server.statistics().jobs[.queued] == count })
        DispatchQueue.concurrentPerform(iterations: 8) { index in
            let store = stores[index % 2]
            do {
                var job = try store.claim(worker: "w\(index)", lease: .seconds(60))
                while let held = job {
                    claims.withLock { $0[held.id, default: 0] += 1 }
                    let (status, next) = try store.finish(
                        held.lease, .succeeded(ComputedResult(document: "{}")), reporting: [], thenClaimFor: .seconds(60))
                    if status != .recorded(.succeeded) { errors.withLock { $0.append("\(status)") } }
                    job = next
                }
            } catch { errors.withLock { $0.append("\(error)") } }
        }
        #expect(errors.withLock { $0 } == [])
        #expect(claims.withLock { $0.count } == count)
        #expect(claims.withLock { $0.values.allSatisfy { $0 == 1 } })
        #expect(try server.statistics().jobs[.succeeded] == count)
        try server.close()
    }

    @Test func aNewServerTakesBackWhatTheOldOnesWorkersHeld() throws {
        let fixture = try StoreFixture()
        for (id, supervised) in [("ours", true), ("remote", false)] {
            try fixture.store.register(
                WorkerRecord(id: id, host: "h", pid: 1, supervised: supervised, startedAt: fixture.clock.now, heartbeatAt: fixture.clock.now))
        }
        try fixture.enqueue()
        try fixture.enqueue()
        let ours = try fixture.claim("ours")
        let remote = try fixture.claim("remote")
        try fixture.store.recover()
        #expect(try fixture.job(ours.id).state == .queued)
        #expect(try fixture.job(ours.id).attempt == 1)
        #expect(try fixture.job(remote.id).state == .running)
    }
}
