import Foundation

/// φ(x) = Σ_k c_k x^k; `monomial` is one term.
///
/// With r_l(v) = Σ_i c_{2i+l} (2i + l)!/(2^i i! √l!) v^i, the Hermite coefficients are a_l(s) = r_l(s²) s^l, so
/// - dual: κ = Σ_l r_l(p) r_l(q) c^l,
/// - derivative: κ̇ = Σ_{l≥1} l r_l(p) r_l(q) c^{l−1},
/// both without a division, so that rows of zero variance are rows like others.
///
/// Source: x^n = Σ_i n!/(2^i i! (n − 2i)!) He_{n−2i}(x), and Mehler's formula (``HermiteSeries``).
struct Polynomial: LayerMap, ScalarDual {
    /// c_k from the constant on.
    let coefficients: [Double]
    /// factors[l][i] = c_{2i+l} (2i + l)!/(2^i i! √l!).
    private let factors: [[Double]]
    /// The lowest degree with a coefficient: what is left of φ at small arguments.
    private let lowest: Int

    init(coefficients: [Double]) {
        self.coefficients = coefficients
        lowest = coefficients.firstIndex { $0 != 0 } ?? 0
        factors = coefficients.indices.map { l in
            stride(from: l, to: coefficients.count, by: 2).map { n in
                let i = (n - l) / 2
                return coefficients[n] * exp(lgamma(Double(n + 1)) - lgamma(Double(i + 1)) - lgamma(Double(l + 1)) / 2)
                    / pow(2, Double(i))
            }
        }
    }

    init(monomial degree: Int) { self.init(coefficients: Array(repeating: 0, count: degree) + [1]) }

    var constants: [Double] { [Double(coefficients.count)] }
    var coefficientCount: Int { coefficients.count }
    var loop: PairLoop? { .series }

    func image(of deviation: Double, coefficients target: UnsafeMutablePointer<Double>) -> Double {
        // A factor s^lowest is taken out of all, so that small deviations do not vanish before they are compared.
        let p = deviation * deviation
        for (l, terms) in factors.enumerated() {
            var sum = 0.0
            for (i, term) in terms.enumerated().reversed() where 2 * i + l >= lowest {
                sum += term * power(deviation, 2 * i + l - lowest)
            }
            target[l] = sum
        }
        guard p.isFinite else { return .infinity }
        return HermiteSeries.normalise(target, count: coefficients.count) * power(deviation, lowest)
    }

    private func power(_ base: Double, _ exponent: Int) -> Double { exponent == 0 ? 1 : pow(base, Double(exponent)) }

    func moments(_ pair: GaussianPair) -> DualMoments {
        var (kappa, slope) = (0.0, 0.0)
        for l in factors.indices.reversed() {
            let weight = value(factors[l], at: pair.p) * value(factors[l], at: pair.q)
            kappa = kappa * pair.c + weight
            if l > 0 { slope = slope * pair.c + Double(l) * weight }
        }
        return DualMoments(kappa: kappa, kappaDot: slope)
    }

    private func value(_ terms: [Double], at v: Double) -> Double { terms.reversed().reduce(0) { $0 * v + $1 } }
}
