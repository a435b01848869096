import Testing
@testable import Jobs

@Suite struct CheckpointTests {
    @Test func theLatestIsReadBackWhole() throws {
        let scratch = try ScratchDirectory()
        let checkpoints = Checkpoints(directory: scratch.data)
        #expect(try checkpoints.load(of: "a") == nil)
        try checkpoints.save([1, 2, 3], of: "a")
        try checkpoints.save([4], of: "a")
        try checkpoints.save([5], of: "b")
        #expect(try checkpoints.load(of: "a") == [4])
        #expect(scratch.temporaries.isEmpty)
    }

    @Test func onlyThoseOfUnfinishedJobsStay() throws {
        let scratch = try ScratchDirectory()
        let checkpoints = Checkpoints(directory: scratch.data)
        for id in ["queued", "gone"] { try checkpoints.save([0], of: id) }
        try checkpoints.removeStale { $0 == "queued" }
        #expect(try checkpoints.load(of: "queued") == [0])
        #expect(try checkpoints.load(of: "gone") == nil)
    }

    @Test func theNextAttemptFindsWhatTheLastOneKept() throws {
        let fixture = try StoreFixture(.server)
        let id = try fixture.enqueue().id
        let scratch = fixture.scratch
        func context() -> JobContext { JobContext(jobID: id, blobs: scratch.blobs, threads: 1, store: fixture.store) }
        #expect(try context().loadCheckpoint() == nil)
        try context().saveCheckpoint([7, 8])
        #expect(try context().loadCheckpoint() == [7, 8])
    }
}
