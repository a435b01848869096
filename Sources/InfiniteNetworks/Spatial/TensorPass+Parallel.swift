import Architectures

extension TensorPass {
    /// Branches are independent (`GaussianInputs` sees to it), so kernels add under a sum and multiply under a product:
    /// Θ of a product is Σ_i Θ_i ∏_{j≠i} K_j; a concat weighs each branch by its share of the channels.
    func apply(
        _ branches: [[SpatialStep]], _ combine: Combination, _ weights: [Double], _ step: SpatialStep, _ state: inout PairState,
        _ isCancelled: () -> Bool
    ) throws(KernelError) {
        var ends: [PairState] = []
        for branch in branches {
            var end = state
            try run(branch, &end, isCancelled: isCancelled)
            if !step.keepsAllPairs { end.restrict() }
            ends.append(end)
        }
        state = ends[0]
        let after = variances(after: step) {
            ends[0].left.indices.map { i in
                combine == .product
                    ? ends.reduce(1) { $0 * $1.left[i] } : zip(ends, weights).reduce(0) { $0 + $1.1 * $1.0.left[i] }
            }
        }
        if combine == .product {
            multiply(ends, step, &state)
        } else {
            add(ends, weights, &state)
        }
        (state.left, state.right) = after
    }

    private func add(_ ends: [PairState], _ weights: [Double], _ state: inout PairState) {
        for index in state.distances.indices {
            state.distances[index] = zip(ends, weights).reduce(0) { $0 + $1.1 * $1.0.distances[index] }
            state.tangents[index] = zip(ends, weights).reduce(0) { $0 + $1.1 * $1.0.tangents[index] }
        }
    }

    private func multiply(_ ends: [PairState], _ step: SpatialStep, _ state: inout PairState) {
        var kernel = ends[0].covariances
        for end in ends.dropFirst() {
            for (index, c) in end.covariances.enumerated() {
                // The product rule, one factor at a time.
                state.tangents[index] = state.tangents[index] * c + kernel[index] * end.tangents[index]
                kernel[index] *= c
            }
        }
        finish(step, kernel, &state)
    }
}
