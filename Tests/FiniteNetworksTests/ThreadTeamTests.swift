import Foundation
import Synchronization
import Testing

@testable import FiniteNetworks

struct ThreadTeamTests {
    /// Every thread does its share of every round, more threads than there are cores too, and whether they wait awake or asleep.
    @Test(arguments: [2, 3, 5])
    func everyThreadDoesEveryRound(count: Int) {
        let team = ThreadTeam(count: count)
        #expect(team.count == count)
        let done = Mutex([Int](repeating: 0, count: count))
        for round in 1...500 {
            if round % 100 == 0 { Thread.sleep(forTimeInterval: 0.002) }
            team.run { member in done.withLock { $0[member] += 1 } }
            #expect(done.withLock { $0 } == [Int](repeating: round, count: count))
        }
    }

    /// What was done before a meeting is done for all after it, late as one of them may come.
    @Test func meetingsAreWaitedFor() {
        let team = ThreadTeam(count: 3)
        let came = Atomic<Int>(0)
        let early = Atomic<Int>(0)
        for late in 0..<3 {
            team.run { member in
                for meeting in 1...20 {
                    if member == late, meeting % 10 == 0 { Thread.sleep(forTimeInterval: 0.002) }
                    came.add(1, ordering: .sequentiallyConsistent)
                    team.meet(member)
                    if came.load(ordering: .sequentiallyConsistent) < 3 * (20 * late + meeting) { early.add(1, ordering: .relaxed) }
                    team.meet(member)
                }
            }
        }
        #expect(early.load(ordering: .relaxed) == 0)
    }

    /// A team that has ended leaves no threads behind.
    @Test func threadsEndWithTheirTeam() throws {
        func threads() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count }
        let before = try threads()
        for _ in 0..<50 { ThreadTeam(count: 3).run { _ in } }
        // Other tests have threads too, but not a hundred come and go.
        let end = ContinuousClock.now + .seconds(10)
        while try threads() > before + 50, ContinuousClock.now < end { Thread.sleep(forTimeInterval: 0.01) }
        #expect(try threads() <= before + 50)
    }
}
