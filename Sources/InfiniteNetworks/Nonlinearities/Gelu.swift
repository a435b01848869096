import Foundation

/// φ(x) = x Φ(x), Φ the standard normal distribution function.
///
/// With r² = p/(1 + p), q² = 1/(1 + p) for each row, x = r_i r_j cos θ and C = √(1 − x²),
/// - dual: κ = s_i s_j [cos θ (1/4 + asin(x)/(2π)) + r_i r_j/(2π) · (C + (q_i q_j cos θ)²/C)],
/// - derivative: κ̇ = 1/4 + asin(x)/(2π) + x/(2πC) · [(q_i q_j/C)² + (q_i q_j)² + 1 − (r_i r_j)²].
///
/// Source: Tsuchida, Pearce, van der Heide, Roosta, Gallagher, "Avoiding kernel fixed points: computing with ELU and
/// GELU infinite networks", AAAI 2021 (arXiv 2002.08517), section 4, rewritten in r and q.
struct Gelu: LayerMap, ScalarDual {
    var constants: [Double] { [] }
    var coefficientCount: Int { 8 }
    var loop: PairLoop? { .gelu }

    func image(of deviation: Double, coefficients: UnsafeMutablePointer<Double>) -> Double {
        let length = hypot(1, deviation)
        let (r, q) = (deviation / length, 1 / length)
        let root = q * (1 + r * r).squareRoot()
        let arc = atan2(r * r, root)
        let gain = (0.25 + (arc + r * r * (root + q * q * (q * q / root))) / (2 * .pi)).squareRoot()
        coefficients[0] = r
        coefficients[1] = q
        // 1 − r.
        coefficients[2] = q * q / (1 + r)
        coefficients[3] = root
        coefficients[4] = 1 / root
        coefficients[5] = arc
        coefficients[6] = gain
        coefficients[7] = 1 / gain
        return gain * deviation
    }

    func moments(_ pair: GaussianPair) -> DualMoments {
        let (p, q, c) = (pair.p, pair.q, pair.c)
        let area = pair.area
        // δ² = (1 + p)(1 + q) − c².
        let square = 1 + p + q + area * area
        let root = square.squareRoot()
        let turn = 0.25 + atan2(c, root) / (2 * .pi)
        let (flatP, flatQ) = (1 / (1 + p), 1 / (1 + q))
        // (c² + pqδ²)/((1 + p)(1 + q)δ), each factor of it no larger than its variance.
        let lune = (c * flatP * (c * flatQ) / root + p * flatP * (q * flatQ) * root) / (2 * .pi)
        let excess = 1 / square + flatP * flatQ + 1 - p * flatP * (q * flatQ)
        return DualMoments(kappa: c * turn + lune, kappaDot: turn + c / root / (2 * .pi) * excess)
    }
}
