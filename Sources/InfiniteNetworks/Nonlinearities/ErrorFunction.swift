import Foundation

/// φ(x) = a·erf(b x) + c.
///
/// With r² = 2b²p/(1 + 2b²p) for each row and x = r_i r_j cos θ = 2b²c_ij/√((1 + 2b²p)(1 + 2b²q)),
/// - dual: κ = (2a²/π) asin(x) + c²,
/// - derivative: κ̇ = (4a²b²/π) / √((1 + 2b²p)(1 + 2b²q)(1 − x²)).
///
/// Source: Williams, "Computing with infinite networks", NIPS 1996, equation 11. Here q² = 1 − r², so that large
/// variances keep their digits (1 − r⁴ = q²(1 + r²)), and s' by asin(r²)/r², so that small ones do.
struct ErrorFunction: LayerMap, ScalarDual {
    let a: Double
    let b: Double
    let c: Double

    var constants: [Double] { [c == 0 ? 1 : 0] }
    var coefficientCount: Int { 9 }
    var loop: PairLoop? { .errorFunction }

    func image(of deviation: Double, coefficients: UnsafeMutablePointer<Double>) -> Double {
        let z = 2.0.squareRoot() * abs(b) * deviation
        let length = hypot(1, z)
        let (r, q) = (z / length, 1 / length)
        let root = q * (1 + r * r).squareRoot()
        let arcPerSquare = r * r > 0 ? atan2(r * r, root) / (r * r) : 1
        let image = hypot(abs(a) * r * (2 / .pi * arcPerSquare).squareRoot(), c)
        coefficients[0] = r
        coefficients[1] = q
        // 1 − r.
        coefficients[2] = q * q / (1 + r)
        coefficients[3] = root
        coefficients[4] = image > 0 ? abs(a) / image * r : 0
        coefficients[5] = image
        coefficients[6] = image > 0 ? abs(a) / image : 0
        coefficients[7] = image > 0 ? 1 / image.squareRoot() : 0
        coefficients[8] = image > 0 ? 2 * abs(a * b) / Double.pi.squareRoot() * (deviation / image) * q : 0
        return image
    }

    func moments(_ pair: GaussianPair) -> DualMoments {
        let area = b * b * pair.area
        // (1 + 2b²p)(1 + 2b²q) − (2b²c)², in which the large terms have been cancelled by hand.
        let root = (1 + 2 * b * b * (pair.p + pair.q) + 4 * area * area).squareRoot()
        return DualMoments(
            kappa: a * a * 2 / .pi * atan2(2 * b * b * pair.c, root) + c * c,
            kappaDot: 4 * a * a * b * b / (.pi * root))
    }
}
