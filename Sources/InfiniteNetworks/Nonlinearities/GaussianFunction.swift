/// φ(x) = a e^{b x²}.
///
/// With D = (1 − 2bp)(1 − 2bq) − 4b²c²,
/// - dual: κ = a²/√D,
/// - derivative: κ̇ = 4a²b²c/D^{3/2}.
/// For b > 0 the expectation converges only where 1 − 4b·max(p, q) > 0; beyond, a computation is refused.
///
/// Source: the Gaussian integral ∫ e^{b(u² + v²)} over the pair's density; Williams, "Computing with infinite networks",
/// NIPS 1996, section 3.2. With r² = 2|b|p/(1 − 2bp) for each row and x = r_i r_j cos θ, D = (1 − 2bp)(1 − 2bq)(1 − x²), and
/// the cosine of the images is √(√((1 − r_i⁴)(1 − r_j⁴))/(1 − x²)).
struct GaussianFunction: LayerMap, ScalarDual {
    let a: Double
    let b: Double

    var constants: [Double] { [] }
    var coefficientCount: Int { 5 }
    var loop: PairLoop? { .gaussian }
    package var domain: String { "its kernel is finite only where 1 - 4 b p > 0, p the variance of the pre-activation" }

    package func isDefined(at p: Double) -> Bool { 1 - 4 * b * p > 0 }

    func image(of deviation: Double, coefficients: UnsafeMutablePointer<Double>) -> Double {
        let p = deviation * deviation
        guard isDefined(at: p) else {
            for k in 0..<5 { coefficients[k] = 0 }
            return .infinity
        }
        let z = (2 * abs(b)).squareRoot() * deviation
        // r = sin ψ, q = cos ψ; for b < 0 the length √(1 + z²), for b > 0 √(1 − z²).
        let length = b < 0 ? (1 + z * z).squareRoot() : (1 - z * z).squareRoot()
        let r = z.isFinite && length.isFinite ? z / length : 1
        let q = b < 0 ? 1 / length : (1 - 2 * z * z).squareRoot() / length
        coefficients[0] = r
        coefficients[1] = q
        let root = q * (1 + r * r).squareRoot()
        // 1 − r and 1 − root.
        coefficients[2] = q * q / (1 + r)
        coefficients[3] = root
        coefficients[4] = r * r * (r * r) / (1 + root)
        // (1 − 2bp)² − 4b²p² = 1 − 4bp.
        return abs(a) / (1 - 4 * b * p).squareRoot().squareRoot()
    }

    func moments(_ pair: GaussianPair) -> DualMoments {
        let area = pair.area
        let determinant = 1 - 2 * b * (pair.p + pair.q) + 4 * b * b * area * area
        let kappa = a * a / determinant.squareRoot()
        return DualMoments(kappa: kappa, kappaDot: 4 * b * b * pair.c / determinant * kappa)
    }
}
