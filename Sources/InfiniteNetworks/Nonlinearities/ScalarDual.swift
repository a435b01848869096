import Architectures

/// Two jointly Gaussian pre-activations (u, v) of mean zero: variances p and q, covariance c, and e = p + q − 2c, their
/// squared distance.
///
/// e carries what c loses where u and v nearly coincide; give both where both are known.
package struct GaussianPair: Sendable {
    package let p: Double
    package let q: Double
    package let c: Double
    package let e: Double

    package init(p: Double, q: Double, c: Double, e: Double) {
        (self.p, self.q, self.c, self.e) = (p, q, c, e)
    }

    package init(p: Double, q: Double, c: Double) { self.init(p: p, q: q, c: c, e: max(0, p + q - 2 * c)) }

    package init(p: Double, q: Double, e: Double) { self.init(p: p, q: q, c: (p + q - e) / 2, e: e) }

    /// √(pq − c²): from e where the two are near, else from c by Kahan's difference of products, whose error is an ulp.
    var area: Double {
        let (s, t) = (p.squareRoot(), q.squareRoot())
        guard s > 0, t > 0 else { return 0 }
        let product = p * q
        guard e > s * t / 8, product.isNormal, product.isFinite else {
            let step = (p - q) / (s + t)
            return (max(0, (s + t) * (s + t) - e) * max(0, e - step * step)).squareRoot() / 2
        }
        let rounding = (-product).addingProduct(p, q)
        return max(0, product.addingProduct(-c, c) + rounding).squareRoot()
    }

    /// The correlation c/√(pq) in [-1, 1]; 0 where a variance is 0.
    var cosine: Double {
        let scale = p.squareRoot() * q.squareRoot()
        return scale > 0 ? min(1, max(-1, c / scale)) : 0
    }
}

/// The two expectations a nonlinearity contributes to the kernels, for one pair of pre-activations.
package struct DualMoments: Sendable, Equatable {
    /// κ = E[φ(u) φ(v)]: the kernel after the nonlinearity.
    package var kappa: Double
    /// κ̇ = E[φ'(u) φ'(v)] = ∂κ/∂c: the factor of the NTK.
    package var kappaDot: Double
}

/// A nonlinearity as a map of one pair: what an engine needs that visits pairs of its own making (positions of images,
/// nodes of graphs) and not the strips of ``PairLoop``.
///
/// Any p, q ≥ 0, |c| ≤ √(pq) are allowed, zeros and c = ±√(pq) among them; the moments are finite except where the
/// expectation itself diverges or overflows (``isDefined(at:)`` tells). Closed forms are good to about 1e-15 of
/// √(κ(p,p) κ(q,q)), quadratures to the error they report. A diagonal entry is `moments(p, p, p)`.
package protocol ScalarDual: Convergence {
    func moments(_ pair: GaussianPair) -> DualMoments

    /// E[φ(u)²] of u with this variance: κ of a pre-activation with itself. A quadrature has one variable to integrate over, not two.
    func secondMoment(at variance: Double) -> Double
}

extension ScalarDual {
    package func moments(_ p: Double, _ q: Double, _ c: Double) -> DualMoments { moments(GaussianPair(p: p, q: q, c: c)) }

    package func secondMoment(at variance: Double) -> Double { moments(GaussianPair(p: variance, q: variance, e: 0)).kappa }
}

/// Where E[φ(u)²] converges; everywhere, but for `gaussian` with b > 0.
package protocol Convergence: Sendable {
    /// Whether it does at this variance of u.
    func isDefined(at variance: Double) -> Bool

    /// Where it does, in words, for the refusal of a row that lies outside.
    var domain: String { get }
}

extension Convergence {
    package func isDefined(at variance: Double) -> Bool { true }

    package var domain: String { "its kernel is finite everywhere" }
}
