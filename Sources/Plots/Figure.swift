/// A figure as a value: what it says and what it shows, in the units of its axes. ``drawing`` places it.
public struct Figure: Sendable, Equatable {
    /// What was computed.
    public var title: String
    /// With what: the network, the data, the numbers behind a line and its band.
    public var subtitle: String
    public var x: Axis
    public var y: Axis
    /// From the back to the front.
    public var marks: [Mark]
    /// The frame of the axes in pixels; titles, labels and the legend lie around it.
    public var frame = (width: 520.0, height: 330.0)

    public init(_ title: String, subtitle: String = "", x: Axis, y: Axis, marks: [Mark]) {
        (self.title, self.subtitle, self.x, self.y, self.marks) = (title, subtitle, x, y, marks)
    }

    public static func == (left: Figure, right: Figure) -> Bool {
        left.title == right.title && left.subtitle == right.subtitle && left.x == right.x && left.y == right.y
            && left.marks == right.marks && left.frame == right.frame
    }
}

/// Something shown in the frame of a figure.
public enum Mark: Sendable, Equatable {
    case line(Line)
    case points(Points)
    case heatMap(HeatMap)
    case contours(Contours)
    case arrows(VectorField)
    case streamlines(VectorField)
}

/// How a mark is told from the others.
public struct Style: Sendable, Equatable {
    public var colour: Colour
    public var dash: Dash
    public var width: Double

    public init(_ colour: Colour, dash: Dash = .solid, width: Double = 1.8) { (self.colour, self.dash, self.width) = (colour, dash, width) }

    /// The style of the mark with this number: colours first, then dashes.
    public static func number(_ index: Int, dash: Dash? = nil) -> Style {
        let (round, place) = index.quotientAndRemainder(dividingBy: Colour.palette.count)
        return Style(Colour.palette[place], dash: dash ?? Dash.allCases[round % Dash.allCases.count])
    }

    /// The style of one of two lines that belong together, of the pair with this number: one colour and two dashes, which no other pair
    /// has while there are at most twice as many pairs as colours.
    public static func pair(_ index: Int, isSecond: Bool) -> Style {
        let isLater = index / Colour.palette.count % 2 == 1
        return number(index, dash: isSecond ? (isLater ? .dotted : .dashed) : isLater ? .dashDotted : .solid)
    }
}

/// A series of points joined by lines, and a band around it where there are bounds.
public struct Line: Sendable, Equatable {
    /// In the legend; nil keeps it out.
    public var name: String?
    public var x: [Double]
    public var y: [Double]
    /// Bounds of the band, as long as `y`; empty without one.
    public var lower: [Double]
    public var upper: [Double]
    public var style: Style

    public init(_ name: String?, x: [Double], y: [Double], lower: [Double] = [], upper: [Double] = [], style: Style) {
        precondition(x.count == y.count, "a line has a y for each x")
        precondition(lower.count == upper.count && (lower.isEmpty || lower.count == y.count), "a band has bounds at each x")
        (self.name, self.x, self.y, self.lower, self.upper, self.style) = (name, x, y, lower, upper, style)
    }
}

/// Points that are not joined.
public struct Points: Sendable, Equatable {
    public enum Shape: Sendable, Equatable, CaseIterable { case circle, square, diamond, triangle }

    public var name: String?
    public var x: [Double]
    public var y: [Double]
    public var style: Style
    public var shape: Shape
    public var radius: Double
    public var opacity: Double

    public init(
        _ name: String?, x: [Double], y: [Double], style: Style, shape: Shape = .circle, radius: Double = 3.2, opacity: Double = 1
    ) {
        precondition(x.count == y.count, "points have a y for each x")
        (self.name, self.x, self.y, self.style) = (name, x, y, style)
        (self.shape, self.radius, self.opacity) = (shape, radius, opacity)
    }
}

/// Numbers on a grid of cells, shown as colours with a bar that says which is which.
public struct HeatMap: Sendable, Equatable {
    /// What the numbers are; beside the colour bar.
    public var name: String
    public var rows: Int
    public var columns: Int
    /// Row by row; those that are not finite get no colour.
    public var values: [Double]
    /// The edges of the grid in the units of the axes; the first row lies at the lower bound of `y`.
    public var x: ClosedRange<Double>
    public var y: ClosedRange<Double>

    public init(_ name: String, rows: Int, columns: Int, values: [Double], x: ClosedRange<Double>, y: ClosedRange<Double>) {
        precondition(values.count == rows * columns, "a heat map has a value for each cell")
        (self.name, self.rows, self.columns, self.values, self.x, self.y) = (name, rows, columns, values, x, y)
    }
}

/// Lines of equal height of a function given on the points of a grid.
public struct Contours: Sendable, Equatable {
    /// The coordinates of the grid's columns and rows, ascending.
    public var x: [Double]
    public var y: [Double]
    /// Row by row.
    public var values: [Double]
    public var levels: [Double]
    public var style: Style

    public init(x: [Double], y: [Double], values: [Double], levels: [Double], style: Style) {
        precondition(values.count == x.count * y.count, "contours have a value for each point of the grid")
        (self.x, self.y, self.values, self.levels, self.style) = (x, y, values, levels, style)
    }
}

/// Vectors on the points of a grid.
public struct VectorField: Sendable, Equatable {
    public var name: String?
    public var x: [Double]
    public var y: [Double]
    /// Components row by row.
    public var u: [Double]
    public var v: [Double]
    public var style: Style

    public init(_ name: String?, x: [Double], y: [Double], u: [Double], v: [Double], style: Style) {
        precondition(u.count == x.count * y.count && v.count == u.count, "a field has a vector for each point of the grid")
        (self.name, self.x, self.y, self.u, self.v, self.style) = (name, x, y, u, v, style)
    }
}
