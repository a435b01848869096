import Foundation

/// ``ClippedLine`` for moderate deviations, without an integral: its Hermite series where |ρ| ≤ 0.9, and nearer to ±1 Plackett's
/// integral from there on, expanded.
///
/// φ(s x) = Σ_k a_k h_k(x), k odd, with the orthonormal Hermite polynomials h_k and z = 1/s:
/// a_1 = s erf(z/√2) and a_k = −s √(2/π) e^{−z²/2} h_{k−2}(z)/√(k (k − 1)), by integrating twice by parts.
///
/// Measured against 40 digits: within 1e-15 of √(κ(p,p) κ(q,q)) for deviations up to 2. Rounding grows in proportion to the
/// deviation, because κ̇ near ρ = 1 is a small difference there.
///
/// Source: Mehler's formula; `clipped_series.inc.h`.
struct ClippedSeries: EstimatedMap {
    /// Beyond it ``ClippedLine`` integrates.
    static let largestDeviation = 128.0
    /// Below it the line is not clipped within any digits.
    private static let unclipped = 1 / 40.0
    /// Coefficients that are not of the series.
    private static let fixedCount = 6
    static let mostCoefficients = ClippedSeries(upTo: largestDeviation).coefficientCount

    private let terms: Int
    let estimatedError: Double

    init(upTo largest: Double) {
        let s = max(largest, Self.unclipped)
        let z = 1 / s
        // |h_k(z)| ≤ 1.09 e^{z²/4} (Cramér) bounds the terms of κ̇, relative to its diagonal erf(z/√2).
        let bound = 1.2 * exp(-z * z / 2) / erf(z / 2.0.squareRoot())
        var (count, tail) = (1, bound)
        while tail > 1e-16 {
            tail = bound * pow(0.81, Double(count)) / (0.19 * 2 * Double(count))
            count += 1
        }
        terms = count
        estimatedError = 1e-15 * max(1, largest)
    }

    var constants: [Double] { [Double(terms)] }
    var coefficientCount: Int { Self.fixedCount + terms }
    var loop: PairLoop? { .clippedSeries }

    func image(of deviation: Double, coefficients: UnsafeMutablePointer<Double>) -> Double {
        let s = max(deviation, Self.unclipped)
        let (z, size) = (1 / s, ClippedLine.norm(s))
        let ratio = s / size
        let density = (2 / Double.pi).squareRoot() * exp(-z * z / 2)
        coefficients[0] = z
        coefficients[1] = 1 / size
        coefficients[2] = ratio
        coefficients[3] = erf(z / 2.0.squareRoot())
        coefficients[4] = erfc(z / 2.0.squareRoot())
        coefficients[5] = density
        coefficients[6] = ratio * coefficients[3]
        var (before, current) = (1.0, z)
        for m in 1..<max(terms, 1) {
            let k = Double(2 * m + 1)
            // current = h_{k−2}(z)
            coefficients[6 + m] = -ratio * density * current / (k * (k - 1)).squareRoot()
            for degree in [k - 2, k - 1] {
                (before, current) = (current, (z * current - degree.squareRoot() * before) / (degree + 1).squareRoot())
            }
        }
        return deviation > Self.unclipped ? size : deviation
    }
}
