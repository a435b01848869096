import Testing
@testable import Jobs

@Suite struct StoreTests {
    private let blob = Blob(sha256: String(repeating: "ab", count: 32), bytes: 128)

    @Test func aResultComesBackAsItWasGiven() throws {
        let fixture = try StoreFixture()
        let job = try fixture.enqueue()
        guard case .notReady(let waiting) = try fixture.store.result(of: job.id) else { throw Unexpected("a result") }
        #expect(waiting.state == .queued)
        #expect(try fixture.store.result(of: "nobody") == .noSuchJob)
        let result = ComputedResult(
            document: #"{"é":1}"#,
            arrays: [
                ResultArray(name: "ntk", dtype: "float64", shape: [5, 4], blob: blob),
                ResultArray(name: "empty", dtype: "float32", shape: [], blob: Blob(sha256: "00", bytes: 0, fileExtension: "bin")),
            ])
        let claimed = try fixture.claim()
        _ = try fixture.store.finish(
            claimed.lease, .succeeded(result), reporting: [.metric(#"{"loss":1}"#), .progress(JobProgress(completed: 3, total: 4))])
        #expect(try fixture.store.result(of: job.id) == .found(result, fixture.job(job.id)))
        #expect(try fixture.job(job.id).progress == JobProgress(completed: 3, total: 4))
        #expect(try fixture.store.isReferenced(blob: blob.sha256))
        #expect(try fixture.store.delete(job.id) == .deleted)
        #expect(try fixture.store.delete(job.id) == .noSuchJob)
        #expect(try !fixture.store.isReferenced(blob: blob.sha256))
    }

    @Test func theLogTellsTheWholeLife() throws {
        let fixture = try StoreFixture()
        let job = try fixture.enqueue()
        let claimed = try fixture.claim()
        _ = try fixture.store.report([.progress(JobProgress(completed: 1, total: 2, unit: "tiles")), .metric(#"{"a":1}"#)], under: claimed.lease)
        _ = try fixture.store.finish(claimed.lease, .failed(problem: "{}"))
        let events = try fixture.store.events(of: job.id, after: 0, limit: 100)
        #expect(events.map(\.kind) == [.state, .state, .progress, .metric, .state])
        #expect(events.map(\.seq) == events.map(\.seq).sorted())
        #expect(events.first?.data == #"{"state":"queued","attempt":0}"#)
        #expect(events.last?.data == #"{"state":"failed","attempt":1}"#)
        #expect(try fixture.store.events(of: job.id, after: events[2].seq, limit: 1) == [events[3]])
        #expect(try fixture.store.lastEventSequence() == events[4].seq)
        _ = try fixture.store.delete(job.id)
        #expect(try fixture.store.lastEventSequence() == events[4].seq, "numbers are never given twice")
    }

    @Test func finishedJobsExpireThenAreForgotten() throws {
        let fixture = try StoreFixture()
        let spec = Blob(sha256: String(repeating: "cd", count: 32), bytes: 1)
        let done = try submitted(fixture.store.enqueue(NewJob(kind: "k", spec: "{}", blobs: [spec])))
        let claimed = try fixture.claim()
        let result = ComputedResult(document: "{}", arrays: [ResultArray(name: "a", dtype: "float64", shape: [1], blob: blob)])
        _ = try fixture.store.finish(claimed.lease, .succeeded(result))
        let waiting = try fixture.enqueue()
        fixture.clock.advance(.seconds(30 * 86_400) - .microseconds(1))
        #expect(try fixture.store.expire() == ExpirySummary())
        #expect(try fixture.store.isReferenced(blob: spec.sha256))
        fixture.clock.advance(.microseconds(1))
        #expect(try fixture.store.expire().resultsExpired == 1)
        guard case .gone(let gone) = try fixture.store.result(of: done.id) else { throw Unexpected("not gone") }
        #expect(gone.state == .succeeded)
        #expect(try !fixture.store.isReferenced(blob: blob.sha256))
        #expect(try !fixture.store.isReferenced(blob: spec.sha256))
        #expect(try fixture.store.spec(of: done.id) == nil)
        #expect(try fixture.store.jobs(matching: JobFilter(), page: PageRequest()).items.map(\.id) == [waiting.id])
        fixture.clock.advance(.seconds(30 * 86_400))
        #expect(try fixture.store.expire().jobsRemoved == [done.id])
        #expect(try fixture.store.result(of: done.id) == .noSuchJob)
        #expect(try fixture.job(waiting.id).state == .queued, "an unfinished job never expires")
    }

    @Test func expiryGoesOnAfterABatch() throws {
        let fixture = try StoreFixture(.server)
        for _ in 0..<550 { fixture.store.enqueue(NewJob(kind: "k", spec: "{}"), answering: nil) { _ in } }
        #expect(try eventually { try fixture.store.statistics().jobs[.queued] == 550 })
        for job in try fixture.store.jobs(matching: JobFilter(), page: PageRequest(size: 1_000)).items { _ = try fixture.store.cancel(job.id) }
        fixture.clock.advance(.seconds(31 * 86_400))
        #expect(try fixture.store.expire().resultsExpired == 550)
        try fixture.store.close()
    }

    @Test func datasetsStayWhileAJobNeedsThem() throws {
        let fixture = try StoreFixture()
        let dataset = Dataset(
            id: "d1", name: "digits", metadata: #"{"rows":3}"#, inputs: blob, targets: Blob(sha256: "ff", bytes: 3), sha256: "00",
            bytes: 131, createdAt: fixture.clock.now)
        #expect(try fixture.store.insert(dataset) == .created(dataset))
        #expect(throws: StoreError.duplicateID("d1")) { _ = try fixture.store.insert(dataset) }
        #expect(try fixture.store.dataset("d1") == dataset)
        #expect(try fixture.store.isReferenced(blob: "ff"))
        let job = try submitted(fixture.store.enqueue(NewJob(kind: "k", spec: "{}", datasets: ["d1", "d1"])))
        #expect(try fixture.store.deleteDataset("d1") == .inUse(job: job.id))
        let claimed = try fixture.claim()
        #expect(try fixture.store.deleteDataset("d1") == .inUse(job: job.id))
        _ = try fixture.store.finish(claimed.lease, .failed(problem: "{}"))
        #expect(try fixture.store.deleteDataset("d1") == .deleted)
        #expect(try fixture.store.deleteDataset("d1") == .noSuchDataset)
        #expect(try fixture.store.dataset("d1") == nil)
        #expect(try !fixture.store.isReferenced(blob: "ff"))
    }

    @Test func pagesStayWholeWhileJobsArrive() throws {
        let fixture = try StoreFixture()
        var expected: [String] = []
        for index in 0..<25 {
            // Several share a moment, so the id has to break the tie.
            if index % 3 == 0 { fixture.clock.advance(.seconds(1)) }
            expected.append(try fixture.enqueue(index % 2 == 0 ? "even" : "odd").id)
        }
        var seen: [String] = []
        var token: String?
        repeat {
            let page = try fixture.store.jobs(matching: JobFilter(), page: PageRequest(size: 4, token: token))
            #expect(page.items.count <= 4)
            seen += page.items.map(\.id)
            token = page.nextToken
            try fixture.enqueue("new")
        } while token != nil
        #expect(seen == expected.reversed())
    }

    @Test func filtersAndTokensBelongTogether() throws {
        let fixture = try StoreFixture()
        for kind in ["a", "b", "a", "a"] { try fixture.enqueue(kind) }
        _ = try fixture.claim()
        let filter = JobFilter(state: .queued, kind: "a")
        let page = try fixture.store.jobs(matching: filter, page: PageRequest(size: 1))
        #expect(page.items.allSatisfy { $0.kind == "a" && $0.state == .queued })
        let token = try #require(page.nextToken)
        let rest = try fixture.store.jobs(matching: filter, page: PageRequest(size: 0, token: token))
        #expect(rest.items.count == 1)
        #expect(rest.nextToken == nil)
        for (other, text) in [(JobFilter(kind: "a"), token), (filter, String(token.dropLast())), (filter, "%%%"), (filter, "x")] {
            #expect(throws: StoreError.invalidPageToken) {
                _ = try fixture.store.jobs(matching: other, page: PageRequest(size: 1, token: text))
            }
        }
    }

    @Test func theSameIDIsRefused() throws {
        let fixture = try StoreFixture()
        let job = NewJob(kind: "k", spec: "{}")
        _ = try submitted(fixture.store.enqueue(job))
        #expect(throws: StoreError.duplicateID(job.id)) { _ = try fixture.store.enqueue(job) }
        #expect(try fixture.store.spec(of: job.id) == "{}")
    }

    @Test func whatWasAnsweredIsThereAfterReopening() throws {
        let fixture = try StoreFixture(.server)
        let job = try fixture.enqueue()
        try fixture.store.close()
        #expect(throws: StoreError.closed) { _ = try fixture.enqueue() }
        let again = try SQLiteJobStore(fixture.scratch.data, role: .worker)
        #expect(try again.job(job.id) == job)
    }
}
