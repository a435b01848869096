import Architectures

/// Carries one pair of images through the layers, as a tensor over pairs of positions in float64: the path of every layer
/// that exists. Time O(layers × positions² × taps), or positions instead of their square where equal positions suffice.
struct TensorPass {
    let left: ImageProfile
    let right: ImageProfile
    /// An image with itself: the pass then also writes the profile, which is both `left` and `right`.
    let isSelf: Bool

    func run(
        _ steps: [SpatialStep], _ state: inout PairState, isCancelled: () -> Bool = { false }
    ) throws(KernelError) {
        for step in steps {
            if isCancelled() { throw .cancelled }
            try apply(step, &state, isCancelled)
            if isSelf { try left.check(state.left, after: step) }
            if !step.keepsAllPairs { state.restrict() }
        }
    }

    private func apply(
        _ step: SpatialStep, _ state: inout PairState, _ isCancelled: () -> Bool
    ) throws(KernelError) {
        switch step.kind {
        case .affine(let affine): apply(affine, step, &state)
        case .nonlinearity(let map): try apply(map, step, &state)
        case .pool(let pool): apply(pool, step, &state)
        case .flatten: flatten(step, &state)
        case .layerNorm(let norm): apply(norm, step, &state)
        case .dropout(let keepRate): drop(keepRate, step, &state)
        case .attention(let attention): apply(attention, step, &state)
        case .parallel(let branches, let combine, let weights):
            try apply(branches, combine, weights, step, &state, isCancelled)
        case .identity: record(step, state.left)
        }
    }

    /// The variances of both images after a step; `own` finds those of an image that passes with itself.
    func variances(after step: SpatialStep, own: () -> [Double]) -> (left: [Double], right: [Double]) {
        if isSelf { record(step, own()) }
        return (left.variances[step.id], right.variances[step.id])
    }

    private func record(_ step: SpatialStep, _ variances: [Double]) {
        if isSelf { left.variances[step.id] = variances }
    }

    /// After a step that yields covariances: in a pass with itself their diagonal is the variance.
    func finish(_ step: SpatialStep, _ covariances: [Double], _ state: inout PairState) {
        let stride = state.isDiagonal ? 1 : state.positions + 1
        let after = variances(after: step) { (0..<state.positions).map { covariances[$0 * stride] } }
        state.set(covariances: covariances, left: after.left, right: after.right, isSelf: isSelf)
    }
}
