import Foundation
import Glibc
import Synchronization
import Testing
@testable import Jobs

@Suite struct ChangeWatcherTests {
    @Test func everyEventComesOnceAndInOrder() throws {
        let fixture = try StoreFixture(.server)
        try fixture.enqueue("before")
        let seen = Monitor<[JobEvent]>([])
        let jobs = Monitor<[String: Job]>([:])
        let watcher = ChangeWatcher(store: fixture.store, after: try fixture.store.lastEventSequence(), logger: quiet) { batch in
            jobs.withLock { for job in batch.jobs { $0[job.id] = job } }
            seen.signal { $0 += batch.events }
        }
        fixture.store.onCommit { watcher.hint() }
        let count = 1_500
        for _ in 0..<count { fixture.store.enqueue(NewJob(kind: "k", spec: "{}"), answering: nil) { _ in } }
        // By another process, of which there is no hint.
        let other = try SQLiteJobStore(fixture.scratch.data, role: .worker)
        _ = try submitted(other.enqueue(NewJob(kind: "other", spec: "{}")))
        let events = seen.wait { $0.count == count + 1 ? $0 : nil }
        #expect(events.map(\.seq) == Array(2...Int64(count + 2)))
        #expect(jobs.withLock { $0.count } == count + 1)
        #expect(jobs.withLock { !$0.values.contains { $0.kind == "before" } })
        watcher.stop()
        try fixture.store.close()
    }
}

@Suite struct HousekeeperTests {
    @Test func expiredLeasesAndOldResultsAreDealtWith() throws {
        let fixture = try StoreFixture(.server)
        let ancient = try fixture.enqueue()
        _ = try fixture.store.cancel(ancient.id)
        fixture.clock.advance(.seconds(31 * 86_400))
        _ = try fixture.store.expire()
        let old = try fixture.enqueue()
        _ = try fixture.store.cancel(old.id)
        fixture.clock.advance(.seconds(31 * 86_400))
        let job = try fixture.enqueue()
        _ = try fixture.claim("silent", lease: .seconds(1))
        fixture.clock.advance(.seconds(2))
        let changes = Atomic(0)
        let forgotten = Mutex<[String]>([])
        let keeper = Housekeeper(
            store: fixture.store, blobs: fixture.scratch.blobs, lease: .milliseconds(30), logger: quiet,
            changed: { changes.add(1, ordering: .relaxed) }, forgotten: { ids in forgotten.withLock { $0 += ids } })
        #expect(try eventually { try fixture.job(job.id).state == .queued })
        #expect(try eventually { try fixture.job(old.id).expiredAt != nil })
        keeper.stop()
        #expect(forgotten.withLock { $0 } == [ancient.id])
        #expect(changes.load(ordering: .relaxed) == 2)
        try fixture.store.close()
    }
}

@Suite struct SupervisorTests {
    private func supervisor(
        _ fixture: StoreFixture, workers: Int = 1, _ script: String, changed: @escaping @Sendable () -> Void = {}
    ) -> Supervisor {
        Supervisor(
            .init(executable: "/bin/sh", workers: workers, longestPause: .milliseconds(50)) { ["-c", script, "worker", $0] },
            store: fixture.store, logger: quiet, changed: changed)
    }

    @Test func aDeadWorkersJobIsFreeAtOnce() throws {
        let fixture = try StoreFixture(.server)
        let log = fixture.scratch.data.path + "/ids"
        let supervisor = supervisor(fixture, "echo $1 >> '\(log)'; read line")
        supervisor.start()
        #expect(eventually { ids(log).count == 1 })
        let job = try fixture.enqueue()
        _ = try fixture.claim(ids(log)[0])
        let first = try #require(supervisor.processIDs.first)
        kill(first, SIGKILL)
        #expect(try eventually { try fixture.job(job.id).state == .queued })
        #expect(try fixture.job(job.id).attempt == 1, "a death is charged")
        #expect(eventually { ids(log).count == 2 })
        #expect(Set(ids(log)).count == 2, "the new process is a new worker")
        #expect(supervisor.processIDs != [first])
        #expect(supervisor.restarts == 1)
        supervisor.stop(grace: .seconds(10))
        #expect(supervisor.running == 0)
        try fixture.store.close()
    }

    @Test func linesGoBothWays() throws {
        let fixture = try StoreFixture(.server)
        let log = fixture.scratch.data.path + "/lines"
        let changes = Monitor(0)
        let script = "echo changed; while read line; do echo $line >> '\(log)'; [ \"$line\" = drain ] && exit 0; echo idle; echo changed; done"
        let supervisor = supervisor(fixture, script) { changes.signal { $0 += 1 } }
        supervisor.start()
        changes.wait { $0 == 1 ? () : nil }
        supervisor.wake()
        changes.wait { $0 == 2 ? () : nil }
        supervisor.cancel("job-1")
        changes.wait { $0 == 3 ? () : nil }
        supervisor.wake()
        changes.wait { $0 == 4 ? () : nil }
        supervisor.stop(grace: .seconds(10))
        #expect(ids(log) == ["wake", "cancel job-1", "wake", "drain"])
        #expect(supervisor.restarts == 0)
        try fixture.store.close()
    }

    @Test func stoppingEndsEvenTheDeaf() throws {
        let fixture = try StoreFixture(.server)
        let log = fixture.scratch.data.path + "/ids"
        let supervisor = supervisor(fixture, workers: 2, "trap '' TERM; echo $1 >> '\(log)'; while :; do read line || sleep 1; done")
        supervisor.start()
        #expect(eventually { ids(log).count == 2 })
        let pids = supervisor.processIDs
        supervisor.stop(grace: .milliseconds(20), force: .milliseconds(20))
        #expect(pids.allSatisfy { kill($0, 0) != 0 && errno == ESRCH })
        #expect(supervisor.running == 0)
        try fixture.store.close()
    }

    @Test func aWorkerThatCannotBeStartedIsTriedAgain() throws {
        let fixture = try StoreFixture(.server)
        let supervisor = Supervisor(
            .init(executable: "/nowhere/tangent", workers: 1, longestPause: .milliseconds(1)) { _ in [] },
            store: fixture.store, logger: quiet, changed: {})
        supervisor.start()
        #expect(eventually { supervisor.restarts >= 3 })
        supervisor.stop(grace: .seconds(1))
        try fixture.store.close()
    }

    /// Descriptors that leak into a worker would keep another's pipe open and hide its death.
    @Test func workersInheritThreeDescriptors() throws {
        let careless = open("/dev/null", O_RDONLY)
        defer { close(careless) }
        let child = try ChildProcess.spawn("/bin/ls", ["/proc/self/fd"])
        var lines: [String] = []
        readLines(from: child.output) { lines.append($0) }
        #expect(child.wait() == .exited(0))
        // The fourth is the folder that ls reads.
        #expect(lines == ["0", "1", "2", "3"])
        close(child.input)
        close(child.output)
    }

    private func ids(_ path: String) -> [String] {
        ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
    }
}
