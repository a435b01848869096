import Synchronization
import Testing

@testable import Jobs

@Suite struct CommitHandlerTests {
    /// A closure kept in a generic container grew a wrapper with every call; a hundred thousand of them overflow the stack.
    @Test func callingItOftenLeavesItAsItIs() {
        let calls = Atomic(0)
        let handler = CommitHandler()
        handler.set { calls.add(1, ordering: .relaxed) }
        for _ in 0..<300_000 { handler.call() }
        #expect(calls.load(ordering: .relaxed) == 300_000)
    }
}
