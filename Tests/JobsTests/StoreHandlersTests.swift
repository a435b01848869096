import Synchronization
import Testing

@testable import Jobs

@Suite struct StoreHandlersTests {
    /// A closure kept in a generic container grew a wrapper with every call; a hundred thousand of them overflow the stack.
    @Test func callingItOftenLeavesItAsItIs() {
        let calls = Atomic(0)
        let handlers = StoreHandlers()
        handlers.onCommit { calls.add(1, ordering: .relaxed) }
        for _ in 0..<300_000 { handlers.committed() }
        #expect(calls.load(ordering: .relaxed) == 300_000)
    }
}
