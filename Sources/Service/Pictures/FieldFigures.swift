import Arrays
import JSON
import Jobs
import Plots

/// The figure of a function of the plane: its values as colours with lines of equal height, the descent field as arrows, and
/// the paths that were followed.
struct FieldFigures {
    let document: JSONValue
    let arrays: [ResultArray]
    let blobs: BlobStore

    init(_ document: JSONValue, arrays: [ResultArray], blobs: BlobStore) {
        (self.document, self.arrays, self.blobs) = (document, arrays, blobs)
    }

    var plots: [ResultPlots.Plot] { [ResultPlots.Plot(name: "field") { try field() }] }

    private func values(_ name: String) throws -> [Double] {
        try arrays.first { $0.name == name }.map { try MappedArray(of: $0, in: blobs).doubles } ?? []
    }

    private func field() throws -> Figure {
        let (points, values, vectors) = (try values("points"), try values("values"), try values("field"))
        let columns = document["request"]?["grid"]?["x"]?.doubles?.last.map { Int($0) } ?? 0
        guard columns > 1, values.count >= 2 * columns else { return Figure("Field", x: Axis("x"), y: Axis("y"), marks: []) }
        let rows = values.count / columns
        let (x, y) = ((0..<columns).map { points[2 * $0] }, (0..<rows).map { points[2 * $0 * columns + 1] })
        let name = document["request"]?["function"]?["name"]?.text
        let symbol = name == nil ? "L" : "f"
        let means = BlockMeans.reduce(rows: rows, columns: columns, limit: ArrayPicture.cells) { Array(values[$0 * columns..<($0 + 1) * columns]) }
        let (u, v) = (values.indices.map { vectors[2 * $0] }, values.indices.map { vectors[2 * $0 + 1] })
        var marks: [Mark] = [
            .heatMap(HeatMap(symbol, rows: means.rows, columns: means.columns, values: means.values, x: Self.edges(x), y: Self.edges(y))),
            .contours(
                Contours(x: x, y: y, values: values, levels: Contours.levels(of: values, count: 9), style: Style(Self.line, width: 0.7))),
            .arrows(VectorField("\u{2212}\u{2207}\(symbol)", x: x, y: y, u: u, v: v, style: Style(Colour.palette[6], width: 1))),
        ]
        marks += try paths()
        marks += try trainingPath()
        let subtitle = "Colours and lines of equal height show \(symbol); arrows the field \u{2212}\u{2207}\(symbol)\(marks.count > 3 ? ", lines paths along it" : "")."
        var figure: Figure
        if let name {
            figure = Figure("Descent field of \(name.replacing("_", with: " "))", subtitle: subtitle, x: Axis("x"), y: Axis("y"), marks: marks)
        } else {
            figure = Figure("Training loss L on a plane of the weights", subtitle: "\(network) \(subtitle)", x: axis(0), y: axis(1), marks: marks)
        }
        figure.frame = (420, 420)
        return figure
    }

    // MARK: A slice through a loss

    private var slice: JSONValue? { document["request"]?["function"] }

    private var network: String { NetworkText.line(slice?["loss_slice"]?["architecture"]) + "." }

    /// What a coordinate of the plane is, with the share of the path's variance along it.
    private func axis(_ index: Int) -> Axis {
        guard slice?["directions"]?.text == "principal", let component = slice?["components"]?.doubles?[index] else {
            return Axis("along random direction \(index + 1)")
        }
        let number = Int(component)
        let name = number > 0 ? "\(number)" : number == -1 ? "last" : "\(-number)th from the last"
        let share = document["metrics"]?["slice"]?["variance_shares"]?.doubles?[index]
        let text = share.map { " (\(NumberLabel.text(100 * $0)) % of the variance)" } ?? ""
        return Axis("along principal direction \(name)\(text)")
    }

    /// The way of the training, from its first point on.
    private func trainingPath() throws -> [Mark] {
        let points = try values("training_path")
        guard points.count > 2 else { return [] }
        let places = 0..<points.count / 2
        let (x, y) = (places.map { points[2 * $0] }, places.map { points[2 * $0 + 1] })
        let style = Style(Colour.palette[4], width: 2)
        return [
            .line(Line("training", x: x, y: y, style: style)), .points(Points("start", x: [x[0]], y: [y[0]], style: style, radius: 4)),
        ]
    }

    static let line = Colour(red: 255, green: 255, blue: 255)

    /// The edges of cells whose middles are evenly spaced points.
    static func edges(_ points: [Double]) -> ClosedRange<Double> {
        guard let first = points.first, let last = points.last, points.count > 1 else { return 0...1 }
        let half = (last - first) / Double(points.count - 1) / 2
        return first - half...last + half
    }

    private func paths() throws -> [Mark] {
        guard let array = arrays.first(where: { $0.name == "trajectories" }), array.shape.count == 3 else { return [] }
        let points = try MappedArray(of: array, in: blobs).doubles
        let length = array.shape[1]
        return (0..<array.shape[0]).map { path in
            let places = (0..<length).map { (path * length + $0) * 2 }
            return .line(
                Line(path == 0 ? "paths" : nil, x: places.map { points[$0] }, y: places.map { points[$0 + 1] }, style: Style(Colour.palette[1], width: 2)))
        }
    }
}
