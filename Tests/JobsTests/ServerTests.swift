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

    @Test func workersAreToldLines() throws {
        let fixture = try StoreFixture(.server)
        let log = fixture.scratch.data.path + "/lines"
        let script = "echo ready >> '\(log)'; while read line; do echo $line >> '\(log)'; [ \"$line\" = drain ] && exit 0; done"
        let supervisor = supervisor(fixture, script)
        supervisor.start()
        // It may be ready before the supervisor has it on its list.
        #expect(eventually { supervisor.running == 1 && ids(log) == ["ready"] })
        supervisor.cancel("job-1")
        // It has not said that it waits for work, so it is not told of any.
        supervisor.wake()
        supervisor.wakeAll()
        supervisor.stop(grace: .seconds(10))
        #expect(ids(log) == ["ready", "cancel job-1", "drain"])
        #expect(supervisor.restarts == 0)
        try fixture.store.close()
    }

    /// A worker that says what is no call may hold jobs without knowing it: it is ended, and its job is free.
    @Test func aWorkerThatTalksNonsenseIsEnded() throws {
        let fixture = try StoreFixture(.server)
        let log = fixture.scratch.data.path + "/ids"
        let nonsense = "head -c 64 /dev/zero | tr '\\0' '\\377' >&3"
        let supervisor = supervisor(fixture, "echo $1 >> '\(log)'; read line; \(nonsense); while :; do sleep 1; done")
        supervisor.start()
        #expect(eventually { supervisor.running == 1 && ids(log).count == 1 })
        let job = try fixture.enqueue()
        _ = try fixture.claim(ids(log)[0])
        supervisor.cancel(job.id)
        #expect(try eventually { try fixture.job(job.id).state == .queued })
        #expect(eventually { ids(log).count == 2 })
        supervisor.stop(grace: .milliseconds(20), force: .milliseconds(20))
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

    /// Descriptors that leak into a worker would keep another's channel open and hide its death.
    @Test func workersInheritFourDescriptors() throws {
        let careless = open("/dev/null", O_RDONLY)
        defer { close(careless) }
        let scratch = try ScratchDirectory()
        let list = scratch.data.path + "/descriptors"
        let child = try ChildProcess.spawn("/bin/sh", ["-c", "ls /proc/self/fd > '\(list)'"])
        #expect(child.wait() == .exited(0))
        // The last is the folder that ls reads.
        #expect(ids(list) == ["0", "1", "2", "3", "4"])
        close(child.input)
        child.channel.close()
    }

    private func ids(_ path: String) -> [String] {
        ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
    }
}
