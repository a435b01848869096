import Testing
@testable import Jobs

@Suite struct StoreModelTests {
    /// Every operation in random order, on the store and on the model: answers and states must agree at every step.
    @Test(arguments: [UInt64.random(in: 0...UInt64.max), 1, 2])
    func agreesWithTheModel(seed: UInt64) throws {
        print("store model seed \(seed)")
        var generator = SeededGenerator(seed: seed)
        let fixture = try StoreFixture(random: 0.75)
        let store = fixture.store
        var model = JobModel()
        var leases: [Lease] = []
        var ids: [String] = []
        for step in 0..<2_000 {
            fixture.clock.advance(.milliseconds(Int.random(in: 0...300, using: &generator)))
            let now = fixture.clock.now
            let worker = "w\(Int.random(in: 1...3, using: &generator))"
            var touched: String?
            switch Int.random(in: 0..<100, using: &generator) {
            case 0..<25:
                let job = NewJob(
                    kind: "k", spec: "{\"step\":\(step)}", priority: Int.random(in: 0...2, using: &generator),
                    maxAttempts: Int.random(in: 1...3, using: &generator))
                _ = try submitted(store.enqueue(job))
                model.enqueue(job.id, priority: job.priority, maxAttempts: job.maxAttempts, now: now)
                ids.append(job.id)
                touched = job.id
            case 25..<50:
                let claimed = try store.claim(worker: worker, lease: .seconds(2))
                let expected = model.claim(worker, .seconds(2), now: now)
                #expect(claimed?.id == expected?.id, "step \(step)")
                #expect(claimed?.attempt == expected?.attempt, "step \(step)")
                #expect(claimed?.lease.fence == expected?.fence, "step \(step)")
                if let claimed { leases.append(claimed.lease) }
                touched = claimed?.id
            case 50..<75:
                guard let lease = leases.randomElement(using: &generator) else { continue }
                let outcome: AttemptOutcome =
                    switch Int.random(in: 0..<6, using: &generator) {
                    case 0: .succeeded(ComputedResult(document: "{\"step\":\(step)}"))
                    case 1: .failed(problem: "{\"step\":\(step)}")
                    case 2: .retry(problem: "{\"again\":\(step)}")
                    case 3: .cancelled()
                    case 4: .cancelled(ComputedResult(document: "{\"partial\":\(step)}"))
                    default: .released
                    }
                let expected = model.finish(lease, outcome, pause: { store.policy.pause(afterAttempt: $0) }, now: now)
                #expect(try store.finish(lease, outcome) == expected, "step \(step)")
                touched = lease.jobID
            case 75..<82:
                guard let lease = leases.randomElement(using: &generator) else { continue }
                #expect(try store.renew(lease, by: .seconds(2)) == model.renew(lease, .seconds(2), now: now), "step \(step)")
            case 82..<90:
                guard let id = ids.randomElement(using: &generator) else { continue }
                _ = try store.cancel(id)
                model.cancel(id, now: now)
                touched = id
            case 90..<95:
                _ = try store.reap()
                model.lose(now: now) { ($0.leaseEnd ?? now) < now }
            case 95..<97:
                _ = try store.releaseLeases(of: worker)
                model.lose(now: now) { $0.owner == worker }
            default:
                guard let id = ids.randomElement(using: &generator) else { continue }
                let isFinal = model.jobs[id]?.state.isFinal
                let deletion = try store.delete(id)
                #expect((deletion == .deleted) == (isFinal == true), "step \(step)")
                if isFinal == true { model.jobs[id] = nil }
            }
            if let touched { try compare(touched, store, model, step) }
        }
        for id in ids { try compare(id, store, model, -1) }
        let counts = Dictionary(grouping: model.jobs.values, by: \.state).mapValues(\.count)
        #expect(try store.statistics().jobs.filter { $0.value > 0 } == counts)
    }

    private func compare(_ id: String, _ store: SQLiteJobStore, _ model: JobModel, _ step: Int) throws {
        let job = try store.job(id)
        let expected = model.jobs[id]
        #expect(job?.state == expected?.state, "step \(step)")
        #expect(job?.attempt == expected?.attempt, "step \(step)")
        #expect(job?.runAt == expected?.runAt, "step \(step)")
        #expect(job?.version == expected?.version, "step \(step)")
        #expect(job?.error == expected?.error, "step \(step)")
        #expect((job?.cancelRequestedAt != nil) == (expected?.cancelRequested ?? false), "step \(step)")
        #expect((job?.finishedAt != nil) == (expected?.state.isFinal ?? false), "step \(step)")
        switch try store.result(of: id) {
        case .found(let result, let job), .partial(let result, let job):
            #expect(result.document == expected?.document, "step \(step)")
            #expect(job.state == expected?.state)
        case .notReady: #expect(expected?.document == nil, "step \(step)")
        case .gone: Issue.record("gone at step \(step)")
        case .noSuchJob: #expect(expected == nil, "step \(step)")
        }
    }
}
