/// Things that come from many threads and are dealt with by one, all that wait at a time.
final class WaitingLine<Element: Sendable>: Sendable {
    private struct State {
        var waiting: [Element] = []
        var isClosed = false
        var hasEnded = false
    }

    private let state = Monitor(State())
    private let largestBatch: Int

    init(largestBatch: Int) { self.largestBatch = largestBatch }

    /// Adds to the end of the line; false once it is closed.
    func add(_ element: Element) -> Bool {
        state.signal { state in
            if !state.isClosed { state.waiting.append(element) }
            return !state.isClosed
        }
    }

    /// Hands batches to `body`, in order, until the line is closed and empty.
    func run(_ body: ([Element]) -> Void) {
        while let batch = next() { body(batch) }
        state.signal { $0.hasEnded = true }
    }

    /// Takes no more, and waits until everything in the line has been dealt with.
    func close() {
        state.signal { $0.isClosed = true }
        state.wait { $0.hasEnded ? () : nil }
    }

    private func next() -> [Element]? {
        state.wait { state -> [Element]?? in
            if state.waiting.isEmpty { return state.isClosed ? .some(nil) : nil }
            let batch = Array(state.waiting.prefix(largestBatch))
            state.waiting.removeFirst(batch.count)
            return batch
        }
    }
}
