extension TensorPass {
    /// Squared distances pass a filter as covariances do, only that where one of the two positions lies outside the image,
    /// in the zero padding, the variance of the other one stands for their distance.
    func apply(_ affine: AffineStep, _ step: SpatialStep, _ state: inout PairState) {
        let placement = affine.placement
        let share = affine.weightVariance / Double(placement.sources.count)
        let after = variances(after: step) {
            (0..<placement.outputs).map { place in
                placement.sources.reduce(0) { $1[place] < 0 ? $0 : $0 + state.left[$1[place]] } * share + affine.biasVariance
            }
        }
        var (distances, tangents) = affine.isUnshared && step.keepsAllPairs
            ? Filter(placement, state).unsharedSums() : Filter(placement, state).sums()
        for index in distances.indices {
            distances[index] *= share
            tangents[index] *= share
        }
        state.isDiagonal = state.isDiagonal && !(affine.isUnshared && step.keepsAllPairs)
        state.positions = placement.outputs
        (state.left, state.right) = after
        (state.distances, state.tangents) = (distances, tangents)
        if affine.isUnshared && !state.isDiagonal { separate(&state) }
        train(affine, &state)
    }

    /// Outputs of unshared filters at different positions share nothing.
    private func separate(_ state: inout PairState) {
        for i in 0..<state.positions {
            for j in 0..<state.positions where i != j {
                state.distances[i * state.positions + j] = state.left[i] + state.right[j]
            }
        }
    }

    /// Adds the layer's own term to W² A(Θ).
    private func train(_ affine: AffineStep, _ state: inout PairState) {
        if case .frozen = affine.training { return }
        let (scale, offset) = affine.ownTerm
        let covariances = state.covariances
        for index in covariances.indices {
            if affine.isUnshared && !state.isDiagonal && index % (state.positions + 1) != 0 { continue }
            state.tangents[index] += scale * covariances[index] + offset
        }
    }
}

/// Sums over the taps of a filter, not yet divided.
private struct Filter {
    let placement: Placement
    let state: PairState

    init(_ placement: Placement, _ state: PairState) {
        self.placement = placement
        self.state = state
    }

    func sums() -> ([Double], [Double]) {
        state.isDiagonal ? diagonalSums() : allSums()
    }

    /// The pairs of equal positions only, spread out on the diagonal of all pairs.
    func unsharedSums() -> ([Double], [Double]) {
        var equal = state
        equal.restrict()
        let (distances, tangents) = Filter(placement, equal).diagonalSums()
        let n = placement.outputs
        var spread = ([Double](repeating: 0, count: n * n), [Double](repeating: 0, count: n * n))
        for i in 0..<n {
            spread.0[i * (n + 1)] = distances[i]
            spread.1[i * (n + 1)] = tangents[i]
        }
        return spread
    }

    private func diagonalSums() -> ([Double], [Double]) {
        var distances = [Double](repeating: 0, count: placement.outputs)
        var tangents = distances
        for tap in placement.sources {
            for (place, source) in tap.enumerated() where source >= 0 {
                distances[place] += state.distances[source]
                tangents[place] += state.tangents[source]
            }
        }
        return (distances, tangents)
    }

    private func allSums() -> ([Double], [Double]) {
        let n = placement.outputs
        var distances = [Double](repeating: 0, count: n * n)
        var tangents = distances
        distances.withUnsafeMutableBufferPointer { distances in
            tangents.withUnsafeMutableBufferPointer { tangents in
                for (tap, runs) in zip(placement.sources, placement.runs) {
                    for i in 0..<n {
                        let (first, end) = (i * n, (i + 1) * n)
                        add(
                            runs, from: tap[i], to: UnsafeMutableBufferPointer(rebasing: distances[first..<end]),
                            UnsafeMutableBufferPointer(rebasing: tangents[first..<end]))
                    }
                }
            }
        }
        return (distances, tangents)
    }

    /// Adds to a row of pairs what one tap sees, standing at `row` of the first image, or outside.
    private func add(
        _ runs: [Placement.Run], from row: Int, to distances: UnsafeMutableBufferPointer<Double>,
        _ tangents: UnsafeMutableBufferPointer<Double>
    ) {
        let isInside = row >= 0
        for run in runs {
            let (first, count) = (run.outputs.lowerBound, run.outputs.count)
            if run.source < 0 {
                guard isInside else { continue }
                let variance = state.left[row]
                for j in run.outputs { distances[j] += variance }
            } else if isInside {
                let start = row * state.positions + run.source
                state.distances.withUnsafeBufferPointer { source in
                    for k in 0..<count { distances[first + k] += source[start + k] }
                }
                state.tangents.withUnsafeBufferPointer { source in
                    for k in 0..<count { tangents[first + k] += source[start + k] }
                }
            } else {
                state.right.withUnsafeBufferPointer { source in
                    for k in 0..<count { distances[first + k] += source[run.source + k] }
                }
            }
        }
    }
}
