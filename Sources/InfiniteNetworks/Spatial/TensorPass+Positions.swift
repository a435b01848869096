extension TensorPass {
    /// Pooling mixes positions, so it is done in covariances: a window's variance holds those of all pairs within it.
    func apply(_ pool: PoolStep, _ step: SpatialStep, _ state: inout PairState) {
        let covariances = pool.pooled(state.covariances, positions: state.positions)
        state.tangents = pool.pooled(state.tangents, positions: state.positions)
        state.positions = pool.placement.outputs
        finish(step, covariances, &state)
    }

    /// The mean over equal positions.
    func flatten(_ step: SpatialStep, _ state: inout PairState) {
        state.restrict()
        func mean(_ values: [Double]) -> [Double] { [values.reduce(0, +) / Double(max(1, values.count))] }
        let after = variances(after: step) { mean(state.left) }
        (state.left, state.right) = after
        (state.distances, state.tangents) = (mean(state.distances), mean(state.tangents))
        state.positions = 1
    }

    /// With P = ε + p̄, Q = ε + q̄ and r = √(Q/P): e' = (e + (r − 1)(p − q/r))/√(PQ).
    func apply(_ norm: LayerNormStep, _ step: SpatialStep, _ state: inout PairState) {
        let (rows, columns) = (norm.divisors(state.left), norm.divisors(state.right))
        let after = variances(after: step) { zip(state.left, rows).map { $0 / $1 } }
        for i in 0..<state.positions {
            let root = rows[i].squareRoot()
            for j in state.isDiagonal ? i..<(i + 1) : 0..<state.positions {
                let index = state.isDiagonal ? i : i * state.positions + j
                let other = columns[j].squareRoot(), scale = 1 / (root * other)
                let ratio = other / root
                let stretch = (columns[j] - rows[i]) / (root * (root + other))
                let distance = state.distances[index] + stretch * (state.left[i] - state.right[j] / ratio)
                state.distances[index] = max(0, distance * scale)
                state.tangents[index] *= scale
            }
        }
        (state.left, state.right) = after
    }

    /// In training mode the variances of a sample grow by 1/keep_rate; covariances of different samples or different
    /// positions stay, for their masks are independent.
    func drop(_ keepRate: Double, _ step: SpatialStep, _ state: inout PairState) {
        let after = variances(after: step) { state.left.map { $0 / keepRate } }
        for i in 0..<state.positions {
            for j in state.isDiagonal ? i..<(i + 1) : 0..<state.positions {
                let index = state.isDiagonal ? i : i * state.positions + j
                if isSelf && i == j {
                    state.tangents[index] /= keepRate
                } else {
                    state.distances[index] += (1 / keepRate - 1) * (state.left[i] + state.right[j])
                }
            }
        }
        (state.left, state.right) = after
    }
}

extension PoolStep {
    /// R K Rᵀ: first the rows of K, then its columns.
    func pooled(_ kernel: [Double], positions: Int) -> [Double] {
        let n = placement.outputs
        var rows = [Double](repeating: 0, count: n * positions)
        for tap in placement.sources {
            for (place, source) in tap.enumerated() where source >= 0 {
                for j in 0..<positions { rows[place * positions + j] += kernel[source * positions + j] }
            }
        }
        var result = [Double](repeating: 0, count: n * n)
        for tap in placement.sources {
            for (place, source) in tap.enumerated() where source >= 0 {
                for i in 0..<n { result[i * n + place] += rows[i * positions + source] }
            }
        }
        for i in 0..<n {
            for j in 0..<n { result[i * n + j] *= factors[i] * factors[j] }
        }
        return result
    }
}
