/// Where the parts of a figure lie: title above, axes to the left and below, legend and colour bar to the right.
struct FigureLayout {
    static let titleSize = 15.0
    static let subtitleSize = 11.5
    static let tickSize = 11.5
    static let axisSize = 13.0
    static let noteSize = 10.5
    static let tickLength = 5.0
    private static let margin = 14.0
    static let barWidth = 16.0

    let figure: Figure
    let scales: (x: AxisScale, y: AxisScale)
    let ticks: (x: Ticks, y: Ticks)
    let legend: Legend
    let heatMap: HeatMap?
    let bar: (scale: AxisScale, ticks: Ticks)?
    let title: [String]
    let subtitle: [String]
    /// What the figure leaves out; nil where it shows everything.
    let note: String?
    let frame: Rectangle
    let width: Double
    let height: Double

    init(_ figure: Figure) {
        self.figure = figure
        heatMap = figure.marks.lazy.compactMap { if case .heatMap(let map) = $0 { map } else { nil } }.first
        scales = Self.scales(figure, heatMap)
        let size = figure.frame
        ticks = (
            Ticks(scales.x, most: Int(size.width / 62), integer: figure.x.isInteger),
            Ticks(scales.y, most: Int(size.height / 36), integer: figure.y.isInteger)
        )
        legend = Legend(figure.marks)
        bar = heatMap.map { map in
            let scale = AxisScale(Axis(map.name), exactly: map.span)
            return (scale, Ticks(scale, most: Int(size.height / 36)))
        }
        note = Self.note(figure, scales)
        let left = Self.margin + Self.axisSize * 1.5 + Self.labelWidth(ticks.y) + Self.tickLength + 8
        let barRoom = bar.map { 14 + Self.barWidth + Self.tickLength + 5 + Self.labelWidth($0.ticks) + 8 + Self.axisSize * 1.3 } ?? 0
        let legendRoom = legend.entries.isEmpty ? 0 : 18 + legend.width
        // The last label below the axis reaches beyond the frame by half its width.
        let right = Self.margin + max(barRoom + legendRoom, 18)
        width = (left + size.width + right).rounded(.up)
        title = TextWidth.wrap(figure.title, size: Self.titleSize, bold: true, width: width - 2 * Self.margin)
        subtitle = TextWidth.wrap(figure.subtitle, size: Self.subtitleSize, width: width - 2 * Self.margin)
        let factorRoom = ticks.y.factor == nil && bar?.ticks.factor == nil ? 0.0 : 16
        let top = Self.margin + Double(title.count) * Self.titleSize * 1.3 + Double(subtitle.count) * Self.subtitleSize * 1.35 + 10 + factorRoom
        frame = Rectangle(x: left, y: top, width: size.width, height: size.height)
        let below = Self.tickLength + 5 + Self.tickSize + 8 + Self.axisSize + (note == nil ? 0 : Self.noteSize * 1.7) + Self.margin
        height = max(frame.bottom + below, top + legend.height + Self.margin).rounded(.up)
    }

    private static func scales(_ figure: Figure, _ map: HeatMap?) -> (AxisScale, AxisScale) {
        if let map { return (AxisScale(figure.x, exactly: map.x), AxisScale(figure.y, exactly: map.y)) }
        let hasPoints = figure.marks.contains { if case .points = $0 { true } else { false } }
        return (
            AxisScale(figure.x, values: figure.marks.lazy.flatMap(\.xValues), padding: hasPoints ? 0.06 : 0),
            AxisScale(figure.y, values: figure.marks.lazy.flatMap(\.yValues), padding: 0.05)
        )
    }

    static func labelWidth(_ ticks: Ticks) -> Double {
        ticks.major.map { TextWidth.of($0.label, size: tickSize) }.max() ?? 0
    }

    /// A logarithmic axis has no place for zero; whoever reads the figure should know that something is missing.
    private static func note(_ figure: Figure, _ scales: (x: AxisScale, y: AxisScale)) -> String? {
        let missing = figure.marks.reduce(0) { sum, mark in
            zip(mark.places.x, mark.places.y).reduce(sum) { $0 + (scales.x.share(of: $1.0) == nil || scales.y.share(of: $1.1) == nil ? 1 : 0) }
        }
        guard missing > 0 else { return nil }
        let isLogarithmic = figure.x.scale == .logarithmic || figure.y.scale == .logarithmic
        let points = missing == 1 ? "1 point is" : "\(missing) points are"
        return "\(points) not shown: \(isLogarithmic ? "zero has no place on a logarithmic axis" : "not finite")."
    }
}

extension Mark {
    /// The coordinates of the points that a line or a set of points shows.
    var places: (x: [Double], y: [Double]) {
        switch self {
        case .line(let line): (line.x, line.y)
        case .points(let points): (points.x, points.y)
        case .heatMap, .contours, .arrows, .streamlines: ([], [])
        }
    }

    var xValues: [Double] {
        switch self {
        case .line, .points: places.x
        case .heatMap(let map): [map.x.lowerBound, map.x.upperBound]
        case .contours(let contours): contours.x
        case .arrows(let field), .streamlines(let field): field.x
        }
    }

    var yValues: [Double] {
        switch self {
        case .line(let line): line.y + line.lower + line.upper
        case .points(let points): points.y
        case .heatMap(let map): [map.y.lowerBound, map.y.upperBound]
        case .contours(let contours): contours.y
        case .arrows(let field), .streamlines(let field): field.y
        }
    }
}
