/// The names of marks beside the frame, where they cover nothing.
struct Legend {
    struct Entry {
        var lines: [String]
        var mark: Mark
    }

    static let textSize = 12.0
    static let sampleWidth = 28.0
    private static let gap = 8.0
    private static let widest = 210.0
    private static let lineHeight = 16.0
    private static let entryGap = 5.0

    let entries: [Entry]

    init(_ marks: [Mark]) {
        entries = marks.compactMap { mark in
            let name: String? = switch mark {
            case .line(let line): line.name
            case .points(let points): points.name
            case .arrows(let field), .streamlines(let field): field.name
            case .heatMap, .contours: nil
            }
            return name.map { Entry(lines: TextWidth.wrap($0, size: Self.textSize, width: Self.widest), mark: mark) }
        }
    }

    var width: Double {
        guard !entries.isEmpty else { return 0 }
        let longest = entries.flatMap(\.lines).map { TextWidth.of(Label($0), size: Self.textSize) }.max() ?? 0
        return Self.sampleWidth + Self.gap + longest
    }

    var height: Double { entries.reduce(0) { $0 + Double(max($1.lines.count, 1)) * Self.lineHeight + Self.entryGap } }

    /// - Parameter origin: The upper left corner.
    func elements(at origin: Point) -> [Drawing.Element] {
        var elements: [Drawing.Element] = []
        var top = origin.y
        for entry in entries {
            let middle = top + Self.lineHeight / 2
            elements += Self.sample(of: entry.mark, from: Point(origin.x, middle))
            for (index, line) in entry.lines.enumerated() {
                let baseline = top + Self.lineHeight * Double(index) + Self.lineHeight / 2 + Self.textSize * 0.35
                elements.append(.text(Text(label: Label(line), at: Point(origin.x + Self.sampleWidth + Self.gap, baseline), size: Self.textSize)))
            }
            top += Double(max(entry.lines.count, 1)) * Self.lineHeight + Self.entryGap
        }
        return elements
    }

    private static func sample(of mark: Mark, from start: Point) -> [Drawing.Element] {
        let end = Point(start.x + sampleWidth, start.y)
        let middle = Point(start.x + sampleWidth / 2, start.y)
        switch mark {
        case .line(let line):
            let band = Rectangle(x: start.x, y: start.y - 5, width: sampleWidth, height: 10)
            let shade: [Drawing.Element] = line.upper.isEmpty ? [] : [.path(.rectangle(band), .filled(line.style.colour, opacity: MarkRenderer.bandOpacity))]
            return shade + [.path(.line(start, end), .stroked(line.style.colour, width: line.style.width, dash: line.style.dash))]
        case .points(let points): return [MarkRenderer.symbol(points, at: middle)]
        case .arrows(let field), .streamlines(let field): return MarkRenderer.arrow(from: start, to: end, field.style)
        case .heatMap, .contours: return []
        }
    }
}
