import Foundation
import Synchronization
import Testing
@testable import Jobs

@Suite struct StoreWriterTests {
    private struct Refused: Error {}

    /// Holds the writer inside one write while more gather, so that they are one batch.
    @Test func oneFailureLeavesItsNeighboursAlone() throws {
        let fixture = try StoreFixture(.server)
        let store = fixture.store
        let open = Monitor(false)
        let hasBegun = Monitor(false)
        let commits = Atomic(0)
        store.onCommit { commits.add(1, ordering: .relaxed) }
        store.submit(
            .ordered,
            { _ -> Void in
                hasBegun.signal { $0 = true }
                open.wait { $0 ? () : nil }
            }, completion: { _ in })
        hasBegun.wait { $0 ? () : nil }
        let outcomes = Monitor<[Int: Bool]>([:])
        for index in 0..<20 {
            store.submit(
                .synced,
                { transaction -> Void in
                    _ = try transaction.insert(NewJob(id: "job-\(index)", kind: "k", spec: "{}"))
                    if index % 5 == 3 { throw Refused() }
                },
                completion: { result in
                    outcomes.signal { $0[index] = (try? result.get()) != nil }
                })
        }
        open.signal { $0 = true }
        let succeeded = outcomes.wait { $0.count == 20 ? $0 : nil }
        #expect(commits.load(ordering: .relaxed) == 2, "all twenty went into one commit")
        for index in 0..<20 {
            let isRefused = index % 5 == 3
            #expect(succeeded[index] == !isRefused)
            #expect(try (store.job("job-\(index)") == nil) == isRefused)
        }
        #expect(try store.events(after: 0, limit: 100).count == 16)
        try store.close()
    }

    @Test func answersComeAfterTheCommitAndInOrder() throws {
        let fixture = try StoreFixture(.server)
        let other = try SQLiteJobStore(fixture.scratch.data, role: .worker)
        let order = Monitor<[String]>([])
        let missing = Atomic(0)
        let ids = (0..<200).map { _ in UUIDv7.next() }
        for id in ids {
            fixture.store.enqueue(NewJob(id: id, kind: "k", spec: "{}"), answering: nil) { _ in
                // Another connection sees it: it is committed.
                if (try? other.job(id)) == nil { missing.add(1, ordering: .relaxed) }
                order.signal { $0.append(id) }
            }
        }
        #expect(order.wait { $0.count == ids.count ? $0 : nil } == ids)
        #expect(missing.load(ordering: .relaxed) == 0)
        try fixture.store.close()
    }
}
