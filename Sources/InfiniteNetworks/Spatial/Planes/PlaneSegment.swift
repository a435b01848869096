import CTangentSIMD

/// Layers that stay within an offset plane, and the join of planes after them.
struct PlaneSegment: Sendable {
    /// What a plane goes through.
    enum Instruction: Sendable {
        case layer(Int)
        /// A residual sum: its first branch begins; the next begins on what came in; the last ends and all are added.
        case open, next, sum

        /// As the engine in C knows it.
        var code: Int32 {
            switch self {
            case .layer(let index): Int32(index)
            case .open: Int32(tangent_plane_open)
            case .next: Int32(tangent_plane_next)
            case .sum: Int32(tangent_plane_sum)
            }
        }
    }

    let input: PlaneExtents
    let output: PlaneExtents
    let layers: [PlaneLayer]
    let instructions: [Instruction]
    /// Nil of the last segment, which the readout follows.
    let join: PlaneJoin?

    /// Whether all planes of one row offset can go through it at once, as the engine's slabs: filters of 1 or 3 taps about the
    /// position, no strides, rings or residual sums, and blocks that stay in the caches.
    var fitsSlabs: Bool {
        join == nil && instructions.count == layers.count && Float.slabSize(input) <= Self.slabLimit
            && layers.allSatisfy { layer in
                !layer.isCircular && layer.strides == [1, 1] && zip(layer.taps, layer.lows).allSatisfy { $0 == (1, 0) || $0 == (3, 1) }
            }
    }

    /// Elements of a thread's slabs beyond which the narrower planes are faster.
    private static let slabLimit = 1 << 21

    /// Of all its layers together.
    var strides: PlaneExtents { PlaneExtents([input.height / output.height, input.width / output.width]) }
}

/// A convolution with the rectifier after it, if there is one; or a rectifier after one tap of weight 1.
struct PlaneLayer: Sendable {
    let input: PlaneExtents
    /// Rows, columns.
    let taps: [Int]
    let lows: [Int]
    let strides: [Int]
    let isCircular: Bool
    /// W² over the filter's size, and b².
    let weight: Double
    let biasVariance: Double
    /// Θ' = weight ΣΘ + ownScale K' + ownOffset.
    let ownScale: Double
    let ownOffset: Double
    var rectifier: Rectifier?
    /// Whether no covariance that comes in is negative, which halves the rectifier's work.
    var isNear = false

    var output: PlaneExtents { PlaneExtents([input.height / strides[0], input.width / strides[1]]) }
    var pairOfTaps: (Int, Int) { (taps[0], taps[1]) }
    var pairOfLows: (Int, Int) { (lows[0], lows[1]) }
    var pairOfStrides: (Int, Int) { (strides[0], strides[1]) }
    /// (a² + b²)/2: what the rectifier does to a variance.
    var gain: Double { rectifier.map { ($0.a * $0.a + $0.b * $0.b) / 2 } ?? 1 }
    /// (a − b)²/(a² + b²).
    var kink: Double { rectifier?.constants[0] ?? 0 }

    /// Sums over the filter's taps, zero outside the image unless it is a ring.
    func filtered(_ variances: [Double]) -> [Double] {
        let (height, width) = (input.height, input.width)
        let (outputHeight, outputWidth) = (output.height, output.width)
        var rows = [Double](repeating: 0, count: height * outputWidth)
        var result = [Double](repeating: 0, count: outputHeight * outputWidth)
        variances.withUnsafeBufferPointer { source in
            rows.withUnsafeMutableBufferPointer { rows in
                for tap in taps(of: 1) {
                    for run in runs(tap, stride: strides[1], extent: width, outputs: outputWidth) {
                        for y in 0..<height {
                            let (to, from) = (y * outputWidth, y * width + run.shift)
                            for x in run.outputs { rows[to + x] += source[from + x * strides[1]] }
                        }
                    }
                }
            }
        }
        rows.withUnsafeBufferPointer { rows in
            result.withUnsafeMutableBufferPointer { result in
                for tap in taps(of: 0) {
                    for run in runs(tap, stride: strides[0], extent: height, outputs: outputHeight) {
                        for y in run.outputs {
                            let (to, from) = (y * outputWidth, (y * strides[0] + run.shift) * outputWidth)
                            for x in 0..<outputWidth { result[to + x] += rows[from + x] }
                        }
                    }
                }
            }
        }
        return result
    }

    private func taps(of axis: Int) -> Range<Int> { -lows[axis]..<(taps[axis] - lows[axis]) }

    /// Outputs whose position under a tap, output × stride + shift, is inside: one run, and of a ring what goes around its ends.
    private func runs(_ tap: Int, stride: Int, extent: Int, outputs: Int) -> [(outputs: Range<Int>, shift: Int)] {
        /// The first output at or beyond a position.
        func first(_ position: Int) -> Int { min(outputs, max(0, (position - tap + stride - 1) / stride)) }
        let (begin, end) = (first(0), first(extent))
        let inside = [(begin..<end, tap)]
        return isCircular ? [(0..<begin, tap + extent)] + inside + [(end..<outputs, tap - extent)] : inside
    }
}

/// A linear map of positions that mixes planes: the sum over a window, times a factor.
///
/// With E the sum of e over the pairs of positions in two windows and U half of what it is of an image with itself, the mean of
/// the covariances gives e' = f² E − U_i − U_j: what lies within the windows leaves the distance between them.
struct PlaneJoin: Sendable {
    /// By the plane's offset along the axis.
    let rows: [[Axis]]
    let columns: [[Axis]]
    /// How far windows are apart.
    let strides: (rows: Int, columns: Int)
    /// f² and positions in a window: p' = f² (n Σp) − U.
    let square: Double
    let windowCount: Double
    let placement: Placement.Window

    /// What of a plane goes to the planes of one offset.
    struct Axis: Sendable {
        let offset: Int
        let runs: [tangent_plane_move]
    }

    init(_ window: Placement.Window, factor: Double) {
        func axes(_ axis: Int) -> [[Axis]] {
            guard axis >= 0 else { return [[Axis(offset: 0, runs: [tangent_plane_move(to: 0, from: 0, count: 1)])]] }
            return Self.axes(
                window.sources[axis], extent: window.positions[axis], output: window.outputs[axis], stride: window.strides[axis])
        }
        let last = window.positions.count - 1
        rows = axes(last - 1)
        columns = axes(last)
        strides = (last > 0 ? window.strides[0] : 1, window.strides[last])
        square = factor * factor
        windowCount = Double(window.taps.reduce(1, *))
        placement = window
    }

    /// The planes that some planes after the join are made of.
    func sources(of needed: PlaneOffsets, _ extents: PlaneExtents) -> PlaneOffsets {
        PlaneOffsets(
            rows: rows.indices.filter { rows[$0].contains { needed.hasRow($0.offset) } },
            columns: columns.indices.filter { columns[$0].contains { needed.hasColumn($0.offset) } }, extents)
    }

    /// The pair of i = source(a, i') and j = i + d goes to every i' and j' whose windows hold them, and so to the plane j' − i'.
    private static func axes(_ sources: [[Int]], extent: Int, output: Int, stride: Int) -> [[Axis]] {
        var owners = [[Int]](repeating: [], count: extent)
        for tap in sources { for (place, source) in tap.enumerated() { owners[source].append(place) } }
        return (0..<extent).map { offset in
            var moves: [Int: [tangent_plane_move]] = [:]
            for tap in sources {
                for (place, source) in tap.enumerated() {
                    for other in owners[(source + offset) % extent] {
                        moves[(other - place + output) % output, default: []].append(
                            tangent_plane_move(to: place, from: source, count: 1))
                    }
                }
            }
            return moves.keys.sorted().map { Axis(offset: $0, runs: joined(moves[$0] ?? [], stride)) }
        }
    }

    /// Elements one after the other as runs.
    private static func joined(_ moves: [tangent_plane_move], _ stride: Int) -> [tangent_plane_move] {
        moves.reduce(into: []) { runs, move in
            if let last = runs.last, move.to == last.to + last.count, move.from == last.from + last.count * stride {
                runs[runs.count - 1].count += 1
            } else {
                runs.append(move)
            }
        }
    }
}
