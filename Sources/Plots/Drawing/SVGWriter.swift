/// Writes a drawing as SVG 1.1: one self-contained UTF-8 document, the same bytes for the same drawing.
public struct SVGWriter {
    private var text = ""
    private var clips = 0

    private init() {}

    public static func write(_ drawing: Drawing) -> String {
        var writer = SVGWriter()
        let (width, height) = (number(drawing.width), number(drawing.height))
        writer.text = """
            <?xml version="1.0" encoding="UTF-8"?>
            <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)" role="img" font-family="sans-serif">
            <title>\(escaped(drawing.title))</title>
            <desc>\(escaped(drawing.description))</desc>

            """
        for element in drawing.elements { writer.append(element) }
        writer.text += "</svg>\n"
        return writer.text
    }

    private mutating func append(_ element: Drawing.Element) {
        switch element {
        case .path(let path, let paint): text += "<path d=\"\(Self.data(path))\"\(Self.attributes(paint))/>\n"
        case .circle(let center, let radius, let paint):
            text += "<circle cx=\"\(Self.number(center.x))\" cy=\"\(Self.number(center.y))\" r=\"\(Self.number(radius))\"\(Self.attributes(paint))/>\n"
        case .text(let label): append(label)
        case .cells(let cells): append(cells)
        case .clipped(let r, let elements):
            clips += 1
            text += "<clipPath id=\"clip\(clips)\"><rect x=\"\(Self.number(r.x))\" y=\"\(Self.number(r.y))\" "
            text += "width=\"\(Self.number(r.width))\" height=\"\(Self.number(r.height))\"/></clipPath>\n<g clip-path=\"url(#clip\(clips))\">\n"
            for element in elements { append(element) }
            text += "</g>\n"
        }
    }

    private mutating func append(_ line: Text) {
        let anchor = switch line.anchor { case .start: "start"; case .middle: "middle"; case .end: "end" }
        let (x, y) = (Self.number(line.at.x), Self.number(line.at.y))
        text += "<text x=\"\(x)\" y=\"\(y)\" font-size=\"\(Self.number(line.size))\" text-anchor=\"\(anchor)\" fill=\"\(line.colour.hex)\""
        if line.isBold { text += " font-weight=\"bold\"" }
        if line.isVertical { text += " transform=\"rotate(-90 \(x) \(y))\"" }
        text += ">\(Self.escaped(line.label.base))"
        if !line.label.raised.isEmpty {
            let (size, rise) = (Self.number(line.size * TextWidth.raisedScale), Self.number(-line.size * 0.38))
            text += "<tspan font-size=\"\(size)\" dy=\"\(rise)\">\(Self.escaped(line.label.raised))</tspan>"
        }
        text += "</text>\n"
    }

    /// One path a colour, of runs of cells in units of cells: a tenth of the size of a rectangle for each.
    private mutating func append(_ cells: Cells) {
        let (width, height) = (cells.place.width / Double(cells.columns), cells.place.height / Double(cells.rows))
        text += "<g transform=\"translate(\(Self.number(cells.place.x)) \(Self.number(cells.place.y))) "
        text += "scale(\(Self.precise(width)) \(Self.precise(height)))\" shape-rendering=\"crispEdges\">\n"
        var runs = [String](repeating: "", count: cells.colours.count)
        for row in 0..<cells.rows {
            var column = 0
            while column < cells.columns {
                let start = column
                let index = cells.indices[row * cells.columns + start]
                while column < cells.columns, cells.indices[row * cells.columns + column] == index { column += 1 }
                if let index { runs[index] += "M\(start) \(row)h\(column - start)v1h-\(column - start)z" }
            }
        }
        for (colour, run) in zip(cells.colours, runs) where !run.isEmpty { text += "<path fill=\"\(colour.hex)\" d=\"\(run)\"/>\n" }
        text += "</g>\n"
    }

    private static func data(_ path: Path) -> String {
        path.pieces.map { piece in
            piece.enumerated().map { "\($0 == 0 ? "M" : "L")\(number($1.x)) \(number($1.y))" }.joined() + (path.isClosed ? "Z" : "")
        }.joined()
    }

    private static func attributes(_ paint: Paint) -> String {
        var text = " fill=\"\(paint.fill?.hex ?? "none")\""
        if paint.fill != nil, paint.fillOpacity < 1 { text += " fill-opacity=\"\(number(paint.fillOpacity))\"" }
        guard let stroke = paint.stroke else { return text }
        text += " stroke=\"\(stroke.hex)\" stroke-width=\"\(number(paint.strokeWidth))\""
        if paint.strokeOpacity < 1 { text += " stroke-opacity=\"\(number(paint.strokeOpacity))\"" }
        text += paint.isCrisp ? " shape-rendering=\"crispEdges\"" : " stroke-linejoin=\"round\""
        if paint.dash != .solid {
            text += " stroke-dasharray=\"\(paint.dash.pattern.map { number($0 * paint.strokeWidth) }.joined(separator: " "))\""
        }
        return text
    }

    /// With at most two decimals: a hundredth of a pixel.
    static func number(_ value: Double) -> String { fixed(value, decimals: 2) }

    /// With at most six: for the size of a cell, which is multiplied with the number of cells.
    static func precise(_ value: Double) -> String { fixed(value, decimals: 6) }

    private static func fixed(_ value: Double, decimals: Int) -> String {
        let scale = (0..<decimals).reduce(1.0) { product, _ in product * 10 }
        // Coordinates are within a few frames of the drawing.
        let units = Int((min(max(value, -1e7), 1e7) * scale).rounded())
        let text = Ticks.decimal(abs(units), -decimals)
        return units < 0 ? "-\(text)" : text
    }

    /// Text as XML 1.0 takes it: markup escaped, and characters that no document may hold replaced.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "\t", "\n", "\r": escaped += " "
            case "\u{0}"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": escaped += "\u{FFFD}"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}

extension Figure {
    /// The figure as an SVG document.
    public var svg: String { SVGWriter.write(drawing) }
}
