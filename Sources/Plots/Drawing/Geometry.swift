/// A place in a drawing: in pixels, from the left and from the top.
public struct Point: Sendable, Equatable {
    public var x: Double
    public var y: Double

    public init(_ x: Double, _ y: Double) { (self.x, self.y) = (x, y) }

    static func + (point: Point, offset: Point) -> Point { Point(point.x + offset.x, point.y + offset.y) }
    static func - (point: Point, other: Point) -> Point { Point(point.x - other.x, point.y - other.y) }
    static func * (point: Point, factor: Double) -> Point { Point(point.x * factor, point.y * factor) }

    var length: Double { (x * x + y * y).squareRoot() }
}

/// An upright rectangle in pixels.
public struct Rectangle: Sendable, Equatable {
    public var x: Double
    public var y: Double
    public var width: Double
    public var height: Double

    public init(x: Double, y: Double, width: Double, height: Double) {
        (self.x, self.y, self.width, self.height) = (x, y, width, height)
    }

    public var right: Double { x + width }
    public var bottom: Double { y + height }
    public var center: Point { Point(x + width / 2, y + height / 2) }

    /// Whether the two share more than an edge.
    public func overlaps(_ other: Rectangle) -> Bool {
        x < other.right && other.x < right && y < other.bottom && other.y < bottom
    }

    public func contains(_ other: Rectangle) -> Bool {
        x <= other.x && other.right <= right && y <= other.y && other.bottom <= bottom
    }
}
