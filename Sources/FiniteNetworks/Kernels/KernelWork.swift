import Dispatch
import LinearAlgebra
import Synchronization

/// Threads that share the pieces of a kernel, its progress, and the question whether it is still wanted.
struct KernelWork: Sendable {
    let threads: Int
    let isCancelled: @Sendable () -> Bool

    init(threads: Int, isCancelled: @escaping @Sendable () -> Bool = { false }) {
        self.threads = max(1, threads)
        self.isCancelled = isCancelled
        BLASThreads.callersAreParallel()
    }

    /// On the caller's thread, to the end.
    static let alone = KernelWork(threads: 1)

    /// Does the pieces 0..<count, each once, with what `makeWorker` makes for each thread.
    ///
    /// - Throws: `CancellationError`.
    func run<Worker>(
        _ count: Int, _ makeWorker: @Sendable () -> Worker, _ body: @Sendable (Worker, Int) -> Void
    ) throws(CancellationError) {
        let workers = min(threads, count)
        guard workers > 1 else {
            let worker = makeWorker()
            for index in 0..<count {
                guard !isCancelled() else { throw CancellationError() }
                body(worker, index)
            }
            return
        }
        let next = Atomic<Int>(0)
        let stopped = Atomic<Bool>(false)
        DispatchQueue.concurrentPerform(iterations: workers) { _ in
            let worker = makeWorker()
            while !stopped.load(ordering: .relaxed) {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard index < count else { return }
                guard !isCancelled() else { return stopped.store(true, ordering: .relaxed) }
                body(worker, index)
            }
        }
        if stopped.load(ordering: .relaxed) { throw CancellationError() }
    }
}
