import Testing
@testable import Jobs

@Suite struct ReportTests {
    private struct Full: Error {}

    private func running(_ fixture: StoreFixture) throws -> RunningJob {
        try fixture.enqueue()
        let job = try fixture.claim()
        return RunningJob(job, JobContext(jobID: job.id, blobs: fixture.scratch.blobs, threads: 1, store: fixture.store))
    }

    @Test func whatCannotBeWrittenIsKept() throws {
        let running = try running(StoreFixture())
        running.context.metric("1")
        running.context.progress(completed: 1, total: 3)
        #expect(throws: Full.self) { try running.withReports { _ in throw Full() } }
        running.context.metric("2")
        #expect(try running.withReports { $0 } == [.metric("1"), .metric("2"), .progress(JobProgress(completed: 1, total: 3))])
        #expect(try running.withReports { $0 } == [])
        running.context.progress(completed: 1, total: 3)
        #expect(throws: Full.self) { try running.withReports { _ in throw Full() } }
        running.context.progress(completed: 2, total: 3)
        #expect(try running.withReports { $0 } == [.progress(JobProgress(completed: 2, total: 3))])
    }

    /// While one thread writes reports the other waits: the end of a job does not overtake what was reported before it.
    @Test func writersTakeTurns() throws {
        let running = try running(StoreFixture())
        let order = Monitor<[String]>([])
        let isWriting = Monitor(false)
        running.context.metric("1")
        startThread("test-keeper") {
            try? running.withReports { reports in
                isWriting.signal { $0 = true }
                // Long enough for the other to overtake, if it could.
                _ = order.wait(for: .milliseconds(50)) { $0.isEmpty ? nil : () }
                order.signal { $0.append("keeper \(reports.count)") }
            }
        }
        isWriting.wait { $0 ? () : nil }
        try running.withReports { reports in order.signal { $0.append("loop \(reports.count)") } }
        #expect(order.withLock { $0 } == ["keeper 1", "loop 0"])
    }
}
