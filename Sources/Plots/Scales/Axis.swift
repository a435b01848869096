/// What an axis shows and how.
public struct Axis: Sendable, Equatable {
    public enum Scale: Sendable, Equatable { case linear, logarithmic }

    /// What the numbers are, such as `training loss`.
    public var name: String
    /// Nil for pure numbers.
    public var unit: String?
    public var scale: Scale
    /// Numbers that the axis covers whatever the data are, such as 0.
    public var includes: [Double]
    /// Whether numbers grow downwards or to the left, as the rows of a matrix do.
    public var isReversed = false
    /// Whether there are only whole numbers, so that ticks in between mean nothing.
    public var isInteger = false

    public init(_ name: String, unit: String? = nil, scale: Scale = .linear, includes: [Double] = []) {
        (self.name, self.unit, self.scale, self.includes) = (name, unit, scale, includes)
    }

    public var title: String { unit.map { "\(name) [\($0)]" } ?? name }

    /// The scale for numbers that may have any size: logarithmic where the positive ones spread over more than `factor`.
    public static func scale(for values: some Sequence<Double>, factor: Double = 30) -> Scale {
        var (least, most) = (Double.infinity, 0.0)
        for value in values where value.isFinite {
            // A negative number has no place on a logarithmic axis; zero is where curves may start.
            guard value >= 0 else { return .linear }
            if value > 0 { (least, most) = (min(least, value), max(most, value)) }
        }
        return most / least > factor ? .logarithmic : .linear
    }
}
