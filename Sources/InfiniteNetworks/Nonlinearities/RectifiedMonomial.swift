import Foundation

/// φ(x) = max(x, 0)^d for d ≥ 2; for d = 1 it is relu, for d = 0 the step (``HeavisideStep``).
///
/// With J_d(θ) = A_d(cos θ)(π − θ) + B_d(cos θ) sin θ, J_0 = π − θ, dJ_d/dρ = d² J_{d−1} and J_d(0) = π (2d − 1)!!,
/// - dual: κ = (s_i s_j)^d J_d/(2π),
/// - derivative: κ̇ = d² (s_i s_j)^{d−1} J_{d−1}/(2π).
///
/// Source: Cho and Saul, "Kernel methods for deep learning", NIPS 2009, equation 4, whose repeated division by sin θ is
/// undefined on the diagonal; here A and B are found from dJ_d/dρ = d² J_{d−1}, term by term, and nothing is divided.
struct RectifiedMonomial: LayerMap, ScalarDual {
    let degree: Int
    /// A and B for degrees 0...d, coefficients from the lowest.
    private let polynomials: [(a: [Double], b: [Double])]

    init(degree: Int) {
        self.degree = degree
        var polynomials: [(a: [Double], b: [Double])] = [([1], [0])]
        for d in 1...degree { polynomials.append(Self.successor(of: polynomials[d - 1], degree: d)) }
        self.polynomials = polynomials
    }

    /// A' = d² A_{d−1}, with A_d(1) = (2d − 1)!!, and A + (1 − ρ²) B' − ρ B = d² (1 − ρ²) B_{d−1}, solved from the top.
    private static func successor(of previous: (a: [Double], b: [Double]), degree d: Int) -> (a: [Double], b: [Double]) {
        let square = Double(d * d)
        var a = [Double](repeating: 0, count: d + 1)
        for k in 1...d { a[k] = square * previous.a[k - 1] / Double(k) }
        if d % 2 == 0 { a[0] = doubleFactorial(d) - a.reduce(0, +) }
        func before(_ k: Int) -> Double { previous.b.indices.contains(k) ? previous.b[k] : 0 }
        var b = [Double](repeating: 0, count: d + 2)
        for m in stride(from: d, through: 1, by: -1) {
            b[m - 1] = (a[m] + Double(m + 1) * b[m + 1] - square * (before(m) - before(m - 2))) / Double(m)
        }
        return (a, Array(b.prefix(d + 1)))
    }

    /// (2d − 1)!!
    private static func doubleFactorial(_ d: Int) -> Double {
        stride(from: 1, through: 2 * d - 1, by: 2).reduce(1) { $0 * Double($1) }
    }

    var constants: [Double] {
        let (last, previous) = (polynomials[degree], polynomials[degree - 1])
        let scale = Self.doubleFactorial(degree) * Double.pi
        // (A(1) − A(ρ))/(1 − ρ): the coefficient of ρ^k is the sum of those of A beyond k.
        var quotient = [Double](repeating: 0, count: degree + 1)
        for k in stride(from: degree - 1, through: 0, by: -1) { quotient[k] = quotient[k + 1] + last.a[k + 1] }
        let square = Double(degree * degree)
        let slopes = [previous.a, previous.b].map { $0.map { $0 * square } + [0] }
        return [Double(degree)] + ([quotient, last.a, last.b] + slopes).flatMap { $0.map { $0 / scale } }
    }

    var coefficientCount: Int { 0 }
    var loop: PairLoop? { .rectifiedMonomial }

    func image(of deviation: Double, coefficients: UnsafeMutablePointer<Double>) -> Double {
        (Self.doubleFactorial(degree) / 2).squareRoot() * pow(deviation, Double(degree))
    }

    func moments(_ pair: GaussianPair) -> DualMoments {
        let scale = pair.p.squareRoot() * pair.q.squareRoot()
        guard scale > 0 else { return DualMoments(kappa: 0, kappaDot: 0) }
        let angle = atan2(pair.area, pair.c)
        func arc(_ polynomial: (a: [Double], b: [Double])) -> Double {
            func value(_ terms: [Double]) -> Double { terms.reversed().reduce(0) { $0 * cos(angle) + $1 } }
            return max(0, value(polynomial.a) * (.pi - angle) + value(polynomial.b) * sin(angle))
        }
        let power = pow(scale, Double(degree - 1))
        let square = Double(degree * degree)
        return DualMoments(
            kappa: power * scale * arc(polynomials[degree]) / (2 * .pi),
            kappaDot: square * power * arc(polynomials[degree - 1]) / (2 * .pi))
    }
}

/// φ(x) = 1 for x ≥ 0 and 0 below: the rectified monomial of degree 0.
///
/// - dual: κ = (π − θ)/(2π); 1/2 of a row with itself,
/// - derivative: κ̇ = 0, as for ``Sign``.
///
/// A row of zero variance is 1, φ(0), for certain: κ is 1 with itself and 1/2 with others.
///
/// Source: Cho and Saul, NIPS 2009, the arc-cosine kernel of order 0.
struct HeavisideStep: LayerMap, ScalarDual {
    var constants: [Double] { [] }
    var coefficientCount: Int { 1 }
    var loop: PairLoop? { .heaviside }

    func image(of deviation: Double, coefficients: UnsafeMutablePointer<Double>) -> Double {
        coefficients[0] = deviation > 0 ? 1 : 0
        return deviation > 0 ? 0.5.squareRoot() : 1
    }

    func moments(_ pair: GaussianPair) -> DualMoments {
        switch (pair.p > 0, pair.q > 0) {
        case (true, true): DualMoments(kappa: (.pi - atan2(pair.area, pair.c)) / (2 * .pi), kappaDot: 0)
        case (false, false): DualMoments(kappa: 1, kappaDot: 0)
        default: DualMoments(kappa: 0.5, kappaDot: 0)
        }
    }
}
