import Architectures
import JSON

/// Unrolls the layers of a document into steps, with the shapes that ``ShapeInference`` found on its way.
struct SpatialCompiler {
    let parameterization: Parameterization
    private let trace: [LayerShape]
    /// The next entry of the trace.
    private var next = 0
    private(set) var count = 0
    private var placements: [PlacementKey: Placement] = [:]

    init(parameterization: Parameterization, trace: ShapeTrace) {
        self.parameterization = parameterization
        self.trace = trace.layers
    }

    mutating func compile(_ layers: [Layer]) -> [SpatialStep] { layers.flatMap { steps(of: $0) } }

    private mutating func steps(of layer: Layer) -> [SpatialStep] {
        // A container's own entry follows those of its contents.
        switch layer.kind {
        case .serial(let inner):
            let steps = compile(inner)
            next += 1
            return steps
        case .repeat(let times, let inner):
            var steps: [SpatialStep] = []
            for _ in 0..<times { steps += compile(inner) }
            next += 1
            return steps
        case .parallel(let branches, let combine):
            return [parallel(branches, combine, layer)]
        default:
            let shape = trace[next]
            next += 1
            return kind(layer, shape).map { [step(layer, $0)] } ?? []
        }
    }

    private mutating func step(_ layer: Layer, _ kind: SpatialStep.Kind) -> SpatialStep {
        count += 1
        return SpatialStep(id: count - 1, name: layer.typeName, kind: kind)
    }

    private mutating func parallel(_ branches: [[Layer]], _ combine: Combination, _ layer: Layer) -> SpatialStep {
        var widths: [Double] = []
        let compiled = branches.map { branch in
            let input = next
            let steps = compile(branch)
            // An empty branch passes on what the parallel layer is given, whose shape its own entry of the trace will tell.
            widths.append(next > input ? Double(trace[next - 1].output.channels ?? 0) : -1)
            return steps
        }
        let shape = trace[next]
        next += 1
        widths = widths.map { $0 < 0 ? Double(shape.input.channels ?? 0) : $0 }
        let total = widths.reduce(0, +)
        let weights = widths.map { combine == .concat ? $0 / total : 1 }
        return step(layer, .parallel(compiled, combine, weights: weights))
    }

    private mutating func kind(_ layer: Layer, _ shape: LayerShape) -> SpatialStep.Kind? {
        switch layer.kind {
        case .dense(let dense):
            return placement(of: layer, shape).map { .affine(affine($0, dense.scales, shape, isUnshared: false)) }
        case .convolution(let convolution):
            return placement(of: layer, shape).map {
                .affine(affine($0, convolution.scales, shape, isUnshared: convolution.sharing == .unshared))
            }
        case .pool(let pool): return placement(of: layer, shape).map { .pool(self.pool(pool, $0)) }
        case .globalPool(let operation):
            return placement(of: layer, shape).map {
                .pool(PoolStep(placement: $0, factors: [operation == .average ? 1 / Double($0.sources.count) : 1]))
            }
        case .flatten: return .flatten
        case .layerNorm(let norm): return .layerNorm(self.norm(norm, shape.input.positions))
        case .dropout(let keepRate): return .dropout(keepRate: keepRate)
        case .attention(let attention): return .attention(attention)
        case .nonlinearity(let nonlinearity): return .nonlinearity(nonlinearity.map)
        case .identity: return .identity
        case .serial, .repeat, .parallel, .unread: return nil
        }
    }

    private mutating func placement(of layer: Layer, _ shape: LayerShape) -> Placement? {
        guard let key = PlacementKey(layer, shape) else { return nil }
        if let known = placements[key] { return known }
        let made = key.placement
        placements[key] = made
        return made
    }

    private func affine(
        _ placement: Placement, _ scales: AffineScales, _ shape: LayerShape, isUnshared: Bool
    ) -> AffineStep {
        let fanIn = placement.sources.count * (shape.input.channels ?? 1)
        let training: DenseMap.Training =
            !scales.trainable ? .frozen : parameterization == .standard ? .standard(fanIn: fanIn) : .ntk
        return AffineStep(
            placement: placement, weightVariance: scales.weightStd * scales.weightStd,
            biasVariance: scales.biasStd * scales.biasStd, training: training, isUnshared: isUnshared)
    }

    private func pool(_ pool: Pool, _ placement: Placement) -> PoolStep {
        let factors = (0..<placement.outputs).map { place in
            if pool.operation == .sum { return 1.0 }
            let inside = placement.sources.count { $0[place] >= 0 }
            return 1 / Double(pool.normalizeEdges ? inside : placement.sources.count)
        }
        return PoolStep(placement: placement, factors: factors)
    }

    /// Positions are normalised together where they differ only along the named axes.
    private func norm(_ norm: LayerNorm, _ positions: [Int]) -> LayerNormStep {
        let rank = positions.count + 2
        let axes = Set(norm.axes.map { $0 < 0 ? $0 + rank : $0 })
        var groups = [0]
        for (axis, extent) in positions.enumerated() {
            groups = groups.flatMap { group in
                (0..<extent).map { axes.contains(axis + 1) ? group : group * extent + $0 }
            }
        }
        return LayerNormStep(groups: groups, groupCount: (groups.max() ?? 0) + 1, epsilon: norm.epsilon)
    }
}

extension [SpatialStep] {
    /// Marks from the end which steps must keep pairs of different positions; returns whether the input must.
    mutating func markPairs(neededAfter: Bool) -> Bool {
        var needed = neededAfter
        for index in indices.reversed() {
            self[index].keepsAllPairs = needed
            switch self[index].kind {
            case .affine(let affine): needed = needed && !affine.isUnshared
            case .pool, .attention: needed = true
            case .flatten: needed = false
            case .parallel(var branches, let combine, let weights):
                var any = false
                for branch in branches.indices {
                    let own = branches[branch].markPairs(neededAfter: needed)
                    any = any || own
                }
                self[index].kind = .parallel(branches, combine, weights: weights)
                needed = any
            case .nonlinearity, .layerNorm, .dropout, .identity: break
            }
        }
        return needed
    }
}
