import Arrays
import Foundation
import JSON
import Jobs
import Plots

/// The phase diagram: the depth scale of correlations as colours with lines of equal depth, and the line between order and chaos.
struct PhaseFigures {
    let document: JSONValue
    let arrays: [ResultArray]
    let blobs: BlobStore

    init(_ document: JSONValue, arrays: [ResultArray], blobs: BlobStore) {
        (self.document, self.arrays, self.blobs) = (document, arrays, blobs)
    }

    var plots: [ResultPlots.Plot] { [ResultPlots.Plot(name: "phase") { try phase() }] }

    /// Depth scales at which lines are drawn.
    private static let levels = [1, 2, 3, 5, 10, 20.0]
    /// Where colours end.
    private static let deepest = 100.0
    private static let unbounded = Double(PhaseRequest.code(of: .unbounded))

    private func values(_ name: String) throws -> [Double] {
        try arrays.first { $0.name == name }.map { try MappedArray(of: $0, in: blobs).doubles } ?? []
    }

    private func phase() throws -> Figure {
        let (weights, biases) = (try values("weight_std"), try values("bias_std"))
        let (depths, critical) = (try values("depth_scale_c"), try values("critical_weight_std"))
        let name = document["request"]?["nonlinearity"].map { $0.text ?? $0["type"]?.text ?? "" } ?? ""
        let (x, y) = (Axis("weight_std \u{3C3}_w"), Axis("bias_std \u{3C3}_b"))
        guard weights.count > 1, biases.count > 1, depths.count == weights.count * biases.count else {
            return Figure("Phases", x: x, y: y, marks: [])
        }
        // Rows of a figure run upwards along y. Lines of equal depth are drawn from 1/ξ, which is 0 where ξ is infinite and nearly
        // linear on both sides of it.
        let phases = try values("phase_code")
        let places = biases.indices.flatMap { b in weights.indices.map { w in w * biases.count + b } }
        let rates = places.map { phases[$0] == Self.unbounded ? .nan : depths[$0] < 0 ? 0 : 1 / max(depths[$0], 1e-3) }
        let colours = rates.map { -log10(min(max($0, 1 / Self.deepest), 1)) }
        let means = BlockMeans.reduce(rows: biases.count, columns: weights.count, limit: ArrayPicture.cells) {
            Array(colours[$0 * weights.count..<($0 + 1) * weights.count])
        }
        var marks: [Mark] = [
            .heatMap(
                HeatMap(
                    "log\u{2081}\u{2080} \u{3BE}_c", rows: means.rows, columns: means.columns, values: means.values, x: FieldFigures.edges(weights),
                    y: FieldFigures.edges(biases))),
            .contours(
                Contours(x: weights, y: biases, values: rates, levels: Self.levels.map { 1 / $0 }, style: Style(FieldFigures.line, width: 0.7))),
        ]
        let found = biases.indices.filter { critical[$0] >= 0 }
        if !found.isEmpty {
            marks.append(
                .line(
                    Line(
                        "critical line \u{3C7}\u{2081} = 1", x: found.map { critical[$0] }, y: found.map { biases[$0] },
                        style: Style(Colour.palette[0], width: 2.4))))
        }
        var figure = Figure(
            "Depth to which correlations of inputs survive in deep \(name.replacing("_", with: " ")) networks",
            subtitle: "Colours show the depth scale \u{3BE}_c, from a layer or less to a hundred or more; white lines are at \(Self.levels.map { NumberLabel.text($0) }.joined(separator: ", ")) layers.\(rates.contains(where: \.isNaN) ? " Without colour, the variance grows without bound." : "")",
            x: x, y: y, marks: marks)
        figure.frame = (460, 380)
        return figure
    }
}
