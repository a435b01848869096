import Architectures
import InfiniteNetworks

/// A point of the line χ₁ = 1 between order and chaos.
public struct CriticalPoint: Sendable, Equatable {
    /// Why a bias_std has none.
    public enum Absence: String, Error, CaseIterable {
        /// χ₁ is 1 at no fixed variance up to ``largestVariance``.
        case none
        /// χ₁ is 1 at fixed variances to which no input of unit variance tends: they are unstable, or another one lies nearer.
        case unreachable
        /// φ jumps, so χ₁ is infinite everywhere.
        case discontinuous
    }

    public let weightStd: Double
    /// The fixed variance there.
    public let variance: Double

    /// Fixed variances beyond this are not looked at.
    public static let largestVariance = 1e4
    /// How near to 1 χ₁ must come at a point that is found, when it is approached from an input of unit variance.
    private static let tolerance = 1e-7

    /// The critical weight_std at a bias_std.
    ///
    /// On the line σ_w² = 1/E[φ'²] and σ_b² = q − E[φ²]/E[φ'²] at the fixed variance q, so that one equation in q is to be
    /// solved; without a bias and with φ(0) = 0 one of its solutions is q → 0. Of several the one with the smallest q that
    /// inputs of unit variance tend to is the answer.
    ///
    /// Complexity: about 60 moments of a pair, and some 100 for each solution.
    /// - Throws: ``DynamicsError/cancelled``.
    public static func find(
        of nonlinearity: Nonlinearity, biasStd: Double, isCancelled: CancellationCheck = { false }
    ) throws(DynamicsError) -> Result<CriticalPoint, Absence> {
        if nonlinearity.jump != 0 { return .failure(.discontinuous) }
        let dual = nonlinearity.dual
        func slope(_ q: Double) -> Double { dual.moments(GaussianPair(p: q, q: q, e: 0)).kappaDot }
        func excess(_ q: Double) -> Double { q - dual.secondMoment(at: q) / slope(q) - biasStd * biasStd }
        var reason = Absence.none
        func reached(_ q: Double) -> CriticalPoint? {
            let found = CriticalPoint(weightStd: (1 / slope(max(q, VarianceMap.vanishing))).squareRoot(), variance: q)
            guard found.weightStd > 0, found.weightStd.isFinite else { return nil }
            let point = PhasePoint(of: nonlinearity, weightStd: found.weightStd, biasStd: biasStd)
            if let chi = point.chiOne, abs(chi - 1) <= tolerance { return found }
            reason = .unreachable
            return nil
        }
        if biasStd == 0, dual.secondMoment(at: 0) == 0, let point = reached(0) { return .success(point) }
        var (lower, upper) = (1e-12, 2e-12)
        var below = excess(lower) <= 0
        while upper <= largestVariance, dual.isDefined(at: upper) {
            if isCancelled() { throw .cancelled }
            let next = excess(upper) <= 0
            if next != below, let point = reached(bisect(lower, upper) { (excess($0) <= 0) == next }) { return .success(point) }
            (lower, upper, below) = (upper, 2 * upper, next)
        }
        return .failure(reason)
    }
}

extension Nonlinearity {
    /// The height of φ's jump at 0.
    var jump: Double {
        switch self {
        case .sign: 2
        case .rectifiedMonomial(degree: 0): 1
        default: 0
        }
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
