import Foundation

/// A nonlinearity that is integrated, from tables made for the deviations of one layer; for matrices with many more pairs
/// than a table has entries.
///
/// With x in [-1, 1] an affine function of log(1 + 2s), w = sin²(θ/2) and t = √w, on the near half (θ ≤ π/2):
/// - v' = (1 − cos θ')/2 = |g(x_i) − g(x_j)|² + w G(x_i, x_j, t), G = (1/w) ∫_0^w S dw,
/// - S = κ̇ s_i s_j/(s'_i s'_j), smooth for all pairs because the kink of φ at 0 bends no integral between its lines.
/// The first term is E[(φ(s_i z)/s'_i − φ(s_j z)/s'_j)²]/4 for one z, the second follows from Price's theorem, and both vanish
/// with what they measure, so near rows keep their digits. On the far half the same holds of 1 − v', with the even part of φ
/// negated. S is interpolated in Chebyshev polynomials of x_i, x_j and t; G is integrated from them exactly.
///
/// Source: Price, "A useful theorem for nonlinear devices having Gaussian inputs", 1958; ``Chebyshev``.
struct TabulatedMap: EstimatedMap {
    let axis: DeviationAxis
    /// n, m, 1 if φ is odd, then S and G of each half [m, n, n].
    let constants: [Double]
    /// Of s'/s, or of s' where φ(0) ≠ 0.
    let scale: [Double]
    let isProportional: Bool
    /// Lower triangular [n][n]: g_k = Σ_{b ≥ k} factor[b][k] T_b(x), for the even and the odd part of φ.
    let even: [[Double]]
    let odd: [[Double]]
    var estimatedError: Double
    let domainMap: QuadratureFunction

    static let mostRows = 32
    static let mostAngles = 64
    /// Integrals that the tables of most layers take, and the operations of a pair then.
    static let typicalEntries = 10_000.0
    static let operationsPerPair = 1000.0

    var coefficientCount: Int { 3 * scale.count }
    var loop: PairLoop? { .tabulated }

    func isDefined(at variance: Double) -> Bool { domainMap.isDefined(at: variance) }
    var domain: String { domainMap.domain }

    func image(of deviation: Double, coefficients: UnsafeMutablePointer<Double>) -> Double {
        let n = scale.count
        let terms = Chebyshev.polynomials(axis.position(of: deviation), count: n)
        var size = 0.0
        for k in 0..<n {
            var (first, second) = (0.0, 0.0)
            for b in k..<n {
                first += even[b][k] * terms[b]
                second += odd[b][k] * terms[b]
            }
            coefficients[k] = terms[k]
            coefficients[n + k] = first
            coefficients[2 * n + k] = second
            size += scale[k] * terms[k]
        }
        return isProportional ? size * deviation : size
    }
}

/// The deviations of a layer on [-1, 1], logarithmic where they are large and linear where they are small.
struct DeviationAxis: Sendable {
    private let low: Double
    private let high: Double

    init(_ range: ClosedRange<Double>) {
        low = log1p(2 * range.lowerBound)
        high = log1p(2 * range.upperBound)
    }

    /// Whether all deviations are one but for rounding.
    var isPoint: Bool { high - low < 1e-13 }

    func position(of deviation: Double) -> Double {
        guard !isPoint else { return 0 }
        return min(1, max(-1, (2 * log1p(2 * deviation) - low - high) / (high - low)))
    }

    func deviation(at position: Double) -> Double { expm1((low + high + position * (high - low)) / 2) / 2 }
}
