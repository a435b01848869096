import Architectures

/// Where a filter or pooling window looks: for every output position and tap the input position, or ``outside``.
struct PositionWindow: Sendable, Equatable {
    static let outside: Int32 = -1
    /// Pairs of output positions and taps: a quarter of a gigabyte.
    static let maximumEntries = 1 << 26

    /// [outputs][taps], input positions in row-major order.
    let sources: [Int32]
    let outputs: Int
    let taps: Int
    let inputs: Int

    /// - Parameters:
    ///   - input: extents of the input; `output`, `window` and `strides` have as many axes.
    ///   - padding: `same` and `circular` put half of what is missing before the first position, as TensorFlow and XLA do.
    init(input: [Int], output: [Int], window: [Int], strides: [Int], padding: Padding) {
        inputs = input.reduce(1, *)
        outputs = output.reduce(1, *)
        taps = window.reduce(1, *)
        // [outputs][taps] of one axis after the other: the positions of later axes run fastest.
        var table: [[Int]] = [[0]]
        for axis in input.indices {
            let (extent, stride) = (input[axis], strides[axis])
            let missing = max((output[axis] - 1) * stride + window[axis] - extent, 0)
            let low = padding == .valid ? 0 : missing / 2
            table = table.flatMap { row in
                (0..<output[axis]).map { place in
                    row.flatMap { outer in
                        (0..<window[axis]).map { tap in
                            var source = place * stride + tap - low
                            if padding == .circular { source = (source % extent + extent) % extent }
                            return outer < 0 || !(0..<extent).contains(source) ? -1 : outer * extent + source
                        }
                    }
                }
            }
        }
        sources = table.flatMap { $0.map { Int32($0) } }
    }

    /// How many taps of an output position look at the input.
    func insideCount(at output: Int) -> Int {
        sources[output * taps..<(output + 1) * taps].count { $0 != Self.outside }
    }
}
