import Architectures

/// Where a filter or pooling window looks: for every output position and tap the input position, or ``outside``.
struct PositionWindow: Sendable, Equatable {
    static let outside: Int32 = -1
    /// [outputs][taps], input positions in row-major order.
    let sources: [Int32]
    let outputs: Int
    let taps: Int
    let inputs: Int

    /// O(outputs · taps).
    ///
    /// - Parameters:
    ///   - input: extents of the input, whose product is an `Int32`; `output`, `window` and `strides` have as many axes.
    ///   - padding: `same` and `circular` put half of what is missing before the first position, as TensorFlow and XLA do.
    init(input: [Int], output: [Int], window: [Int], strides: [Int], padding: Padding) {
        inputs = input.reduce(1, *)
        outputs = output.reduce(1, *)
        taps = window.reduce(1, *)
        // [outputs][taps] of one axis after the other: the positions of later axes run fastest.
        var (table, outputs, taps): ([Int32], Int, Int) = ([0], 1, 1)
        for axis in input.indices {
            let (extent, stride) = (input[axis], strides[axis])
            let missing = max((output[axis] - 1) * stride + window[axis] - extent, 0)
            let low = padding == .valid ? 0 : missing / 2
            var next: [Int32] = []
            next.reserveCapacity(table.count * output[axis] * window[axis])
            for row in 0..<outputs {
                for place in 0..<output[axis] {
                    for outer in table[row * taps..<(row + 1) * taps] {
                        for tap in 0..<window[axis] {
                            var source = place * stride + tap - low
                            if padding == .circular { source = (source % extent + extent) % extent }
                            let isInside = outer != Self.outside && (0..<extent).contains(source)
                            next.append(isInside ? Int32(Int(outer) * extent + source) : Self.outside)
                        }
                    }
                }
            }
            (table, outputs, taps) = (next, outputs * output[axis], taps * window[axis])
        }
        sources = table
    }

    /// How many taps of an output position look at the input.
    func insideCount(at output: Int) -> Int {
        sources[output * taps..<(output + 1) * taps].count { $0 != Self.outside }
    }
}
