import Foundation

/// φ(x) = He_d(x)/√d!, the Hermite polynomial that is orthonormal under the standard normal density.
///
/// - dual: κ = Σ_i a_{d−2i}(s_i) a_{d−2i}(s_j) ρ^{d−2i}; at unit variances only i = 0 is left, κ = c^d,
/// - derivative: κ̇ = Σ_l l a_l(s_i) a_l(s_j) ρ^{l−1}/(s_i s_j), l = d − 2i; at unit variances d c^{d−1}.
///
/// Source: the multiplication theorem He_d(s x) = Σ_i d!/(2^i i! (d − 2i)!) s^{d−2i} (s² − 1)^i He_{d−2i}(x) (Abramowitz and
/// Stegun 22.12), whose terms do not cancel where s is near 1, and Mehler's formula (``HermiteSeries``).
struct Hermite: LayerMap, ScalarDual {
    let degree: Int

    var constants: [Double] { [Double(degree + 1)] }
    var coefficientCount: Int { degree + 1 }
    var loop: PairLoop? { .series }

    func image(of deviation: Double, coefficients: UnsafeMutablePointer<Double>) -> Double {
        fill(deviation, coefficients, without: degree % 2)
        let norm = HermiteSeries.normalise(coefficients, count: degree + 1)
        return degree % 2 == 0 ? norm : norm * deviation
    }

    /// a_l(s) s^{−removed}, where `removed` is the power of s that all of them share.
    private func fill(_ deviation: Double, _ coefficients: UnsafeMutablePointer<Double>, without removed: Int) {
        let excess = (deviation - 1) * (deviation + 1)
        for l in 0...degree {
            guard (degree - l) % 2 == 0 else {
                coefficients[l] = 0
                continue
            }
            let i = (degree - l) / 2
            let size = exp((lgamma(Double(degree + 1)) - lgamma(Double(l + 1))) / 2 - lgamma(Double(i + 1)))
            coefficients[l] = size * pow(excess / 2, Double(i)) * (l == removed ? 1 : pow(deviation, Double(l - removed)))
        }
    }

    func moments(_ pair: GaussianPair) -> DualMoments {
        let (s, t) = (pair.p.squareRoot(), pair.q.squareRoot())
        let odd = degree % 2
        func row(_ deviation: Double) -> [Double] {
            [Double](unsafeUninitializedCapacity: degree + 1) { buffer, count in
                // The buffer has the capacity asked for, so its base is there.
                if let base = buffer.baseAddress { fill(deviation, base, without: odd) }
                count = degree + 1
            }
        }
        let (a, b) = (row(s), row(t))
        // a_l b_l ρ^l = (a_l/s^o)(b_l/t^o) ρ^{l−o} c^o: the coefficients hold s^{l−o}.
        var (kappa, slope) = (0.0, 0.0)
        let cosine = pair.cosine
        for l in stride(from: degree, through: odd, by: -2) {
            let weight = a[l] * b[l]
            kappa = kappa * cosine * cosine + weight
            slope = l == 0 ? slope : slope * cosine * cosine + Double(l) * weight
        }
        if odd == 1 { return DualMoments(kappa: kappa * pair.c, kappaDot: slope) }
        // An even function's derivative is odd, so beside a row of zero variance its mean product is 0.
        let scale = s * t
        return DualMoments(kappa: kappa, kappaDot: scale > 0 ? slope * cosine / scale : 0)
    }
}
