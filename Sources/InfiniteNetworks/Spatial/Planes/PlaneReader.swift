import Architectures

/// Gathers steps into the segments of a ``PlanePlan``.
struct PlaneReader {
    /// Filters wider than this go the way of the tensor.
    static let tapLimit = 33
    /// Residual sums within each other (`TANGENT_PLANE_DEPTH`).
    static let depthLimit = 4

    private(set) var segments: [PlaneSegment] = []
    /// Of what the next step is given.
    private(set) var extents: PlaneExtents
    private let axes: Int
    private var start: PlaneExtents
    private var layers: [PlaneLayer] = []
    private var instructions: [PlaneSegment.Instruction] = []
    private var depth = 0
    /// Whether a rectifier belongs to the last layer.
    private var takesRectifier = false
    /// Whether covariances are known not to be negative. Those of images may be; sums keep the sign.
    private var isNonnegative = false

    init(_ positions: [Int]) {
        axes = positions.count
        extents = PlaneExtents(positions)
        start = extents
    }

    /// False where the step is not in the planes' repertoire.
    mutating func take(_ step: SpatialStep) -> Bool {
        switch step.kind {
        case .identity: return true
        case .nonlinearity(let map):
            guard let rectifier = map as? Rectifier else { return false }
            rectify(rectifier)
            return true
        case .affine(let affine): return take(affine)
        case .pool(let pool): return take(pool)
        case .parallel(let branches, .sum, _): return take(branches)
        default: return false
        }
    }

    /// Ends a segment; the next one begins on what the join makes of its planes.
    mutating func end(_ join: PlaneJoin?) {
        segments.append(PlaneSegment(input: start, output: extents, layers: layers, instructions: instructions, join: join))
        (layers, instructions, takesRectifier) = ([], [], false)
        if let join { extents = PlaneExtents(join.placement.outputs) }
        start = extents
    }

    private mutating func append(_ layer: PlaneLayer) {
        instructions.append(.layer(layers.count))
        layers.append(layer)
        extents = layer.output
        takesRectifier = layer.rectifier == nil
    }

    private mutating func rectify(_ rectifier: Rectifier) {
        if takesRectifier {
            layers[layers.count - 1].rectifier = rectifier
            layers[layers.count - 1].isNear = isNonnegative
            takesRectifier = false
        } else {
            append(
                PlaneLayer(
                    input: extents, taps: [1, 1], lows: [0, 0], strides: [1, 1], isCircular: false, weight: 1, biasVariance: 0,
                    ownScale: 0, ownOffset: 0, rectifier: rectifier, isNear: isNonnegative))
        }
        isNonnegative = isNonnegative || rectifier.isNonnegative
    }

    private mutating func take(_ branches: [[SpatialStep]]) -> Bool {
        // Of one branch there is nothing to add to.
        guard branches.count != 1 else { return take(all: branches[0]) }
        guard depth < Self.depthLimit else { return false }
        let before = extents
        let wasNonnegative = isNonnegative
        var after: PlaneExtents?
        var areNonnegative = true
        depth += 1
        for (index, branch) in branches.enumerated() {
            instructions.append(index == 0 ? .open : .next)
            (extents, takesRectifier, isNonnegative) = (before, false, wasNonnegative)
            guard take(all: branch), extents == after ?? extents else { return false }
            after = extents
            areNonnegative = areNonnegative && isNonnegative
        }
        isNonnegative = areNonnegative
        depth -= 1
        instructions.append(.sum)
        takesRectifier = false
        return true
    }

    private mutating func take(all steps: [SpatialStep]) -> Bool {
        for step in steps {
            guard take(step) else { return false }
        }
        return true
    }

    private mutating func take(_ affine: AffineStep) -> Bool {
        guard !affine.isUnshared, affine.weightVariance > 0 else { return false }
        let (scale, offset) = affine.ownTerm
        let weight = affine.weightVariance / Double(affine.placement.sources.count)
        func layer(_ filter: Filter, _ extents: PlaneExtents) -> PlaneLayer {
            PlaneLayer(
                input: extents, taps: filter.taps, lows: filter.lows, strides: filter.strides, isCircular: filter.isCircular,
                weight: weight, biasVariance: affine.biasVariance, ownScale: scale, ownOffset: offset)
        }
        guard let window = affine.placement.window else {
            append(layer(.pointwise, extents))
            return true
        }
        guard !window.isTransposed, window.taps.allSatisfy({ $0 <= Self.tapLimit }) else { return false }
        let filter = Filter(window)
        if filter.keepsOffsets(window) {
            append(layer(filter, extents))
            return true
        }
        // The sums of every position; then of these the ones there are; then what the layer makes of sums.
        guard depth == 0 else { return false }
        append(
            PlaneLayer(
                input: extents, taps: filter.taps, lows: filter.lows, strides: [1, 1], isCircular: filter.isCircular, weight: 1,
                biasVariance: 0, ownScale: 0, ownOffset: 0))
        let chosen = Placement(
            positions: window.positions, outputs: window.outputs, window: window.taps.map { _ in 1 }, strides: window.strides,
            padding: .valid)
        guard let join = chosen.window.map({ PlaneJoin($0, factor: 1) }) else { return false }
        end(join)
        append(layer(.pointwise, extents))
        return true
    }

    private mutating func take(_ pool: PoolStep) -> Bool {
        guard depth == 0, let window = pool.placement.window, let factor = pool.factors.first else { return false }
        // Windows that reach outside differ from the others.
        guard pool.placement.sources.allSatisfy({ $0.allSatisfy { $0 >= 0 } }) else { return false }
        end(PlaneJoin(window, factor: factor))
        return true
    }
}

/// Taps of a filter along rows and columns.
private struct Filter {
    let taps: [Int]
    let lows: [Int]
    let strides: [Int]
    let isCircular: Bool

    static let pointwise = Filter(taps: [1, 1], lows: [0, 0], strides: [1, 1], isCircular: false)

    private init(taps: [Int], lows: [Int], strides: [Int], isCircular: Bool) {
        (self.taps, self.lows, self.strides, self.isCircular) = (taps, lows, strides, isCircular)
    }

    init(_ window: Placement.Window) {
        func pair(_ values: [Int], _ missing: Int) -> [Int] { values.count == 2 ? values : [missing] + values }
        taps = pair(window.taps, 1)
        lows = pair(window.lows, 0)
        strides = pair(window.strides, 1)
        isCircular = window.padding == .circular
    }

    /// Whether a plane of the output is one of the input: extents are whole multiples of those after.
    func keepsOffsets(_ window: Placement.Window) -> Bool {
        window.positions.indices.allSatisfy { window.positions[$0] == window.outputs[$0] * window.strides[$0] }
    }
}

extension Rectifier {
    /// Whether E[φφ] ≥ 0 at every correlation: with the odd part (a + b)/2 · x and the even part (b − a)/2 · |x| it is
    /// ((a + b)/2)² ρ + ((b − a)/2)² κ(ρ) with κ(ρ) ≥ |ρ|.
    fileprivate var isNonnegative: Bool { abs(a + b) <= abs(b - a) }
}
