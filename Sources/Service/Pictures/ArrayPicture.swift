import Arrays
import Plots

/// An array as a picture: a heat map of a matrix, lines of anything else. A large one is drawn by the means of blocks.
struct ArrayPicture {
    /// Cells of a heat map in each direction.
    static let cells = 120
    /// Points of a line.
    static let points = 2000
    /// Lines of a picture.
    static let lines = 12
    /// About how many elements are read; of more, the blocks' means are those of some of their rows.
    static let elements = 1 << 24

    let name: String
    let region: ArrayRegion
    /// What a title adds to the name.
    var title: String?
    var subtitle = ""
    /// What the rows and columns of a matrix are.
    var axes = (rows: "row", columns: "column")

    var figure: Figure {
        switch region.shape.axes.count {
        // A matrix of one row or column is a series.
        case 2 where min(region.shape.axes[0], region.shape.axes[1]) > 1: heatMap
        default: lines
        }
    }

    private func figure(_ x: Axis, _ y: Axis, _ marks: [Mark], note: String?) -> Figure {
        let text = [subtitle, note ?? ""].filter { !$0.isEmpty }.joined(separator: " ")
        return Figure(title ?? "\(name), shape \(region.shape)", subtitle: text, x: x, y: y, marks: marks)
    }

    private func row(_ index: Int) -> [Double] {
        if let values = region.row(index, as: Double.self) { return Array(values) }
        return region.row(index, as: Float.self).map { $0.map(Double.init) } ?? []
    }

    private var heatMap: Figure {
        let (rows, columns) = (region.shape.axes[0], region.shape.axes[1])
        let stride = max(1, rows * columns / Self.elements)
        let means = BlockMeans.reduce(rows: rows, columns: columns, limit: Self.cells, stride: stride, row: row)
        let block = (rows: (rows + means.rows - 1) / means.rows, columns: (columns + means.columns - 1) / means.columns)
        var note: String?
        if block.rows * block.columns > 1 {
            note = "Each cell is the mean of a block of \(block.rows) \u{D7} \(block.columns) elements\(stride > 1 ? ", of every \(stride)th row" : "")."
        }
        // The numbers of rows and columns are those of the whole array, whatever slice is shown.
        let (x, y) = (Self.edges(region.columns), Self.edges(region.rows))
        let map = HeatMap(name, rows: means.rows, columns: means.columns, values: means.values, x: x, y: y)
        var figure = figure(Axis(axes.columns), Axis(axes.rows), [.heatMap(map)], note: note)
        (figure.x.isInteger, figure.y.isInteger, figure.y.isReversed) = (true, true, true)
        // Square cells, unless the matrix is so long that it would be a line.
        let ratio = min(max(Double(rows) / Double(columns), 0.3), 2)
        figure.frame = ratio <= 1 ? (420, 420 * ratio) : (max(420 / ratio, 240), 420)
        return figure
    }

    private static func edges(_ indices: Range<Int>) -> ClosedRange<Double> {
        Double(indices.lowerBound) - 0.5...Double(indices.upperBound) - 0.5
    }

    /// One line for each element of a row, along the first axis; for a single row, one along it.
    private var lines: Figure {
        let axes = region.shape.axes
        let isRow = axes.count == 2 && axes[0] == 1
        let (length, width) = isRow ? (axes[1], 1) : (axes.first ?? 1, region.rowLength)
        let first = isRow ? region.columns.lowerBound : region.rows.lowerBound
        let shown = min(width, Self.lines)
        let chosen = (0..<shown).map { shown > 1 ? $0 * (width - 1) / (shown - 1) : 0 }
        let blocks = BlockMeans.blocks(length, limit: Self.points)
        var series = [[Double]](repeating: [], count: shown)
        for block in blocks {
            var means = [Double](repeating: 0, count: shown)
            for index in block {
                let values = isRow ? [row(0)[index]] : row(index)
                for (place, element) in chosen.enumerated() { means[place] += values[element] / Double(block.count) }
            }
            for place in 0..<shown { series[place].append(means[place]) }
        }
        let x = blocks.map { Double(first) + Double($0.lowerBound + $0.upperBound - 1) / 2 }
        let marks = chosen.enumerated().map { place, element in
            Mark.line(Line(width > 1 ? label(element) : nil, x: x, y: series[place], style: .number(place)))
        }
        var notes: [String] = []
        if shown < width { notes.append("\(shown) of \(width) series are shown.") }
        if blocks.first.map({ $0.count > 1 }) == true { notes.append("Each point is the mean of \(blocks[0].count) elements.") }
        let values = series.lazy.flatMap { $0 }
        var figure = figure(
            Axis(isRow ? self.axes.columns : "index along the first axis"), Axis(name, scale: Axis.scale(for: values, factor: 1e3)), marks,
            note: notes.isEmpty ? nil : notes.joined(separator: " "))
        figure.x.isInteger = true
        return figure
    }

    /// The index of an element of a row as numpy writes it.
    private func label(_ element: Int) -> String {
        var (rest, index) = (element, [String]())
        for axis in region.shape.axes.dropFirst().reversed() {
            index.insert(String(rest % axis), at: 0)
            rest /= axis
        }
        if region.shape.axes.count == 2 { index = [String(element + region.columns.lowerBound)] }
        return "[:, \(index.joined(separator: ", "))]"
    }
}
