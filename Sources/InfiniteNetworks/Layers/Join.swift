import Architectures

/// How the kernels of independent branches become one.
///
/// - sum: K' = Σ K_b, Θ' = Σ Θ_b,
/// - product: K' = Π K_b, Θ' = Σ_b Θ_b Π_{a≠b} K_a,
/// - concat: K' = Σ w_b K_b, Θ' = Σ w_b Θ_b, w_b the branch's part of all channels.
///
/// Source: the second moments of sums, products and concatenations of independent variables of mean zero.
struct Join: Sendable {
    let combine: Combination
    /// w_b, or 1 for a sum, or nothing but the count for a product.
    let weights: [Double]

    var coefficientCount: Int { combine == .product ? 0 : weights.count }

    /// The deviation after the join from those of the branches; writes the branches' shares √w_b s_b/s'.
    func image(of branches: [Double], coefficients: UnsafeMutablePointer<Double>) -> Double {
        if combine == .product { return branches.reduce(1, *) }
        let parts = zip(branches, weights).map { $0 * $1.squareRoot() }
        let largest = parts.max() ?? 0
        guard largest > 0, largest.isFinite else {
            // A row of no size keeps a direction all the same.
            for index in parts.indices { coefficients[index] = 1 / Double(parts.count).squareRoot() }
            return largest
        }
        let norm = parts.reduce(0) { $0 + ($1 / largest) * ($1 / largest) }.squareRoot()
        for (index, part) in parts.enumerated() { coefficients[index] = part / largest / norm }
        return largest * norm
    }
}
