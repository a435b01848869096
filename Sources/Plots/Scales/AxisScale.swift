import Foundation

/// Where numbers lie along an axis, from 0 at its beginning to 1 at its end.
struct AxisScale: Sendable, Equatable {
    let kind: Axis.Scale
    let range: ClosedRange<Double>
    private let isReversed: Bool

    /// A range narrower than this share of its numbers could not be labelled in few digits.
    private static let narrowest = 1e-8

    /// The range of the data, widened so that none of them lies on the frame.
    ///
    /// - Parameters:
    ///   - values: of the data; those that are not finite or have no place on the axis are passed over.
    ///   - padding: The share of the range to add at both ends.
    init(_ axis: Axis, values: some Sequence<Double>, padding: Double) {
        kind = axis.scale
        isReversed = axis.isReversed
        let isLogarithmic = axis.scale == .logarithmic
        func fits(_ value: Double) -> Bool { value.isFinite && (!isLogarithmic || value > 0) }
        var (least, most) = (Double.infinity, -Double.infinity)
        for value in values where fits(value) { (least, most) = (min(least, value), max(most, value)) }
        for value in axis.includes where fits(value) { (least, most) = (min(least, value), max(most, value)) }
        if least > most { (least, most) = isLogarithmic ? (1, 10) : (0, 1) }
        range = isLogarithmic ? Self.logarithmic(least, most, padding) : Self.linear(least, most, padding, fixed: axis.includes)
    }

    /// Exactly this range, as a heat map's edges are.
    init(_ axis: Axis, exactly range: ClosedRange<Double>) {
        (kind, self.range, isReversed) = (.linear, range, axis.isReversed)
    }

    private static func linear(_ least: Double, _ most: Double, _ padding: Double, fixed: [Double]) -> ClosedRange<Double> {
        let size = max(abs(least), abs(most))
        // Halves, because the difference of two large numbers may be infinite.
        let half = most / 2 - least / 2
        guard half > size * narrowest else {
            // One number, or several that look like one: a unit of their own size around them.
            let around = size > 0 ? size * 0.1 : 1
            return bounded(least - around)...bounded(most + around)
        }
        // An end that was asked for, such as 0, is the end of the axis.
        let low = fixed.contains(least) ? least : bounded(least - half * 2 * padding)
        let high = fixed.contains(most) ? most : bounded(most + half * 2 * padding)
        return low...high
    }

    private static func logarithmic(_ least: Double, _ most: Double, _ padding: Double) -> ClosedRange<Double> {
        guard most / least > 1 + 1e-6 else { return max(least / 3, .leastNonzeroMagnitude)...bounded(least * 3) }
        let (low, high) = (log10(least), log10(most))
        let room = (high - low) * padding
        return max(pow(10, low - room), .leastNonzeroMagnitude)...bounded(pow(10, high + room))
    }

    private static func bounded(_ value: Double) -> Double {
        min(max(value, -Double.greatestFiniteMagnitude), .greatestFiniteMagnitude)
    }

    /// From 0 to 1 within the range; nil for what has no place.
    func share(of value: Double) -> Double? {
        guard value.isFinite else { return nil }
        let (low, high) = (range.lowerBound, range.upperBound)
        let share: Double
        switch kind {
        case .linear: share = (value / 2 - low / 2) / (high / 2 - low / 2)
        case .logarithmic:
            guard value > 0 else { return nil }
            share = (log10(value) - log10(low)) / (log10(high) - log10(low))
        }
        // Far outside, so that a line still leaves the frame in its direction, but a number a drawing can hold.
        let near = min(max(share, -10), 11)
        return isReversed ? 1 - near : near
    }
}
