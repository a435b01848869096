import Foundation

/// φ(x) = e^{−x²} sin x.
///
/// With S = p + q, Δ = 4(pq − c²), M = 1 + 2S + Δ and x = c/M,
/// - dual: κ = e^{−(S + Δ)/(2M)} sinh(x)/√M,
/// - derivative: κ̇ = e^{−(S + Δ)/(2M)} [A cosh x + B sinh x]/M^{5/2}, A = 1 + 2S + 4(c² + pq), B = 4c(Δ + 3S + 2).
///
/// Source: Gaussian integrals of e^{−u² − v²} (cos(u − v) − cos(u + v))/2, the characteristic function of a Gaussian whose
/// precision has grown by 2; κ̇ is its derivative in c.
struct Gabor: LayerMap, ScalarDual {
    var constants: [Double] { [] }
    var coefficientCount: Int { 5 }
    var loop: PairLoop? { .gabor }

    func image(of deviation: Double, coefficients: UnsafeMutablePointer<Double>) -> Double {
        let length = hypot(1, 2.0.squareRoot() * deviation)
        let (r, q) = (2.0.squareRoot() * (deviation / length), 1 / length)
        let stretch = (1 + r * r).squareRoot()
        // x = c/M of the row with itself, at most 1/4.
        let x = r * r / (2 + 2 * r * r)
        let gain = (exp(-x) * (x > 1e-4 ? sinh(x) / x : 1 + x * x / 6)).squareRoot()
        coefficients[0] = r
        coefficients[1] = q
        // 1 − r.
        coefficients[2] = q * q / (1 + r)
        coefficients[3] = (q * stretch).squareRoot()
        coefficients[4] = 1 / gain
        return gain * r * (q / 2 / (stretch * stretch * stretch)).squareRoot()
    }

    func moments(_ pair: GaussianPair) -> DualMoments {
        let (sum, area) = (pair.p + pair.q, pair.area)
        let delta = 4 * area * area
        let m = 1 + 2 * sum + delta
        let x = pair.c / m
        let factor = exp(-(sum + delta) / (2 * m)) / m.squareRoot()
        let a = 1 + 2 * sum + 8 * pair.c * pair.c + delta
        let b = 4 * pair.c * (delta + 3 * sum + 2)
        return DualMoments(kappa: factor * sinh(x), kappaDot: factor * (a / m * cosh(x) + b / m * sinh(x)) / m)
    }
}
