import Foundation
import Synchronization
import Testing
@testable import Jobs

@Suite struct IdempotencyTests {
    private func answer(_ key: String, _ fingerprint: String, body: String = "{}", holder: String = UUIDv7.next()) -> IdempotentAnswer {
        IdempotentAnswer(
            request: IdempotentRequest(method: "POST", path: "/kernels", key: key, fingerprint: fingerprint, holder: holder),
            response: StoredResponse(status: 202, headers: #"{"location":"/jobs/x"}"#, body: body, resource: "x"))
    }

    @Test func theSameRequestIsAnsweredAgain() throws {
        let fixture = try StoreFixture()
        let first = answer("k", "f", body: "first")
        _ = try submitted(fixture.store.enqueue(NewJob(kind: "k", spec: "{}"), answering: first))
        let again = try fixture.store.enqueue(NewJob(kind: "k", spec: "{}"), answering: answer("k", "f", body: "second"))
        #expect(again == .replayed(first.response))
        #expect(try fixture.store.enqueue(NewJob(kind: "k", spec: "{}"), answering: answer("k", "other")) == .conflict)
        _ = try submitted(fixture.store.enqueue(NewJob(kind: "k", spec: "{}"), answering: answer("k2", "f")))
        #expect(try fixture.store.statistics().jobs[.queued] == 2)
    }

    @Test func aKeyExpires() throws {
        let fixture = try StoreFixture()
        _ = try submitted(fixture.store.enqueue(NewJob(kind: "k", spec: "{}"), answering: answer("k", "f")))
        fixture.clock.advance(.seconds(24 * 3600 - 1))
        guard case .replayed = try fixture.store.enqueue(NewJob(kind: "k", spec: "{}"), answering: answer("k", "f")) else {
            throw Unexpected("forgotten too early")
        }
        fixture.clock.advance(.seconds(1))
        _ = try submitted(fixture.store.enqueue(NewJob(kind: "k", spec: "{}"), answering: answer("k", "changed")))
        fixture.clock.advance(.seconds(24 * 3600))
        #expect(try fixture.store.expire().keysRemoved == 1)
    }

    @Test func aHeldKeyIsInProgressForOthersOnly() throws {
        let fixture = try StoreFixture()
        let mine = answer("k", "f")
        _ = try submitted(fixture.store.begin(mine.request))
        #expect(try fixture.store.begin(answer("k", "f").request) == .inProgress)
        #expect(try fixture.store.enqueue(NewJob(kind: "k", spec: "{}"), answering: answer("k", "f")) == .inProgress)
        #expect(try fixture.store.begin(answer("k", "g").request) == .conflict)
        try fixture.store.abandon(answer("k", "f").request)
        #expect(try fixture.store.begin(answer("k", "f").request) == .inProgress, "another's hold cannot be let go")
        _ = try submitted(fixture.store.enqueue(NewJob(kind: "k", spec: "{}"), answering: mine))
        #expect(try fixture.store.begin(answer("k", "f").request) == .replayed(mine.response))
        try fixture.store.abandon(mine.request)
        #expect(try fixture.store.begin(answer("k", "f").request) == .replayed(mine.response), "an answer cannot be let go")
    }

    @Test func aHeldKeyCanBeLetGo() throws {
        let fixture = try StoreFixture()
        let mine = answer("k", "f").request
        _ = try submitted(fixture.store.begin(mine))
        try fixture.store.abandon(mine)
        _ = try submitted(fixture.store.begin(answer("k", "g").request))
        try fixture.store.recover()
        _ = try submitted(fixture.store.begin(answer("k", "h").request))
    }

    /// The key goes with the job or not at all: a submission that fails leaves its key free.
    @Test func aFailedSubmissionLeavesNoKey() throws {
        let fixture = try StoreFixture()
        #expect(throws: StoreError.noSuchDataset(id: "missing")) {
            _ = try fixture.store.enqueue(NewJob(kind: "k", spec: "{}", datasets: ["missing"]), answering: answer("k", "f"))
        }
        _ = try submitted(fixture.store.enqueue(NewJob(kind: "k", spec: "{}"), answering: answer("k", "f")))
    }

    @Test func fiftyAtOnceMakeOneJob() throws {
        let fixture = try StoreFixture(.server)
        let created = Atomic(0)
        let replayed = Atomic(0)
        DispatchQueue.concurrentPerform(iterations: 50) { _ in
            switch try? fixture.store.enqueue(NewJob(kind: "k", spec: "{}"), answering: answer("k", "f")) {
            case .created: created.add(1, ordering: .relaxed)
            case .replayed: replayed.add(1, ordering: .relaxed)
            case .conflict, .inProgress, nil: break
            }
        }
        #expect(created.load(ordering: .relaxed) == 1)
        #expect(replayed.load(ordering: .relaxed) == 49)
        #expect(try fixture.store.statistics().jobs[.queued] == 1)
        try fixture.store.close()
    }
}
