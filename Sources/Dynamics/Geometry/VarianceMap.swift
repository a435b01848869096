import Architectures
import InfiniteNetworks

/// What one layer does to the variance q of a pre-activation and to the correlation of two of equal variance.
struct VarianceMap {
    /// A variance at which the moments are those of the limit q → 0; at 0 itself the angle of two pre-activations has no meaning.
    static let vanishing = 1e-30
    /// Variances beyond this are held to grow without bound.
    static let unbounded = 1e15

    let dual: any ScalarDual
    let weightVariance: Double
    let biasVariance: Double
    /// The height of φ's jump at 0. Its derivative there is no part of κ̇, since training cannot see it, but of ∂κ/∂c.
    private let jump: Double

    init(_ nonlinearity: Nonlinearity, weightVariance: Double, biasVariance: Double) {
        dual = nonlinearity.dual
        (self.weightVariance, self.biasVariance) = (weightVariance, biasVariance)
        jump = nonlinearity.jump
    }

    /// σ_w² E[φ(u)²] + σ_b².
    func image(of variance: Double) -> Double { weightVariance * dual.secondMoment(at: variance) + biasVariance }

    /// The fixed point next to the variance of a unit input; nil where there is none above, or the moments diverge.
    func fixedPoint() -> Double? {
        let start = weightVariance + biasVariance
        guard start > 0, dual.isDefined(at: start) else { return start == 0 ? 0 : nil }
        func growth(_ q: Double) -> Double { image(of: q) - q }
        let first = growth(start)
        guard first.isFinite else { return nil }
        // Within rounding of a fixed point, as every q is of relu at σ_w² = 2.
        if abs(first) <= 4 * start.ulp { return start }
        var (near, far) = (start, start)
        if first > 0 {
            repeat {
                (near, far) = (far, 2 * far)
                guard far < Self.unbounded, dual.isDefined(at: far), growth(far).isFinite else { return nil }
            } while growth(far) > 0
            return bisect(near, far) { growth($0) <= 0 }
        }
        repeat {
            (near, far) = (far, far / 2)
            guard far > Self.vanishing else { return 0 }
        } while growth(far) < 0
        return bisect(far, near) { growth($0) < 0 }
    }

    /// σ_w² ∂κ/∂c, which is σ_w² E[φ'(u) φ'(v)], at variance q and correlation 1 − distance; infinite at distance 0 where φ jumps.
    func slopeOfCorrelation(variance: Double, distance: Double) -> Double {
        guard weightVariance > 0 else { return 0 }
        let q = max(variance, Self.vanishing)
        return slopeOfCorrelation(moments(q, distance), q, distance)
    }

    private func slopeOfCorrelation(_ moments: DualMoments, _ q: Double, _ distance: Double) -> Double {
        // E[δ(u) δ(v)] is the density of (u, v) at the origin, 1/(2π q √(1 − c²)).
        let atJump = jump == 0 ? 0 : jump * jump / (2 * .pi * q * (distance * (2 - distance)).squareRoot())
        return weightVariance * (moments.kappaDot + atJump)
    }

    private func moments(_ q: Double, _ distance: Double) -> DualMoments { dual.moments(GaussianPair(p: q, q: q, e: 2 * q * distance)) }

    /// d(image)/dq, by differences of the fourth order.
    func slope(at variance: Double) -> Double {
        let q = max(variance, Self.vanishing)
        if variance == 0 { return image(of: q) / q }
        let h = q / 512
        return (8 * (image(of: q + h) - image(of: q - h)) - (image(of: q + 2 * h) - image(of: q - 2 * h))) / (12 * h)
    }

    /// 1 − c* at a variance where the correlation 1 is unstable, by Newton's method from the correlation 0; 0 where rounding hides it.
    ///
    /// The map of correlations is a power series in c without negative coefficients, so it is convex on [0, 1]: one other fixed
    /// point lies below 1, and from 0 every step of Newton's ends between the last one and that point.
    func fixedDistance(variance q: Double) -> Double {
        let full = moments(q, 0).kappa
        var distance = 1.0
        while distance > 1e-12 {
            let moments = moments(q, distance)
            let surplus = weightVariance * (full - moments.kappa) / q - distance
            let step = surplus / (slopeOfCorrelation(moments, q, distance) - 1)
            // Rounding alone makes a step that is tiny, or goes back.
            guard step > 4 * distance.ulp else { return distance }
            distance -= step
        }
        return 0
    }
}
