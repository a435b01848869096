import Foundation

/// A fixed number of threads for work that blocks (files, a store), behind a bounded queue.
///
/// Own threads rather than a global Dispatch queue: libdispatch answers blocked blocks with more threads.
public final class BlockingPool: Sendable {
    private let shared: Shared

    /// - Parameters:
    ///   - threads: at least 1.
    ///   - capacity: pieces of work that may wait, at least 1.
    public init(name: String, threads: Int, capacity: Int) {
        precondition(threads >= 1 && capacity >= 1, "a pool needs a thread and room for work")
        shared = Shared(capacity: capacity)
        for index in 0..<threads {
            let shared = shared
            let thread = Thread { shared.run() }
            thread.name = "\(name)-\(index)"
            thread.start()
        }
    }

    /// Queues `work`, in order of submission. O(1).
    /// - Returns: false when the queue is full or the pool has been shut down; the work is then not done.
    public func submit(_ work: @escaping @Sendable () -> Void) -> Bool {
        shared.submit(work)
    }

    /// Lets the threads end once the queue is empty.
    public func shutdown() {
        shared.shutdown()
    }

    deinit {
        shared.shutdown()
    }
}

/// What the threads hold, so that the pool itself can go while they run.
///
/// `@unchecked Sendable` holds because `queue`, `first` and `ended` are touched only under `condition`.
private final class Shared: @unchecked Sendable {
    private let condition = NSCondition()
    private let capacity: Int
    private var queue: [@Sendable () -> Void] = []
    private var first = 0
    private var ended = false

    init(capacity: Int) {
        self.capacity = capacity
    }

    func submit(_ work: @escaping @Sendable () -> Void) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        guard !ended, queue.count - first < capacity else { return false }
        queue.append(work)
        condition.signal()
        return true
    }

    func shutdown() {
        condition.lock()
        ended = true
        condition.broadcast()
        condition.unlock()
    }

    func run() {
        while let work = next() { work() }
    }

    private func next() -> (@Sendable () -> Void)? {
        condition.lock()
        defer { condition.unlock() }
        while first == queue.count {
            if ended { return nil }
            condition.wait()
        }
        let work = queue[first]
        queue[first] = {}
        first += 1
        if first == queue.count {
            queue.removeAll(keepingCapacity: true)
            first = 0
        } else if first >= 256 && first * 2 >= queue.count {
            queue.removeFirst(first)
            first = 0
        }
        return work
    }
}
