import Architectures

/// A layer of the unrolled network as the tensor pass runs it.
struct SpatialStep: Sendable {
    enum Kind: Sendable {
        case affine(AffineStep)
        case nonlinearity(any LayerMap)
        case pool(PoolStep)
        case flatten
        case layerNorm(LayerNormStep)
        case dropout(keepRate: Double)
        case attention(Attention)
        /// Weights: the shares of a concat's branches in its channels.
        case parallel([[SpatialStep]], Combination, weights: [Double])
        case identity
    }

    /// Counts the steps of the network, branches included: where an image's profile keeps what belongs to the step.
    let id: Int
    let name: String
    var kind: Kind
    /// Whether what follows looks at pairs of different positions (pooling, attention); if not, only equal positions are kept.
    var keepsAllPairs = false
}

/// A convolution, or a dense layer over channels, of infinitely many channels. With A the mean over the filter's taps of a
/// kernel moved equally at both positions (zero outside the image):
/// K' = W² A(K) + b²; Θ' = K' + W² A(Θ) (ntk), fan_in A(K) + W² A(Θ) + [b > 0] (standard), W² A(Θ) (frozen).
///
/// Source: Novak et al. 2019 (arXiv 1810.05148), Garriga-Alonso et al. 2019 (arXiv 1808.05587), Arora et al. 2019
/// (arXiv 1904.11955).
struct AffineStep: Sendable {
    let placement: Placement
    let weightVariance: Double
    let biasVariance: Double
    let training: DenseMap.Training
    /// Unshared filters: outputs at different positions are independent.
    let isUnshared: Bool

    /// The layer's own term of Θ' is scale · K' + offset.
    var ownTerm: (scale: Double, offset: Double) {
        switch training {
        case .frozen: return (0, 0)
        case .ntk: return (1, 0)
        case .standard(let fanIn):
            // fan_in A(K) + [b > 0], where A(K) = (K' − b²)/W².
            let ratio = weightVariance > 0 ? Double(fanIn) / weightVariance : 0
            return (ratio, (biasVariance > 0 ? 1 : 0) - ratio * biasVariance)
        }
    }
}

/// A linear map of positions without parameters, K' = R K Rᵀ: pooling, local or global.
struct PoolStep: Sendable {
    let placement: Placement
    /// What the sum over a window is multiplied by, for each output position.
    let factors: [Double]
}

/// K' = K/√((ε + p̄)(ε + q̄)), p̄ the variance averaged over the normalised axes (Xiao et al. 2020, arXiv 1912.13053).
struct LayerNormStep: Sendable {
    /// For each position the group of positions that is normalised together with it.
    let groups: [Int]
    let groupCount: Int
    let epsilon: Double

    /// ε + p̄ at each position.
    func divisors(_ variances: [Double]) -> [Double] {
        var sums = [Double](repeating: 0, count: groupCount)
        var counts = [Double](repeating: 0, count: groupCount)
        for (group, variance) in zip(groups, variances) {
            sums[group] += variance
            counts[group] += 1
        }
        return groups.map { epsilon + sums[$0] / counts[$0] }
    }
}
