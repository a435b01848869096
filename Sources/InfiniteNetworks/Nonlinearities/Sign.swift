import Foundation

/// φ(x) = sign(x).
///
/// With θ the angle of the pair,
/// - dual: κ = 1 − 2θ/π,
/// - derivative: κ̇ = 0 by definition: φ' vanishes wherever it exists, and training cannot see the step.
///
/// Source: Williams, "Computing with infinite networks", NIPS 1996, the limit b → ∞ of the error function; Cho and Saul,
/// "Kernel methods for deep learning", NIPS 2009, the arc-cosine kernel of order 0.
struct Sign: LayerMap, ScalarDual {
    var constants: [Double] { [] }
    var coefficientCount: Int { 0 }
    var loop: PairLoop? { .sign }

    func image(of deviation: Double, coefficients: UnsafeMutablePointer<Double>) -> Double { deviation > 0 ? 1 : 0 }

    func moments(_ pair: GaussianPair) -> DualMoments {
        let isZero = pair.p == 0 || pair.q == 0
        return DualMoments(kappa: isZero ? 0 : 1 - 2 / .pi * atan2(pair.area, pair.c), kappaDot: 0)
    }
}
