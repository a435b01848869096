import Foundation
import Synchronization

/// How finely a nonlinearity is integrated: the constants its loop reads, and what they achieve.
struct QuadratureRule: Sendable {
    var constants: [Double]
    /// The largest difference from the next finer rule over sample pairs, relative to √(K_ii K_jj) and to the diagonal of κ̇.
    var error: Double

    /// What is asked of a rule; the results are to be good to 1e-10.
    static let goal = 1e-11
}

/// A nonlinearity whose dual is not exact.
protocol EstimatedMap: LayerMap {
    /// Relative to √(K_ii K_jj) and to the diagonal of κ̇.
    var estimatedError: Double { get }
}

/// A nonlinearity integrated by a rule that is chosen for the deviations it meets.
protocol AdaptiveMap: EstimatedMap {
    /// Rules from coarse to fine.
    static var levels: Int { get }

    /// Of the map itself and of what may take its place.
    static var mostCoefficients: Int { get }

    /// The constants of a rule for deviations up to 2^exponent.
    func constants(level: Int, exponent: Int) -> [Double]

    /// Tells apart what shares no rule.
    var key: String { get }

    var rule: QuadratureRule { get }

    func with(_ rule: QuadratureRule) -> Self

    /// What needs no integral for deviations up to `largest`, nil where there is no such thing.
    func series(upTo largest: Double) -> (any EstimatedMap)?

    /// Tables for deviations in `range` and a matrix of `pairs` pairs, nil where there are none or they do not pay.
    func tabulated(over range: ClosedRange<Double>, pairs: Int, isCancelled: () -> Bool) -> (any EstimatedMap)?
}

/// The rules found so far. A deviation is rounded up to a power of two, so there are few.
private let knownRules: Mutex<[String: QuadratureRule]> = Mutex([:])

extension AdaptiveMap {
    var estimatedError: Double { rule.error }

    func tabulated(over range: ClosedRange<Double>, pairs: Int, isCancelled: () -> Bool) -> (any EstimatedMap)? { nil }

    func series(upTo largest: Double) -> (any EstimatedMap)? { nil }

    /// The series, or else the coarsest rule that meets the goal, for pairs of deviations up to `largest`.
    func fitted(upTo largest: Double) -> any EstimatedMap { series(upTo: largest) ?? adapted(upTo: largest) }

    /// The coarsest rule that meets the goal for pairs of deviations up to `largest`, or else the finest one.
    func adapted(upTo largest: Double) -> Self {
        let exponent = largest > 0.5 ? Int(log2(min(largest, Self.largestDeviation)).rounded(.up)) : -1
        let name = "\(key) \(exponent)"
        if let known = knownRules.withLock({ $0[name] }) { return with(known) }
        let rule = chosenRule(exponent)
        knownRules.withLock { $0[name] = rule }
        return with(rule)
    }

    private func chosenRule(_ exponent: Int) -> QuadratureRule {
        let largest = exp2(Double(exponent))
        var rule = QuadratureRule(constants: constants(level: 0, exponent: exponent), error: .infinity)
        var values = samples(rule.constants, largest)
        for level in 1...Self.levels {
            let finer = constants(level: level, exponent: exponent)
            let finerValues = samples(finer, largest)
            let before = rule.error
            rule.error = zip(values, finerValues).map { abs($0.value - $1.value) / $1.scale }.max() ?? 0
            // What is small and no longer falls is rounding, of which finer rules have more.
            let isRounding = rule.error > before / 2 && rule.error < 1e-6
            if rule.error <= QuadratureRule.goal || isRounding { return rule }
            (rule.constants, values) = (finer, finerValues)
        }
        return rule
    }

    /// The largest deviation that the rules are made for.
    static var largestDeviation: Double { 0x1p36 }

    package func isDefined(at variance: Double) -> Bool { variance <= Self.largestDeviation * Self.largestDeviation }

    package var domain: String { "it is integrated for pre-activations with a standard deviation up to 6.8e10" }

    /// Cosines and slopes over a grid of deviations and angles, dense towards the ends of both, with what an error of each is
    /// relative to. Slopes stand as they are: over a diagonal of the same rule an error of both would cancel.
    private func samples(_ constants: [Double], _ largest: Double) -> [(value: Double, scale: Double)] {
        // Large deviations differ by little but their scale, and take panels by the dozen.
        let deviations = (largest > 4096 ? [1, 0.02] : [1, 0.7, 0.2, 0.02]).map { $0 * largest }
        let chords = [0, 1e-6, 0.01, 0.2, 0.5, -0.2, -0.01, -1e-6, -0.0]
        var result: [(value: Double, scale: Double)] = []
        for s in deviations {
            for t in deviations where t <= s {
                let diagonal = (pair(s, s, fold: 0, constants).slope * pair(t, t, fold: 0, constants).slope).squareRoot()
                for chord in chords {
                    let (fold, slope) = pair(s, t, fold: chord, constants)
                    result += [(fold.sign == .minus ? 2 * fold.magnitude - 1 : 1 - 2 * fold, 1), (slope, max(diagonal, 1e-300))]
                }
            }
        }
        return result
    }

    /// κ and κ̇ of a pair by a rule for its variances.
    func quadrature(_ pair: GaussianPair) -> DualMoments {
        // A deviation of 0 has slopes too; they are those of one that is next to nothing.
        let (s, t) = (max(pair.p.squareRoot(), 1e-18), max(pair.q.squareRoot(), 1e-18))
        let map = fitted(upTo: max(s, t))
        // sin² of half the angle, or of half its rest: (1 ∓ ρ)/2 = (1 − ρ²)/(2 (1 ± ρ)).
        let isAlone = pair.p == 0 || pair.q == 0
        let sine = isAlone ? 1 : pair.area / (s * t)
        let small = min(0.5, sine * sine / (2 + 2 * abs(pair.cosine)))
        let fold = pair.cosine < 0 ? -small : small
        let (image, slope) = map.pair(s, t, fold: fold, map.constants)
        let (own, other) = (scale(s), scale(t))
        let cosine = image.sign == .minus ? 2 * image.magnitude - 1 : 1 - 2 * image
        let outer = (scale(pair.p.squareRoot()), scale(pair.q.squareRoot()))
        return DualMoments(kappa: outer.0 * outer.1 * cosine, kappaDot: slope * (own / s) * (other / t))
    }

    private func scale(_ deviation: Double) -> Double {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: coefficientCount) { buffer in
            guard let base = buffer.baseAddress else { return 0 }
            return image(of: deviation, coefficients: base)
        }
    }
}

extension LayerMap {
    /// One pair through the loop: the image's half chord, and κ̇ s_i s_j/(s'_i s'_j).
    func pair(_ s: Double, _ t: Double, fold: Double, _ constants: [Double]) -> (fold: Double, slope: Double) {
        let count = coefficientCount
        return withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * count) { buffer in
            // A temporary of the capacity asked for has an address.
            guard let row = buffer.baseAddress else { return (0, 0) }
            _ = image(of: s, coefficients: row)
            _ = image(of: t, coefficients: row + count)
            var (fold, slope) = (fold, 1.0)
            loop?.double(constants, row, row + count, 1, 1, &fold, &slope)
            return (fold, slope)
        }
    }
}
