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
                for tap in -lows[1]..<(taps[1] - lows[1]) {
                    let stride = strides[1]
                    for y in 0..<height {
                        for x in 0..<outputWidth {
                            guard let column = place(x * stride + tap, width) else { continue }
                            rows[y * outputWidth + x] += source[y * width + column]
                        }
                    }
                }
            }
        }
        rows.withUnsafeBufferPointer { rows in
            result.withUnsafeMutableBufferPointer { result in
                for tap in -lows[0]..<(taps[0] - lows[0]) {
                    for y in 0..<outputHeight {
                        guard let row = place(y * strides[0] + tap, height) else { continue }
                        for x in 0..<outputWidth { result[y * outputWidth + x] += rows[row * outputWidth + x] }
                    }
                }
            }
        }
        return result
    }

    private func place(_ position: Int, _ extent: Int) -> Int? {
        if isCircular { return position < 0 ? position + extent : position >= extent ? position - extent : position }
        return position >= 0 && position < extent ? position : nil
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
