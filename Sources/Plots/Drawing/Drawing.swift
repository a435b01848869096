/// A figure as a list of shapes with their places: what every format (SVG now) is written from.
public struct Drawing: Sendable, Equatable {
    public var width: Double
    public var height: Double
    /// What a screen reader says.
    public var title: String
    public var description: String
    /// From the back to the front.
    public var elements: [Element] = []

    public enum Element: Sendable, Equatable {
        case path(Path, Paint)
        case circle(center: Point, radius: Double, Paint)
        case text(Text)
        case cells(Cells)
        /// What lies within the rectangle of the elements.
        case clipped(Rectangle, [Element])
    }
}

/// Straight lines from point to point, in pieces.
public struct Path: Sendable, Equatable {
    public var pieces: [[Point]]
    /// Whether each piece ends where it began.
    public var isClosed: Bool

    public init(_ pieces: [[Point]], closed: Bool = false) { (self.pieces, isClosed) = (pieces, closed) }

    static func line(_ from: Point, _ to: Point) -> Path { Path([[from, to]]) }

    static func rectangle(_ r: Rectangle) -> Path {
        Path([[Point(r.x, r.y), Point(r.right, r.y), Point(r.right, r.bottom), Point(r.x, r.bottom)]], closed: true)
    }
}

/// How a shape is filled and its outline drawn.
public struct Paint: Sendable, Equatable {
    public var fill: Colour?
    public var fillOpacity = 1.0
    public var stroke: Colour?
    public var strokeWidth = 1.0
    public var strokeOpacity = 1.0
    public var dash = Dash.solid
    /// Whether edges keep to whole pixels: for axes and ticks.
    public var isCrisp = false

    static func filled(_ colour: Colour, opacity: Double = 1) -> Paint { Paint(fill: colour, fillOpacity: opacity) }

    static func stroked(_ colour: Colour, width: Double = 1, opacity: Double = 1, dash: Dash = .solid, crisp: Bool = false) -> Paint {
        Paint(stroke: colour, strokeWidth: width, strokeOpacity: opacity, dash: dash, isCrisp: crisp)
    }
}

/// How a line is broken, so that lines can be told apart without their colours.
public enum Dash: Sendable, Equatable, CaseIterable {
    case solid, dashed, dotted, dashDotted

    /// Lengths of strokes and gaps in widths of the line.
    var pattern: [Double] {
        switch self {
        case .solid: []
        case .dashed: [4, 2.5]
        case .dotted: [1, 2]
        case .dashDotted: [4, 2, 1, 2]
        }
    }
}

/// A line of text on its baseline.
public struct Text: Sendable, Equatable {
    public enum Anchor: Sendable, Equatable { case start, middle, end }

    public var label: Label
    public var at: Point
    public var size: Double
    public var anchor = Anchor.start
    public var colour = Colour.ink
    public var isBold = false
    /// Whether it runs from the bottom to the top.
    public var isVertical = false

    /// The place that it takes, from the widths of a wide sans-serif font.
    public var bounds: Rectangle {
        let length = TextWidth.of(label, size: size, bold: isBold)
        let back = anchor == .start ? 0 : anchor == .middle ? length / 2 : length
        let (ascent, descent) = (size * 0.8, size * 0.25)
        return isVertical
            ? Rectangle(x: at.x - ascent, y: at.y - length + back, width: ascent + descent, height: length)
            : Rectangle(x: at.x - back, y: at.y - ascent, width: length, height: ascent + descent)
    }
}

/// Text with powers: `10` and then `−3` raised.
public struct Label: Sendable, Equatable, ExpressibleByStringLiteral {
    public var base: String
    public var raised: String

    public init(_ base: String, raised: String = "") { (self.base, self.raised) = (base, raised) }
    public init(stringLiteral value: String) { self.init(value) }

    /// 10 to a power, after a prefix.
    static func power(_ exponent: Int, prefix: String = "") -> Label { Label("\(prefix)10", raised: Self.signed("\(exponent)")) }

    /// The number with a minus sign as wide as its digits.
    static func signed(_ number: String) -> String { number.hasPrefix("-") ? "\u{2212}\(number.dropFirst())" : number }
}

/// A rectangle of equal cells, each of one of some colours, as a heat map is made of.
public struct Cells: Sendable, Equatable {
    public var place: Rectangle
    public var rows: Int
    public var columns: Int
    public var colours: [Colour]
    /// Indices of `colours`, row by row from the top; nil where there is no cell.
    public var indices: [Int?]
}
