import Foundation

/// φ(x) = a·min(x, 0) + b·max(x, 0): relu (0, 1), leaky_relu (α, 1), abs (−1, 1).
///
/// With θ the angle and g = sin θ − θ cos θ,
/// - dual: κ = (a² + b²)/2 · c + (a − b)²/(2π) · s_i s_j g, so s'² = (a² + b²)/2 · s²,
/// - derivative: κ̇ = (a² + b²)/2 − (a − b)² θ/(2π).
///
/// Source: Cho and Saul, "Kernel methods for deep learning", NIPS 2009, the arc-cosine kernels of orders 1 and 0;
/// for a ≠ 0 by φ = (a + b)/2 · x + (b − a)/2 · |x|.
struct Rectifier: LayerMap, ScalarDual {
    let a: Double
    let b: Double

    var coefficientCount: Int { 0 }
    var loop: PairLoop? { .rectifier }

    var constants: [Double] {
        // Of both slopes only the ratio matters, and the ratio survives where the squares would not.
        let largest = max(abs(a), abs(b))
        guard largest > 0 else { return [0, 0, 0] }
        let (x, y) = (a / largest, b / largest)
        let k = (x - y) * (x - y) / (x * x + y * y)
        return [k, k / (2 * .pi), k / .pi]
    }

    func image(of deviation: Double, coefficients: UnsafeMutablePointer<Double>) -> Double {
        let largest = max(abs(a), abs(b))
        guard largest > 0 else { return 0 }
        let (x, y) = (a / largest, b / largest)
        return largest * (((x * x + y * y) / 2).squareRoot() * deviation)
    }

    func moments(_ pair: GaussianPair) -> DualMoments {
        let area = pair.area
        let angle = area == 0 && pair.c == 0 ? .pi / 2 : atan2(area, pair.c)
        let spread = (a - b) * (a - b) / (2 * .pi)
        let slope = (a * a + b * b) / 2 - spread * angle
        return DualMoments(kappa: spread * area + slope * pair.c, kappaDot: slope)
    }
}
