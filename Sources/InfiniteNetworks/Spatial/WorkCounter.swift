import Dispatch
import Synchronization

/// Hands out numbered pieces of work to threads, and tells of those that are done.
final class WorkCounter: Sendable {
    private let total: Int
    private let threads: Int
    private let completed = Mutex(0)

    init(total: Int, threads: Int) {
        self.total = total
        self.threads = threads
    }

    /// Does pieces 0..<count, each with the worker of its thread; the first failure ends the work.
    func run<Worker>(
        _ count: Int, _ makeWorker: @Sendable () -> Worker, _ progress: @Sendable (Int, Int) -> Void,
        _ isCancelled: @Sendable () -> Bool, _ body: @Sendable (Worker, Int) throws(KernelError) -> Void
    ) throws(KernelError) {
        let next = Atomic<Int>(0)
        let failure = Mutex<KernelError?>(nil)
        DispatchQueue.concurrentPerform(iterations: max(1, min(threads, count))) { _ in
            let worker = makeWorker()
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard index < count, failure.withLock({ $0 == nil }) else { return }
                if isCancelled() {
                    failure.withLock { $0 = $0 ?? .cancelled }
                    return
                }
                do throws(KernelError) {
                    try body(worker, index)
                } catch {
                    failure.withLock { $0 = $0 ?? error }
                    return
                }
                completed.withLock { done in
                    done += 1
                    progress(done, total)
                }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }
}
