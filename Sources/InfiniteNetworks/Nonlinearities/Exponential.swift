import Foundation

/// φ(x) = a e^{b x}.
///
/// With e = p + q − 2c,
/// - dual: κ = a² e^{b²(p + q + 2c)/2} = s'_i s'_j e^{−b²e/2}, s' = |a| e^{b²p},
/// - derivative: κ̇ = b² κ.
///
/// Source: the moment generating function of the Gaussian b(u + v); Mairal, Koniusz, Harchaoui, Schmid, "Convolutional
/// kernel networks", NIPS 2014, for its use.
struct Exponential: LayerMap, ScalarDual {
    let a: Double
    let b: Double

    var constants: [Double] { [] }
    var coefficientCount: Int { 1 }
    var loop: PairLoop? { .exponential }

    func image(of deviation: Double, coefficients: UnsafeMutablePointer<Double>) -> Double {
        let z = abs(b) * deviation
        coefficients[0] = z
        return abs(a) * exp(z * z)
    }

    func moments(_ pair: GaussianPair) -> DualMoments {
        let kappa = a * a * exp(b * b * (pair.p + pair.q - pair.e / 2))
        return DualMoments(kappa: kappa, kappaDot: b * b * kappa)
    }
}

/// A kernel without a φ: κ = √(pq) e^{γ(ρ + shift)}, ρ the correlation.
///
/// - dual: κ as above; of a row with itself p e^{γ(1 + shift)},
/// - derivative: κ̇ = γ e^{γ(ρ + shift)}.
///
/// Source: Shankar, Fang, Guo, Fridovich-Keil, Schmidt, Ragan-Kelley, Recht, "Neural kernels without tangents", ICML 2020
/// (arXiv 2003.02237), section 4.
struct NormalizedExponential: LayerMap, ScalarDual {
    let gamma: Double
    let shift: Double

    var constants: [Double] { [gamma] }
    var coefficientCount: Int { 0 }
    var loop: PairLoop? { .normalizedExponential }

    func image(of deviation: Double, coefficients: UnsafeMutablePointer<Double>) -> Double {
        deviation * exp(gamma * (1 + shift) / 2)
    }

    func moments(_ pair: GaussianPair) -> DualMoments {
        let (s, t) = (pair.p.squareRoot(), pair.q.squareRoot())
        let factor = exp(gamma * (pair.cosine + shift))
        return DualMoments(kappa: s * t * factor, kappaDot: gamma * factor)
    }
}
