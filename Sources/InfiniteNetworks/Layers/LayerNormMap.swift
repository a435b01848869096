import Foundation

/// Normalization over the channels, z' = (z − mean)/√(ε + variance), without a learned scale or shift.
///
/// A Gaussian pre-activation of infinitely many channels has mean 0 and variance p, so K' = c/√((ε + p)(ε + q)) and Θ' has the
/// same divisor: s' = s/√(ε + s²), and no pair changes its angle or T.
///
/// Source: Ba, Kiros, Hinton, "Layer normalization" (arXiv 1607.06450), in the limit of infinite width.
struct LayerNormMap: LayerMap {
    let epsilon: Double

    var constants: [Double] { [] }
    var coefficientCount: Int { 0 }
    var loop: PairLoop? { nil }

    func image(of deviation: Double, coefficients: UnsafeMutablePointer<Double>) -> Double {
        let length = hypot(epsilon.squareRoot(), deviation)
        return length > 0 ? deviation / length : 0
    }
}
