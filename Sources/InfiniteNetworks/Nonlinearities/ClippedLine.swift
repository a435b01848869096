import Foundation

/// φ(x) = min(1, max(−1, x)), hard_tanh.
///
/// With u = a r and v = b r along a ray of the plane of the pair (``QuadratureFunction`` has the coordinates),
/// - dual: κ = (1/π) ∫ dψ ± ∫ min(1, |a| r) min(1, |b| r) r e^{−r²/2} dr, the inner integral elementary,
/// - derivative: κ̇ = (1/π) ∫ dψ (1 − e^{−R²/2}), R = 1/max(|a|, |b|).
/// The angles by Gauss-Legendre rules, split where a or b changes sign and where |a| = |b|, chosen as for
/// ``QuadratureFunction``; ``ClippedSeries`` takes the place of the integrals for deviations up to 128.
///
/// Source: the change of variables of Cho and Saul, "Kernel methods for deep learning", NIPS 2009, appendix A.
struct ClippedLine: AdaptiveMap, ScalarDual {
    private(set) var rule: QuadratureRule

    init() {
        // A stack chooses its rule when it knows the rows.
        rule = QuadratureRule(constants: [], error: .infinity)
    }

    var constants: [Double] { rule.constants }
    var coefficientCount: Int { 3 }
    var loop: PairLoop? { .clippedLine }
    /// By the series.
    var operationsPerPair: Double { 1000 }
    var key: String { "hard_tanh" }
    static var levels: Int { rules.count - 1 }
    static var mostCoefficients: Int { ClippedSeries.mostCoefficients }

    func with(_ rule: QuadratureRule) -> Self {
        var copy = self
        copy.rule = rule
        return copy
    }

    private static let rules = [8, 12, 16, 24, 32, 48].map { GaussLegendre($0) }

    /// A large deviation bends the integrand within 1/s of the ends of a sector: the panels halve towards them.
    func constants(level: Int, exponent: Int) -> [Double] {
        let points = Self.rules[level].composite(GaussLegendre.halving(1 + max(0, exponent)))
        return [Double(points.nodes.count)] + points.nodes + points.weights
    }

    func image(of deviation: Double, coefficients: UnsafeMutablePointer<Double>) -> Double {
        // Below 1e-9 the line is not clipped within any digits.
        let raised = max(deviation, 1e-9)
        let size = Self.norm(raised)
        coefficients[0] = raised
        coefficients[1] = 1 / size
        coefficients[2] = raised / size
        return deviation > 1e-9 ? size : deviation
    }

    func series(upTo largest: Double) -> (any EstimatedMap)? {
        largest <= ClippedSeries.largestDeviation ? ClippedSeries(upTo: largest) : nil
    }

    /// √E[φ(s x)²]: s² E[x²; |x| < 1/s] + P(|x| > 1/s).
    static func norm(_ s: Double) -> Double {
        let z = 1 / s
        let tail = erfc(z / 2.0.squareRoot())
        // E[x²; |x| < z] = erf(z/√2) − √(2/π) z e^{−z²/2}, by its series where that cancels.
        let inside =
            z < 0.02
            ? (2 / Double.pi).squareRoot() * z * z * z * (1 / 3.0 - z * z * (0.1 - z * z / 56))
            : erf(z / 2.0.squareRoot()) - (2 / Double.pi).squareRoot() * z * exp(-z * z / 2)
        return (s * s * inside + tail).squareRoot()
    }

    func moments(_ pair: GaussianPair) -> DualMoments { quadrature(pair) }

    func secondMoment(at variance: Double) -> Double {
        // Below 1e-9 the line is not clipped within any digits.
        guard variance > 1e-18 else { return variance }
        let size = Self.norm(variance.squareRoot())
        return size * size
    }
}
