extension SpatialNetwork {
    /// Floating-point operations for one pair of inputs, to a factor of about two: what each layer costs for a pair of
    /// positions, times the pairs that are kept.
    var operationsPerPair: Double {
        if let planes { return planes.operations }
        var walk = OperationCount(positions: Double(inputDimension / channels), keepsAllPairs: startsWithAllPairs)
        walk.pass(steps)
        return walk.operations
    }
}

extension PlanePlan {
    /// On planes a filter's sum runs over rows and then over columns, a join adds each element once or more, to e and to Θ.
    fileprivate var operations: Double {
        zip(segments, offsets).reduce(0) { sum, segment in
            let planes = Double(segment.1.count)
            let layers = segment.0.layers.reduce(0.0) { sum, layer in
                let taps = Double(layer.taps[0] + layer.taps[1])
                return sum + Double(layer.output.count) * (2 * taps + 8 + (layer.rectifier == nil ? 0 : 25))
            }
            let residual = 6 * Double(segment.0.instructions.count - segment.0.layers.count) * Double(segment.0.output.count)
            let joined = segment.0.join.map { 4 * Double(segment.0.output.count) * ($0.windowCount.squareRoot()) } ?? 0
            return sum + planes * (layers + residual + joined)
        }
    }
}

private struct OperationCount {
    /// At the layer at hand.
    var positions: Double
    var keepsAllPairs: Bool
    var operations = 0.0

    private var pairs: Double { keepsAllPairs ? positions * positions : positions }

    mutating func pass(_ steps: [SpatialStep]) {
        for step in steps { pass(step) }
    }

    private mutating func pass(_ step: SpatialStep) {
        let (before, input) = (pairs, positions)
        switch step.kind {
        case .affine(let affine): positions = Double(affine.placement.outputs)
        case .pool(let pool): positions = Double(pool.placement.outputs)
        case .flatten: positions = 1
        case .parallel(let branches, _, _): branch(branches)
        case .nonlinearity, .layerNorm, .dropout, .attention, .identity: break
        }
        keepsAllPairs = step.keepsAllPairs
        switch step.kind {
        case .affine(let affine):
            // Distances, covariances and Θ, each tap an addition; then the layer's own map.
            let taps = Double(affine.placement.sources.count)
            operations += pairs * (3 * taps + 8)
        case .nonlinearity(let map): operations += pairs * map.operationsPerPair
        case .pool: operations += 6 * max(before, pairs)
        // Two products of matrices over positions, for K and for Θ.
        case .attention: operations += 8 * input * input * input
        case .parallel(let branches, _, _): operations += pairs * 3 * Double(branches.count)
        case .flatten: operations += 3 * before
        case .layerNorm, .dropout: operations += 4 * pairs
        case .identity: break
        }
    }

    /// Each branch begins with what comes in; all end with the same positions.
    private mutating func branch(_ branches: [[SpatialStep]]) {
        let start = self
        for branch in branches {
            var walk = start
            walk.operations = 0
            walk.pass(branch)
            operations += walk.operations
            positions = walk.positions
        }
    }
}
