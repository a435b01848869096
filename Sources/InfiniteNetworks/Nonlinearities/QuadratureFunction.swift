import Foundation

/// The functions without a closed form that are smooth but for a kink at 0:
/// - tanh x, - sigmoid 1/(1 + e^{−x}), - softplus log(1 + e^x), - silu x/(1 + e^{−x}), - mish x tanh(log(1 + e^x)),
/// - elu x for x ≥ 0, α(e^x − 1) below, - selu λ elu(x) with fixed α and λ (Klambauer, Unterthiner, Mayr, Hochreiter,
///   "Self-normalizing neural networks", NIPS 2017).
///
/// With (x, y) = r (cos ψ, cos(ψ − θ)), u = s_i x, v = s_j y,
/// - dual: κ = ∫∫ φ(u) φ(v) r e^{−r²/2}/(2π) dr dψ,
/// - derivative: κ̇ the same with φ'.
///
/// Both by Gauss-Legendre rules in r and, between the lines x = 0 and y = 0, in ψ. There the integrand is smooth for every
/// pair, so neither the kink nor nearly equal or opposite rows cost digits. The rule is the coarsest of five whose
/// difference from the next is at most 1e-11 for the deviations that occur; its panels halve towards those lines, so that a steep
/// φ(s x) costs log² s.
///
/// Source: the change of variables of Cho and Saul, "Kernel methods for deep learning", NIPS 2009, appendix A.
struct QuadratureFunction: AdaptiveMap, ScalarDual {
    /// The order is that of `polar_kind` in C.
    enum Kind: Int, Sendable { case tanh, sigmoid, softplus, silu, mish, elu }

    let kind: Kind
    let alpha: Double
    let lambda: Double
    private(set) var rule: QuadratureRule

    init(_ kind: Kind, alpha: Double = 1, lambda: Double = 1) {
        self.kind = kind
        self.alpha = alpha
        self.lambda = lambda
        // A stack chooses its rule when it knows the rows.
        rule = QuadratureRule(constants: [], error: .infinity)
    }

    static let selu = QuadratureFunction(.elu, alpha: 1.6732632423543772848, lambda: 1.0507009873554804934)

    var constants: [Double] { rule.constants }
    var coefficientCount: Int { 3 }
    var loop: PairLoop? { .polar }
    var operationsPerPair: Double { 300_000 }
    var key: String { "\(kind) \(alpha)" }
    static var levels: Int { angles.count - 1 }
    static var mostCoefficients: Int { 3 * TabulatedMap.mostRows }

    func with(_ rule: QuadratureRule) -> Self {
        var copy = self
        copy.rule = rule
        return copy
    }

    private static let angles = [12, 18, 27, 40, 60].map { GaussLegendre($0) }
    private static let radii = [32, 48, 64, 96, 128].map { GaussLegendre($0) }
    /// Beyond it the density has less than 1e-19 of its mass.
    private static let edge = 9.5

    /// A large deviation bends φ within 1/s of the lines x = 0, y = 0 and of the origin: the panels halve towards them.
    func constants(level: Int, exponent: Int) -> [Double] {
        let halvings = max(0, exponent - 1)
        let angular = Self.angles[level].composite(GaussLegendre.halving(halvings))
        let towardsZero: [Double] = (0...halvings).map { Self.edge * exp2(-Double(halvings - $0)) }
        let radial = Self.radii[level].composite([0] + towardsZero)
        let mass = zip(radial.nodes, radial.weights).map { r, w in w * r * exp(-r * r / 2) / (2 * .pi) }
        // The loop takes radii in blocks of 32; what fills the last one has no weight.
        let filling = [Double](repeating: 0, count: (32 - mass.count % 32) % 32)
        let counts = [Double(angular.nodes.count), Double(mass.count + filling.count)]
        return [Double(kind.rawValue), alpha] + counts + angular.nodes + angular.weights + radial.nodes + filling + mass
            + filling
    }

    func image(of deviation: Double, coefficients: UnsafeMutablePointer<Double>) -> Double {
        // Below 1e-18 all of them are their tangents at 0 on either side, so the pair's normalised kernel is what it is there.
        let raised = max(deviation, 1e-18)
        let size = norm(raised)
        let image = deviation > 1e-18 ? size : value(0) != 0 ? abs(value(0)) : size / raised * deviation
        coefficients[0] = raised
        coefficients[1] = size > 0 ? 1 / size : 0
        coefficients[2] = image > 0 ? deviation / image : size > 0 ? raised / size : 0
        return lambda * image
    }

    private static let panel = GaussLegendre(24)

    /// A rule over the half line for functions of s x: panels that double from the scale on which φ bends.
    static func halfLine(_ s: Double) -> (nodes: [Double], weights: [Double]) {
        var ends = [0.0]
        var width = 1 / max(s, 1)
        while ends[ends.count - 1] < edge {
            ends.append(min(edge, ends[ends.count - 1] + width))
            width *= 2
        }
        return panel.composite(ends)
    }

    /// √E[φ(s x)²] over half lines.
    func norm(_ s: Double) -> Double {
        var sum = 0.0
        let points = Self.halfLine(s)
        for (x, weight) in zip(points.nodes, points.weights) {
            // Scaled by 1/s, so that squares of small values do not vanish.
            let (above, below) = (value(s * x) / min(s, 1), value(-s * x) / min(s, 1))
            sum += weight * exp(-x * x / 2) * (above * above + below * below)
        }
        return (sum / (2 * Double.pi).squareRoot()).squareRoot() * min(s, 1)
    }

    /// φ(x)
    func value(_ x: Double) -> Double {
        switch kind {
        case .tanh: Foundation.tanh(x)
        case .sigmoid: 1 / (1 + exp(-x))
        case .softplus: max(x, 0) + log1p(exp(-abs(x)))
        case .silu: x / (1 + exp(-x))
        case .mish: x * Foundation.tanh(max(x, 0) + log1p(exp(-abs(x))))
        case .elu: x >= 0 ? x : alpha * expm1(x)
        }
    }

    var isOdd: Bool { kind == .tanh }

    func tabulated(over range: ClosedRange<Double>, pairs: Int, isCancelled: () -> Bool) -> (any EstimatedMap)? {
        withoutActuallyEscaping(isCancelled) {
            Tabulation(function: self, axis: DeviationAxis(range), isCancelled: $0).map(pairs: pairs)
        }
    }

    func moments(_ pair: GaussianPair) -> DualMoments { quadrature(pair) }

    func secondMoment(at variance: Double) -> Double {
        let size = lambda * (variance > 0 ? norm(variance.squareRoot()) : value(0))
        return size * size
    }
}
