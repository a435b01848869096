import Architectures
import Foundation
import InfiniteNetworks

/// Where signals go in a deep network of one nonlinearity, at one pair of variances: the fixed points of
/// q' = σ_w² E[φ(u)²] + σ_b² and of the correlation, and how fast they are approached (arXiv 1611.01232).
public struct PhasePoint: Sendable, Equatable {
    public enum Phase: String, Sendable { case ordered, critical, chaotic, diverges }

    public let phase: Phase
    /// The variance that pre-activations tend to from an input of unit variance; nil where they grow without bound.
    public let variance: Double?
    /// The correlation that two different inputs tend to.
    public let correlation: Double?
    /// χ₁ = σ_w² E[φ'(u)²] at the fixed variance: the slope of the correlation map at 1.
    public let chiOne: Double?
    /// The slope of the correlation map at the fixed correlation.
    public let chi: Double?
    /// ξ_q = -1 / ln |slope of the variance map|: layers in which a difference of variances falls to 1/e; nil where it does not.
    public let varianceDepth: Double?
    /// ξ_c = -1 / ln χ: layers in which a difference of correlations falls to 1/e; nil where it does not.
    public let correlationDepth: Double?

    /// χ₁ this near to 1 is critical: what rounding and quadrature leave of it.
    private static let tolerance = 1e-10

    public init(of nonlinearity: Nonlinearity, weightStd: Double, biasStd: Double) {
        let map = VarianceMap(nonlinearity, weightVariance: weightStd * weightStd, biasVariance: biasStd * biasStd)
        guard let q = map.fixedPoint() else {
            self.init(phase: .diverges)
            return
        }
        let chiOne = map.slopeOfCorrelation(variance: q, distance: 0)
        let slope = map.slope(at: q)
        let distance = chiOne > 1 + Self.tolerance ? map.fixedDistance(variance: q) : 0
        let chi = distance > 0 ? map.slopeOfCorrelation(variance: q, distance: distance) : chiOne
        let phase: Phase = abs(chiOne - 1) <= Self.tolerance ? .critical : chiOne < 1 ? .ordered : .chaotic
        self.init(
            phase: phase, variance: q, correlation: 1 - distance, chiOne: chiOne, chi: chi, varianceDepth: Self.depth(abs(slope)),
            correlationDepth: Self.depth(chi))
    }

    private init(
        phase: Phase, variance: Double? = nil, correlation: Double? = nil, chiOne: Double? = nil, chi: Double? = nil,
        varianceDepth: Double? = nil, correlationDepth: Double? = nil
    ) {
        (self.phase, self.variance, self.correlation, self.chiOne) = (phase, variance, correlation, chiOne)
        (self.chi, self.varianceDepth, self.correlationDepth) = (chi, varianceDepth, correlationDepth)
    }

    private static func depth(_ slope: Double) -> Double? {
        guard slope < 1 - tolerance else { return nil }
        return slope > 0 ? -1 / log(slope) : 0
    }
}

/// A point of the line χ₁ = 1 between order and chaos.
public struct CriticalPoint: Sendable, Equatable {
    public let weightStd: Double
    /// The fixed variance there.
    public let variance: Double

    /// The critical weight_std at a bias_std.
    ///
    /// On the line σ_w² = 1/E[φ'²] and σ_b² = q − E[φ²]/E[φ'²] at the fixed variance q, so that one equation in q is to be
    /// solved; without a bias and with φ(0) = 0 its solution is q → 0.
    ///
    /// - Returns: nil where there is none with q up to 10⁶.
    public static func find(of nonlinearity: Nonlinearity, biasStd: Double) -> CriticalPoint? {
        let dual = nonlinearity.dual
        func moments(_ q: Double) -> DualMoments { dual.moments(GaussianPair(p: q, q: q, e: 0)) }
        func excess(_ q: Double) -> Double {
            let moments = moments(q)
            return q - moments.kappa / moments.kappaDot - biasStd * biasStd
        }
        if biasStd == 0, moments(0).kappa == 0 {
            let slope = moments(VarianceMap.vanishing).kappaDot
            return slope > 0 && slope.isFinite ? CriticalPoint(weightStd: (1 / slope).squareRoot(), variance: 0) : nil
        }
        var (lower, upper) = (1e-12, 2e-12)
        while upper <= 1e6 {
            guard dual.isDefined(at: upper) else { return nil }
            if excess(lower) <= 0, excess(upper) > 0 {
                let q = bisect(lower, upper) { excess($0) > 0 }
                return CriticalPoint(weightStd: (1 / moments(q).kappaDot).squareRoot(), variance: q)
            }
            (lower, upper) = (upper, 2 * upper)
        }
        return nil
    }
}

/// The number at which a condition that fails at `lower` and holds at `upper` begins to hold, to the last bit.
func bisect(_ lower: Double, _ upper: Double, _ holds: (Double) -> Bool) -> Double {
    var (lower, upper) = (lower, upper)
    while true {
        let middle = lower + (upper - lower) / 2
        guard middle > lower, middle < upper else { return upper }
        if holds(middle) { upper = middle } else { lower = middle }
    }
}
