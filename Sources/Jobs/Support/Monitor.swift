#if canImport(Glibc)
import Glibc
#endif
import Foundation

/// State behind a lock that threads can wait on, with deadlines on the monotonic clock (NSCondition's are wall-clock
/// times, so a stepped clock would stretch a lease).
///
/// @unchecked Sendable: `value` is touched only while `mutex` is held, and the two pthread objects are made for sharing.
/// They are allocated because a pthread object must not move; they are freed when the last reference goes, and a thread
/// inside `wait` holds such a reference.
final class Monitor<Value>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var value: Value

    init(_ value: sending Value) {
        self.value = value
        mutex.initialize(to: pthread_mutex_t())
        condition.initialize(to: pthread_cond_t())
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Changes or reads the state without waking anyone.
    func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value)
    }

    /// Changes the state and wakes all who wait.
    func signal<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        try withLock { value in
            defer { pthread_cond_broadcast(condition) }
            return try body(&value)
        }
    }

    /// Waits until `ready` returns something, which it is asked under the lock, first of all at once and then after each signal.
    ///
    /// - Returns: What `ready` returned, or nil when `timeout` has passed.
    func wait<Result>(for timeout: Duration, until ready: (inout Value) -> Result?) -> Result? {
        var deadline = timespec()
        clock_gettime(CLOCK_MONOTONIC, &deadline)
        let nanoseconds = Int64(deadline.tv_nsec) + max(0, timeout.wholeMicroseconds % 1_000_000) * 1_000
        deadline.tv_sec += Int(max(0, timeout.wholeMicroseconds) / 1_000_000 + nanoseconds / 1_000_000_000)
        deadline.tv_nsec = Int(nanoseconds % 1_000_000_000)
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let result = ready(&value) { return result }
            if pthread_cond_timedwait(condition, mutex, &deadline) == ETIMEDOUT { return ready(&value) }
        }
    }

    /// Waits without a time limit.
    func wait<Result>(until ready: (inout Value) -> Result?) -> Result {
        // Not `withLock`: its access to `value` would last through the wait, while others change it.
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let result = ready(&value) { return result }
            pthread_cond_wait(condition, mutex)
        }
    }
}

/// Starts `operation` with a completion and waits for its answer.
func waiting<Success: Sendable>(
    _ operation: (@escaping @Sendable (Result<Success, any Error>) -> Void) -> Void
) throws -> Success {
    let answer = Monitor<Result<Success, any Error>?>(nil)
    operation { result in answer.signal { $0 = result } }
    return try answer.wait { $0 }.get()
}

/// A thread of its own for work that blocks; it lives as long as `body` runs.
///
/// Not a Dispatch queue: a blocked block on a global queue takes a worker from everyone else.
@discardableResult
func startThread(_ name: String, _ body: @escaping @Sendable () -> Void) -> Thread {
    let thread = Thread(block: body)
    thread.name = name
    thread.stackSize = 1 << 20
    thread.start()
    return thread
}
