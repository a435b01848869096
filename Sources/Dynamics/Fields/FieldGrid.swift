/// Points of a rectangle in rows of constant y, from the lower left on; each row runs through x.
public struct FieldGrid: Sendable, Equatable {
    /// `count` numbers at equal distances, both ends among them.
    public struct Axis: Sendable, Equatable {
        public let from: Double
        public let to: Double
        public let count: Int

        /// - Precondition: at least two points, from below to.
        public init(from: Double, to: Double, count: Int) {
            precondition(count >= 2 && from < to, "an axis runs upwards through two points or more")
            (self.from, self.to, self.count) = (from, to, count)
        }

        public subscript(index: Int) -> Double {
            let part = Double(index) / Double(count - 1)
            return from * (1 - part) + to * part
        }
    }

    public let x: Axis
    public let y: Axis

    public init(x: Axis, y: Axis) { (self.x, self.y) = (x, y) }

    public var count: Int { x.count * y.count }

    public subscript(index: Int) -> SIMD2<Double> { SIMD2(x[index % x.count], y[index / x.count]) }
}
