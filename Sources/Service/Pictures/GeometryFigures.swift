import Arrays
import JSON
import Jobs
import Plots

/// The figures of a kernel's geometry: cosines as a heat map, the spectrum, and how much of the targets its first eigenvectors hold.
struct GeometryFigures {
    let document: JSONValue
    let arrays: [ResultArray]
    let blobs: BlobStore

    init(_ document: JSONValue, arrays: [ResultArray], blobs: BlobStore) {
        (self.document, self.arrays, self.blobs) = (document, arrays, blobs)
    }

    var plots: [ResultPlots.Plot] {
        var plots: [ResultPlots.Plot] = []
        // Of two kernels the tangent kernel; the other's array has a picture of its own.
        if let cosine = ["ntk", "nngp"].lazy.compactMap({ kind in arrays.first { $0.name == "\(kind)_cosine" } }).first {
            plots.append(ResultPlots.Plot(name: "cosine") { try heatMap(of: cosine) })
        }
        plots += KernelFigures(document, arrays: arrays, blobs: blobs).plots
        let energies = arrays.filter { $0.name.hasSuffix("_target_energy") }
        if !energies.isEmpty { plots.append(ResultPlots.Plot(name: "target_energy") { try energy(of: energies) }) }
        return plots
    }

    private var network: String { NetworkText.line(document["request"]?["architecture"]) }

    private func heatMap(of cosine: ResultArray) throws -> Figure {
        let name = cosine.name.hasPrefix("ntk") ? "tangents (NTK)" : "outputs (NNGP)"
        var picture = ArrayPicture(name: "cosine", region: try ArrayRegion(MappedArray(of: cosine, in: blobs)))
        picture.title = "Cosines between the \(name) of \(cosine.shape[0]) inputs"
        picture.subtitle = network.isEmpty ? "" : network + "."
        picture.axes = ("input", "input")
        return picture.figure
    }

    private func energy(of energies: [ResultArray]) throws -> Figure {
        let lines = try energies.enumerated().map { index, array in
            var (sum, shares) = (0.0, [Double]())
            for value in try MappedArray(of: array, in: blobs).doubles {
                sum += value
                shares.append(sum)
            }
            return Line(
                array.name.hasPrefix("ntk") ? "NTK" : "NNGP", x: shares.indices.map { Double($0 + 1) }, y: shares, style: .number(index))
        }
        let most = Double(lines.first?.x.count ?? 1)
        let alignments = ["nngp", "ntk"].compactMap { kind in
            document["metrics"]?[kind]?["target_centered_alignment"]?.double.map { "\(kind.uppercased()) \(NumberLabel.fixed($0, decimals: 3))" }
        }
        var figure = Figure(
            "Share of the targets within the kernel's first eigenvectors",
            subtitle: ([network.isEmpty ? "" : network + ".", alignments.isEmpty ? "" : "Centred alignment: \(alignments.joined(separator: ", "))."]).filter { !$0.isEmpty }.joined(separator: " "),
            x: Axis("number of eigenvectors", scale: most > 50 ? .logarithmic : .linear), y: Axis("share of \u{2016}Y\u{2016}\u{B2}", includes: [0, 1]),
            marks: lines.map { .line($0) })
        figure.x.isInteger = true
        return figure
    }
}
