import Synchronization

/// What the bodies of all requests that are kept in memory may take together.
final class BodyMemory: Sendable {
    private let limit: Int
    private let held = Atomic<Int>(0)

    init(limit: Int) { self.limit = limit }

    /// Takes room for `count` bytes; false where there is none.
    func take(_ count: Int) -> Bool {
        if held.add(count, ordering: .relaxed).newValue <= limit { return true }
        held.subtract(count, ordering: .relaxed)
        return false
    }

    func release(_ count: Int) { held.subtract(count, ordering: .relaxed) }
}
