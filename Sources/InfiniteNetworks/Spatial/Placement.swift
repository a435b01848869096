import Architectures

/// Where each output position of a filter or window looks in its input: for every tap the input position, or `outside`.
struct Placement: Sendable, Equatable {
    static let outside = -1

    /// Output positions that look at input positions one after the other, or all outside.
    struct Run: Sendable, Equatable {
        var outputs: Range<Int>
        /// Where the first of them looks.
        var source: Int
    }

    /// [taps][output positions], input positions in row-major order.
    let sources: [[Int]]
    let outputs: Int
    /// The same as runs, so that a row of pairs is added in vectors.
    let runs: [[Run]]
    /// How it came about; nil for a filter of one tap that looks where it stands.
    let window: Window?

    /// A filter of one tap that looks where it stands: a dense layer over channels.
    init(pointwise positions: Int) {
        self.init([Array(0..<positions)], outputs: positions, window: nil)
    }

    /// - Parameter isTransposed: as the adjoint of the strided filter (JAX's `conv_transpose`) rather than the filter itself.
    init(positions: [Int], outputs: [Int], window: [Int], strides: [Int], padding: Padding, isTransposed: Bool = false) {
        let axes = positions.indices.map { axis in
            Axis(extent: positions[axis], output: outputs[axis], window: window[axis], stride: strides[axis], padding: padding)
        }
        let lines = axes.map { isTransposed ? $0.transposed : $0.forward }
        let sources = axes.indices.reduce([[0]]) { taps, axis in
            taps.flatMap { tap in lines[axis].map { Self.combine(tap, $0, extent: positions[axis]) } }
        }
        self.init(
            sources, outputs: outputs.reduce(1, *),
            window: Window(
                positions: positions, outputs: outputs, taps: window, lows: axes.map(\.low), strides: strides, padding: padding,
                isTransposed: isTransposed, sources: lines))
    }

    private init(_ sources: [[Int]], outputs: Int, window: Window?) {
        self.window = window
        self.sources = sources
        self.outputs = outputs
        runs = sources.map { tap in
            var runs: [Run] = []
            for (place, source) in tap.enumerated() {
                if let last = runs.last, source == (last.source < 0 ? last.source : last.source + last.outputs.count) {
                    runs[runs.count - 1].outputs = last.outputs.lowerBound..<(place + 1)
                } else {
                    runs.append(Run(outputs: place..<(place + 1), source: source))
                }
            }
            return runs
        }
    }

    /// The positions of one more axis beside those of the axes before it.
    private static func combine(_ outer: [Int], _ inner: [Int], extent: Int) -> [Int] {
        outer.flatMap { row in
            inner.map { row == outside || $0 == outside ? outside : row * extent + $0 }
        }
    }
}

extension Placement {
    /// A filter or window as it moves over the axes.
    struct Window: Sendable, Equatable {
        /// By axis: extents before and after, extents of the window, taps before the position itself, strides.
        let positions: [Int]
        let outputs: [Int]
        let taps: [Int]
        let lows: [Int]
        let strides: [Int]
        let padding: Padding
        let isTransposed: Bool
        /// [axis][taps][outputs] on that axis.
        let sources: [[[Int]]]
    }
}

/// One axis of a placement: [taps][outputs].
private struct Axis {
    let extent: Int
    let output: Int
    let window: Int
    let stride: Int
    let padding: Padding

    /// Taps before the position that an output stands on.
    var low: Int { padding == .valid ? 0 : Self.low(extent: extent, output: output, window: window, stride: stride) }

    /// The rule of TensorFlow and XLA for padded strides: half of what is missing before, the rest after.
    static func low(extent: Int, output: Int, window: Int, stride: Int) -> Int {
        max((output - 1) * stride + window - extent, 0) / 2
    }

    var forward: [[Int]] {
        (0..<window).map { tap in
            (0..<output).map { place in
                let source = place * stride + tap - low
                if padding == .circular { return (source % extent + extent) % extent }
                return (0..<extent).contains(source) ? source : Placement.outside
            }
        }
    }

    var transposed: [[Int]] {
        guard padding != .circular else { return transposedRing }
        let spread = padding == .valid || stride > window - 1 ? window - 1 : (window + stride - 1) / 2
        return (0..<window).map { tap in
            (0..<output).map { place in
                let spaced = place + tap - spread
                guard spaced >= 0, spaced % stride == 0, spaced / stride < extent else { return Placement.outside }
                return spaced / stride
            }
        }
    }

    /// The adjoint of the strided ring filter that leads from `output` back to `extent` positions.
    private var transposedRing: [[Int]] {
        let low = Self.low(extent: output, output: extent, window: window, stride: stride)
        return (0..<window).map { tap in
            (0..<output).map { place in
                let spaced = ((place - tap + low) % output + output) % output
                return spaced % stride == 0 ? spaced / stride : Placement.outside
            }
        }
    }
}
