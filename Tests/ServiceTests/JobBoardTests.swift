import Foundation
import Synchronization
import Testing

@testable import Jobs
@testable import Service

/// A store of its own in a temporary directory, with one job that a test moves along.
private final class Fixture {
    let directory: DataDirectory
    let store: SQLiteJobStore
    let board: JobBoard

    init() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("tangent-board-\(UUID().uuidString)").path
        directory = try DataDirectory(path: path)
        store = try SQLiteJobStore(directory, role: .server)
        board = JobBoard(store: store)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory.path) }

    func enqueue() throws -> Job {
        guard case .created(let job) = try store.enqueue(NewJob(kind: "test", spec: "{}")) else { throw CancellationError() }
        return job
    }

    func finish() throws {
        let claimed = try #require(try store.claim(worker: "w", lease: .seconds(60)))
        _ = try store.finish(claimed.lease, .succeeded(ComputedResult(document: "{}")))
    }

    /// What the change watcher would bring.
    func news() throws -> ChangeWatcher.Batch {
        let events = try store.events(after: 0, limit: 1000)
        return ChangeWatcher.Batch(events: events, jobs: try store.jobs(Array(Set(events.map(\.jobID)))))
    }
}

@Suite struct JobBoardTests {
    private let soon = ContinuousClock.now + .seconds(60)

    /// The end of a job may be known before the thread that enqueued it has put it on the board.
    @Test func aJobThatEndsBeforeItIsPutIsNotTakenForQueued() throws {
        let fixture = try Fixture()
        let job = try fixture.enqueue()
        try fixture.finish()
        fixture.board.apply(try fixture.news())
        fixture.board.put(job)
        let seen = Mutex<JobState?>(nil)
        try fixture.board.wait(for: job.id, until: \.state.isFinal, deadline: soon) { document, _ in
            seen.withLock { $0 = document?.job.state }
        }
        #expect(seen.withLock { $0 } == .succeeded)
    }

    /// What this process has written itself is told at once, with the result at hand, and not again when the change log brings it.
    @Test func anEndIsToldWithItsResult() throws {
        let fixture = try Fixture()
        let board = fixture.board
        fixture.store.onEnd { board.put($0, with: $1) }
        let job = try fixture.enqueue()
        board.put(job)
        let told = Mutex<[(JobState?, String?)]>([])
        let isTold = DispatchSemaphore(value: 0)
        try board.wait(for: job.id, until: \.state.isFinal, deadline: soon) { document, result in
            told.withLock { $0.append((document?.job.state, result?.document)) }
            isTold.signal()
        }
        try fixture.finish()
        isTold.wait()
        board.apply(try fixture.news())
        board.tick(now: soon + .seconds(1))
        #expect(told.withLock { $0.map(\.0) } == [.succeeded])
        #expect(told.withLock { $0.map(\.1) } == ["{}"])
        #expect(board.cached(job.id)?.job == (try fixture.store.job(job.id)))
    }

    @Test func thoseWhoWaitAreToldOnceWhenTheirConditionHolds() throws {
        let fixture = try Fixture()
        let job = try fixture.enqueue()
        fixture.board.put(job)
        let told = Mutex<[JobState?]>([])
        try fixture.board.wait(for: job.id, until: \.state.isFinal, deadline: soon) { document, _ in
            told.withLock { $0.append(document?.job.state) }
        }
        fixture.board.apply(try fixture.news())
        #expect(told.withLock { $0 }.isEmpty)
        try fixture.finish()
        fixture.board.apply(try fixture.news())
        fixture.board.apply(try fixture.news())
        fixture.board.tick(now: soon + .seconds(1))
        #expect(told.withLock { $0 } == [.succeeded])
    }

    @Test func theDeadlineBringsWhatIsKnown() throws {
        let fixture = try Fixture()
        let job = try fixture.enqueue()
        fixture.board.put(job)
        let told = Mutex<[JobState?]>([])
        try fixture.board.wait(for: job.id, until: \.state.isFinal, deadline: soon) { document, _ in
            told.withLock { $0.append(document?.job.state) }
        }
        fixture.board.tick(now: soon - .seconds(1))
        #expect(told.withLock { $0 }.isEmpty)
        fixture.board.tick(now: soon)
        #expect(told.withLock { $0 } == [.queued])
    }

    @Test func stoppingLetsEverybodyGoAndKeepsNobody() throws {
        let fixture = try Fixture()
        let job = try fixture.enqueue()
        fixture.board.put(job)
        let told = Mutex(0)
        try fixture.board.wait(for: job.id, until: \.state.isFinal, deadline: soon) { _, _ in told.withLock { $0 += 1 } }
        fixture.board.beginStopping()
        try fixture.board.wait(for: job.id, until: \.state.isFinal, deadline: soon) { _, _ in told.withLock { $0 += 1 } }
        #expect(told.withLock { $0 } == 2)
    }

    @Test func whoGivesUpIsForgotten() throws {
        let fixture = try Fixture()
        let job = try fixture.enqueue()
        fixture.board.put(job)
        let told = Mutex<[Int]>([])
        let giveUp = Mutex<[@Sendable () -> Void]>([])
        for number in 0..<3 {
            try fixture.board.wait(
                for: job.id, until: \.state.isFinal, deadline: soon, onGiveUp: { action in giveUp.withLock { $0.append(action) } }
            ) { _, _ in told.withLock { $0.append(number) } }
        }
        let actions = giveUp.withLock { $0 }
        actions[1]()
        actions[1]()
        try fixture.finish()
        fixture.board.apply(try fixture.news())
        #expect(told.withLock { $0 } == [0, 2])
        actions[0]()
    }

    @Test func aDeletedJobIsGoneForThoseWhoWait() throws {
        let fixture = try Fixture()
        let job = try fixture.enqueue()
        fixture.board.put(job)
        let told = Mutex<[Bool]>([])
        try fixture.board.wait(for: job.id, until: \.state.isFinal, deadline: soon) { document, _ in
            told.withLock { $0.append(document == nil) }
        }
        var news = try fixture.news()
        news.jobs = []
        fixture.board.apply(news)
        #expect(told.withLock { $0 } == [true])
        #expect(fixture.board.cached(job.id) == nil)
    }

    /// The store's readers are not in step with its removals: news read before a removal may arrive behind it.
    @Test func aRemovedJobStaysAway() throws {
        let fixture = try Fixture()
        let job = try fixture.enqueue()
        try fixture.finish()
        let news = try fixture.news()
        fixture.board.apply(news)
        #expect(fixture.board.cached(job.id) != nil)
        guard case .deleted = try fixture.store.delete(job.id) else { throw CancellationError() }
        fixture.board.forget([job.id])
        fixture.board.apply(news)
        fixture.board.put(job)
        #expect(fixture.board.cached(job.id) == nil)
        #expect(try fixture.board.document(job.id) == nil)
    }
}
