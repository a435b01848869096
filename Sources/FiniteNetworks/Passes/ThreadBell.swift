import CTangentSIMD
import Dispatch
import Synchronization

/// What one thread waits by for what another one does: awake for a moment, then asleep.
final class ThreadBell: Sendable {
    /// As long as there may be between two passes of a step; longer would take the core from those who have work.
    private static let patience: UInt64 = 100_000

    private let isAsleep = Atomic<Bool>(false)
    private let semaphore = DispatchSemaphore(value: 0)

    /// Waits for what is followed by ``ring()``.
    func wait(until isDue: () -> Bool) {
        guard !isDue() else { return }
        let end = DispatchTime.now().uptimeNanoseconds + Self.patience
        repeat {
            for _ in 0..<16 {
                if isDue() { return }
                tangent_pause()
            }
        } while DispatchTime.now().uptimeNanoseconds < end
        while !isDue() {
            isAsleep.store(true, ordering: .sequentiallyConsistent)
            // Either the ringer sees the sleeper after what it did, or the sleeper sees what was done. Who is no longer down as
            // asleep has been rung for.
            if isDue(), isAsleep.exchange(false, ordering: .sequentiallyConsistent) { return }
            semaphore.wait()
        }
    }

    func ring() {
        if isAsleep.exchange(false, ordering: .sequentiallyConsistent) { semaphore.signal() }
    }
}
