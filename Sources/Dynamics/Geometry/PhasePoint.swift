import Architectures
import Foundation
import InfiniteNetworks

/// Where signals go in a deep network of one nonlinearity, at one pair of variances: the fixed points of
/// q' = σ_w² E[φ(u)²] + σ_b² and of the correlation, and how fast they are approached (arXiv 1611.01232).
public struct PhasePoint: Sendable, Equatable {
    /// Where correlations of inputs end: at 1, at 1 but slowly, below 1; or their variance grows without bound.
    public enum Phase: String, Sendable, CaseIterable { case ordered, critical, chaotic, unbounded }

    public let phase: Phase
    /// The variance that pre-activations tend to from an input of unit variance; nil where they grow without bound.
    public let variance: Double?
    /// The correlation that two different inputs tend to.
    public let correlation: Double?
    /// χ₁ = σ_w² E[φ'(u)²] at the fixed variance: the slope of the correlation map at 1; nil where φ jumps, for which it is infinite.
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
            self.init(phase: .unbounded)
            return
        }
        let chiOne = map.slopeOfCorrelation(variance: q, distance: 0)
        let slope = map.slope(at: q)
        let distance = chiOne > 1 + Self.tolerance ? map.fixedDistance(variance: q) : 0
        let chi = distance > 0 ? map.slopeOfCorrelation(variance: q, distance: distance) : chiOne
        let phase: Phase = abs(chiOne - 1) <= Self.tolerance ? .critical : chiOne < 1 ? .ordered : .chaotic
        self.init(
            phase: phase, variance: q, correlation: 1 - distance, chiOne: chiOne.isFinite ? chiOne : nil, chi: chi,
            varianceDepth: Self.depth(abs(slope)), correlationDepth: Self.depth(chi))
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
