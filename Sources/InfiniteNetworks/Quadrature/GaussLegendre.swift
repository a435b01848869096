import Foundation

/// The n-point rule for ∫ f over [-1, 1], exact for polynomials of degree 2n − 1.
struct GaussLegendre: Sendable {
    let nodes: [Double]
    let weights: [Double]

    /// By Newton's method from Tricomi's estimate of the roots of the Legendre polynomial. Complexity: O(n²).
    init(_ n: Int) {
        var (nodes, weights) = ([Double](repeating: 0, count: n), [Double](repeating: 0, count: n))
        for i in 0..<(n + 1) / 2 {
            var x = cos(.pi * (Double(i) + 0.75) / (Double(n) + 0.5))
            var slope = 1.0
            for _ in 0..<6 {
                var (before, value) = (1.0, x)
                for k in stride(from: 2, through: n, by: 1) {
                    (before, value) = (value, (Double(2 * k - 1) * x * value - Double(k - 1) * before) / Double(k))
                }
                slope = Double(n) * (x * value - before) / (x * x - 1)
                x -= value / slope
            }
            let weight = 2 / ((1 - x * x) * slope * slope)
            // Bit for bit the same on both sides, so that u and v change places without a trace.
            (nodes[i], nodes[n - 1 - i]) = (-x, x)
            (weights[i], weights[n - 1 - i]) = (weight, weight)
        }
        if n % 2 == 1 { nodes[n / 2] = 0 }
        self.nodes = nodes
        self.weights = weights
    }

    /// The rule in each panel between consecutive ends.
    func composite(_ ends: [Double]) -> (nodes: [Double], weights: [Double]) {
        var result: (nodes: [Double], weights: [Double]) = ([], [])
        for (low, high) in zip(ends, ends.dropFirst()) {
            let (middle, half) = ((low + high) / 2, (high - low) / 2)
            result.nodes += nodes.map { middle + half * $0 }
            result.weights += weights.map { half * $0 }
        }
        return result
    }

    /// Ends of panels on [-1, 1] that halve towards both ends: the middle one excepted, `halvings` on either side.
    static func halving(_ halvings: Int) -> [Double] {
        guard halvings > 0 else { return [-1, 1] }
        let inner: [Double] = (0...halvings).map { 1 - exp2(-Double($0)) }
        let left: [Double] = inner.reversed().map { -$0 }
        return [-1] + left + inner.dropFirst() + [1]
    }
}
