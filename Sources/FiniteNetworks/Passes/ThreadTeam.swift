import Foundation
import Synchronization

/// Threads that work together many times, microseconds after one another: each for its share of the same thing.
///
/// A thread that sleeps wakes 50 to 100 µs late, which is much beside the passes of a small network. Those of a team look out for
/// their next work for a moment before they sleep (``ThreadBell``). The caller is one of them.
final class ThreadTeam: Sendable {
    /// How many threads there are; they are numbered from 0, the caller.
    var count: Int { meetings.count }
    private let meetings: ThreadMeetings

    init(count: Int) {
        precondition(count >= 2, "one thread needs no team")
        let meetings = ThreadMeetings(count: count)
        self.meetings = meetings
        // They end with the team, of which they know nothing.
        for member in 1..<count { Thread { meetings.serve(as: member) }.start() }
    }

    deinit { meetings.close() }

    /// Has every thread call `body` with its number; all have ended when the call returns. One caller at a time.
    func run(_ body: @Sendable (_ member: Int) -> Void) {
        withoutActuallyEscaping(body) { meetings.run($0) }
    }

    /// Waits, within ``run(_:)``, until every thread has come to the same place.
    func meet(_ member: Int) { meetings.meet(member) }
}

/// What the threads of a team share.
private final class ThreadMeetings: Sendable {
    let count: Int
    private let bells: [ThreadBell]
    /// How often work has been given out.
    private let rounds = Atomic<Int>(0)
    /// How often a thread has come to a meeting: the m-th is over when all have come m times.
    private let arrivals = Atomic<Int>(0)
    /// Written by the caller while the others wait for the next round, and read by them after it has begun, until they meet; nil
    /// ends them.
    nonisolated(unsafe) private var work: (@Sendable (Int) -> Void)?

    init(count: Int) {
        self.count = count
        bells = (0..<count).map { _ in ThreadBell() }
    }

    func run(_ body: @escaping @Sendable (Int) -> Void) {
        work = body
        begin()
        body(0)
        meet(0)
        work = nil
    }

    func close() { begin() }

    private func begin() {
        rounds.add(1, ordering: .sequentiallyConsistent)
        for bell in bells.dropFirst() { bell.ring() }
    }

    func serve(as member: Int) {
        var round = 1
        while true {
            bells[member].wait { self.rounds.load(ordering: .sequentiallyConsistent) >= round }
            guard perform(as: member) else { return }
            meet(member)
            round += 1
        }
    }

    /// Not inlined, so that the work is let go before the meeting after which its owner takes it back.
    @inline(never)
    private func perform(as member: Int) -> Bool {
        guard let work else { return false }
        work(member)
        return true
    }

    func meet(_ member: Int) {
        let before = arrivals.add(1, ordering: .sequentiallyConsistent).oldValue
        let all = (before / count + 1) * count
        if before + 1 == all {
            for (other, bell) in bells.enumerated() where other != member { bell.ring() }
        } else {
            bells[member].wait { self.arrivals.load(ordering: .sequentiallyConsistent) >= all }
        }
    }
}
