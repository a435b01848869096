import Arrays
import JSON
import Jobs
import Plots

/// The figures of a step's influence: over a plane as colours, over a line as curves, over other points what was predicted against
/// what happened. They show the first network and its first output.
struct InfluenceFigures {
    let document: JSONValue
    let arrays: [ResultArray]
    let blobs: BlobStore

    init(_ document: JSONValue, arrays: [ResultArray], blobs: BlobStore) {
        (self.document, self.arrays, self.blobs) = (document, arrays, blobs)
    }

    var plots: [ResultPlots.Plot] {
        guard isPlane else { return [ResultPlots.Plot(name: "influence") { try isLine ? curves() : scatter() }] }
        var plots = [ResultPlots.Plot(name: "influence") { try map(of: has("change") ? "change" : "infinite_predicted") }]
        if has("change"), has("infinite_predicted") { plots.append(ResultPlots.Plot(name: "infinite") { try map(of: "infinite_predicted") }) }
        if has("defect") { plots.append(ResultPlots.Plot(name: "defect") { try map(of: "defect") }) }
        return plots
    }

    private var grid: JSONValue? { document["request"]?["grid"] }
    private var isPlane: Bool { grid?["y"] != nil }
    private var isLine: Bool { grid != nil && !isPlane }
    private func has(_ name: String) -> Bool { arrays.contains { $0.name == name } }

    private func values(_ name: String) throws -> [Double] {
        try arrays.first { $0.name == name }.map { try MappedArray(of: $0, in: blobs).doubles } ?? []
    }

    /// The first output of the first network at every point, of an array [runs, points, outputs].
    private func first(_ name: String) throws -> [Double] {
        guard let array = arrays.first(where: { $0.name == name }), array.shape.count == 3 else { return [] }
        let (all, k) = (try values(name), array.shape[2])
        return (0..<array.shape[1]).map { all[$0 * k] }
    }

    private var subtitle: String {
        let rate = document["request"]?["learning_rate"]?.double.map { "A step with learning rate \(NumberLabel.text($0))" } ?? "A step"
        let network = NetworkText.line(document["request"]?["architecture"])
        let seed = document["metrics"]?["runs"]?.elements?.first?["seed"]?.integer.map { ", seed \($0)" } ?? ""
        let count = arrays.first { $0.name == "gradient" }?.shape[1] ?? 1
        let examples = count == 1 ? "one example" : "\(count) examples"
        return "\(rate) on \(examples)\(grid == nil || steps.isEmpty ? "" : ", marked"); \(network)\(seed)."
    }

    /// The examples of the step, where the request shows them.
    private var steps: [[Double]] {
        document["request"]?["x_step"]?.elements?.compactMap { $0.doubles } ?? []
    }

    private static let names = [
        "change": "change of f", "infinite_predicted": "\u{2212}\u{3B7} \u{398}\u{221E}(x, x\u{2032}) \u{2202}L/\u{2202}f",
        "predicted": "\u{2212}\u{3B7} \u{398}(x, x\u{2032}) \u{2202}L/\u{2202}f", "defect": "change less prediction",
    ]

    private func map(of name: String) throws -> Figure {
        let (points, values) = (try values("points"), try first(name))
        let columns = grid?["x"]?.doubles?.last.map { Int($0) } ?? 0
        guard columns > 1, values.count >= 2 * columns, points.count == 2 * values.count else {
            return Figure("Influence", x: Axis("x"), y: Axis("y"), marks: [])
        }
        let rows = values.count / columns
        let (x, y) = ((0..<columns).map { points[2 * $0] }, (0..<rows).map { points[2 * $0 * columns + 1] })
        let means = BlockMeans.reduce(rows: rows, columns: columns, limit: ArrayPicture.cells) { Array(values[$0 * columns..<($0 + 1) * columns]) }
        var marks: [Mark] = [
            .heatMap(
                HeatMap(
                    Self.names[name] ?? name, rows: means.rows, columns: means.columns, values: means.values, x: FieldFigures.edges(x), y: FieldFigures.edges(y)))
        ]
        let predicted = name == "change" ? try first("predicted") : []
        if !predicted.isEmpty {
            marks.append(.contours(Contours(x: x, y: y, values: predicted, levels: Contours.levels(of: predicted, count: 9), style: Style(.ink, width: 0.7))))
        }
        marks += marksOfSteps { $0.count == 2 ? ($0[0], $0[1]) : nil }
        let title =
            switch name {
            case "change": "What a step on x\u{2032} does to the outputs at other inputs"
            case "defect": "What the tangent kernel does not predict of a step on x\u{2032}"
            default: "What the infinitely wide network's kernel says of a step on x\u{2032}"
            }
        let lines = predicted.isEmpty ? "" : " Lines are levels of the tangent kernel's prediction."
        var figure = Figure(title, subtitle: subtitle + lines, x: Axis("first feature"), y: Axis("second feature"), marks: marks)
        figure.frame = (420, 420)
        return figure
    }

    private func marksOfSteps(_ place: ([Double]) -> (Double, Double)?) -> [Mark] {
        let places = steps.compactMap(place)
        guard !places.isEmpty else { return [] }
        return [
            .points(Points("x\u{2032}", x: places.map(\.0), y: places.map(\.1), style: Style(Colour.palette[3]), shape: .diamond, radius: 5))
        ]
    }

    private func curves() throws -> Figure {
        let x = try values("points")
        var marks: [Mark] = []
        for (index, name) in ["change", "predicted", "infinite_predicted"].enumerated() where has(name) {
            let y = try first(name)
            guard y.count == x.count else { continue }
            marks.append(.line(Line(Self.names[name], x: x, y: y, style: .number(index, dash: index == 1 ? .dashed : nil))))
        }
        marks += marksOfSteps { $0.count == 1 ? ($0[0], 0) : nil }
        return Figure("What a step on x\u{2032} does to the outputs at other inputs", subtitle: subtitle, x: Axis("input x"), y: Axis("change of f", includes: [0]), marks: marks)
    }

    private func scatter() throws -> Figure {
        let (change, predicted, infinite) = (try first("change"), try first("predicted"), try first("infinite_predicted"))
        var marks: [Mark] = []
        let happened = change.isEmpty ? infinite : change
        if let least = happened.min(), let most = happened.max(), least < most {
            marks.append(.line(Line("equal", x: [least, most], y: [least, most], style: Style(.pencil, dash: .dashed, width: 1))))
        }
        for (index, (name, values)) in [("by this network's kernel", predicted), ("by the infinite network's", infinite)].enumerated() where values.count == happened.count {
            marks.append(.points(Points(name, x: values, y: happened, style: .number(index), opacity: 0.7)))
        }
        return Figure(
            "Outputs' change by a step on x\u{2032}, as predicted and as it was", subtitle: subtitle,
            x: Axis("predicted \u{2212}\u{3B7} \u{398}(x, x\u{2032}) \u{2202}L/\u{2202}f"), y: Axis("change of f"), marks: marks)
    }
}
