/// The numbers a member may hold; NaN and infinities are in none.
public struct NumberRange: Sendable, CustomStringConvertible {
    private let lower: Double?
    private let upper: Double?
    private let excludesLower: Bool
    private let excludesUpper: Bool

    private init(lower: Double? = nil, upper: Double? = nil, excludesLower: Bool = false, excludesUpper: Bool = false) {
        self.lower = lower
        self.upper = upper
        self.excludesLower = excludesLower
        self.excludesUpper = excludesUpper
    }

    public static let finite = NumberRange()
    public static let positive = NumberRange.above(0)
    public static let nonNegative = NumberRange.atLeast(0)

    public static func atLeast(_ lower: Double) -> NumberRange { NumberRange(lower: lower) }
    public static func atMost(_ upper: Double) -> NumberRange { NumberRange(upper: upper) }
    public static func above(_ lower: Double) -> NumberRange { NumberRange(lower: lower, excludesLower: true) }
    public static func below(_ upper: Double) -> NumberRange { NumberRange(upper: upper, excludesUpper: true) }

    public static func between(_ lower: Double, _ upper: Double, excludingLower: Bool = false, excludingUpper: Bool = false) -> NumberRange {
        NumberRange(lower: lower, upper: upper, excludesLower: excludingLower, excludesUpper: excludingUpper)
    }

    public func contains(_ value: Double) -> Bool {
        guard value.isFinite else { return false }
        if let lower, excludesLower ? value <= lower : value < lower { return false }
        if let upper, excludesUpper ? value >= upper : value > upper { return false }
        return true
    }

    /// What follows "must be", such as "above 0 and at most 1".
    public var description: String {
        let bounds = [
            lower.map { (excludesLower ? "above " : "at least ") + text($0) },
            upper.map { (excludesUpper ? "below " : "at most ") + text($0) },
        ].compactMap(\.self)
        return bounds.isEmpty ? "finite" : bounds.joined(separator: " and ")
    }
}

/// A double in a sentence: `1`, not `1.0`.
func text(_ value: Double) -> String {
    Int(exactly: value).map(String.init) ?? "\(value)"
}

/// What follows "must be" for a range of integers, such as "at least 1".
func describe(_ range: some RangeExpression<Int>) -> String {
    switch range {
    case let range as ClosedRange<Int> where range.lowerBound == range.upperBound: "\(range.lowerBound)"
    case let range as ClosedRange<Int>: "from \(range.lowerBound) to \(range.upperBound)"
    case let range as Range<Int> where range.lowerBound == range.upperBound - 1: "\(range.lowerBound)"
    case let range as Range<Int>: "from \(range.lowerBound) to \(range.upperBound - 1)"
    case let range as PartialRangeFrom<Int>: "at least \(range.lowerBound)"
    case let range as PartialRangeThrough<Int>: "at most \(range.upperBound)"
    case let range as PartialRangeUpTo<Int>: "below \(range.upperBound)"
    default: "within \(range)"
    }
}
