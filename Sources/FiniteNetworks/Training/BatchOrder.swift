import Arrays

/// Which rows make the mini-batch of a step: each epoch goes once through all rows, in an order of its own.
///
/// A function of the seed and the step alone, so a resumed run needs no more than its step.
struct BatchOrder {
    let rows: Int
    let size: Int
    private let random: CounterRandom
    private var epoch = -1
    private var order: [Int] = []

    init(rows: Int, size: Int, seed: UInt64) {
        (self.rows, self.size) = (rows, size)
        // Beyond the streams that weights are drawn from.
        random = CounterRandom(seed: seed, stream: 2 * FiniteNetwork.firstStream)
    }

    /// The last batch of an epoch is smaller where `size` does not divide `rows`.
    mutating func rows(atStep step: Int) -> [Int] {
        let batches = (rows + size - 1) / size
        if step / batches != epoch {
            epoch = step / batches
            order = shuffled(epoch)
        }
        let first = step % batches * size
        return Array(order[first..<min(first + size, rows)])
    }

    /// Fisher and Yates's shuffle, from the counters of this epoch.
    private func shuffled(_ epoch: Int) -> [Int] {
        var order = Array(0..<rows)
        for i in stride(from: rows - 1, to: 0, by: -1) {
            let j = min(i, Int(random.uniform(at: UInt64(epoch) &* UInt64(rows) &+ UInt64(i)) * Double(i + 1)))
            order.swapAt(i, j)
        }
        return order
    }
}
