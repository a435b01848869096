import Arrays
import JSON
import Jobs
import Plots

/// The figures of a kernel: its heat map and, where it was asked for, its spectrum.
struct KernelFigures {
    let document: JSONValue
    let arrays: [ResultArray]
    let blobs: BlobStore

    init(_ document: JSONValue, arrays: [ResultArray], blobs: BlobStore) {
        (self.document, self.arrays, self.blobs) = (document, arrays, blobs)
    }

    var plots: [ResultPlots.Plot] {
        var plots: [ResultPlots.Plot] = []
        // Of two kernels the tangent kernel; the other one is an array like all, with a picture of its own.
        if let kernel = ["ntk", "nngp"].lazy.compactMap({ name in arrays.first { $0.name == name && $0.shape.count == 2 } }).first {
            plots.append(ResultPlots.Plot(name: "kernel") { try heatMap(of: kernel) })
        }
        let spectra = arrays.filter { $0.name.hasSuffix("_spectrum") && $0.shape.count == 1 }
        if !spectra.isEmpty { plots.append(ResultPlots.Plot(name: "spectrum") { try spectrum(of: spectra) }) }
        return plots
    }

    private var network: String { NetworkText.line(document["request"]?["architecture"]) }
    private var isSymmetric: Bool { (document["request"]?["x2"] ?? .null) == .null }
    /// Empirical kernels are those of finite networks.
    private var isEmpirical: Bool { document["kind"]?.text == "kernels.empirical" }

    /// Drawn with different seeds, of which an empirical kernel is the mean.
    private var networks: Int { isEmpirical ? document["metrics"]?["networks"]?.integer ?? 1 : 1 }

    private func heatMap(of kernel: ResultArray) throws -> Figure {
        let name = kernel.name == "ntk" ? "neural tangent kernel" : "NNGP kernel"
        var picture = ArrayPicture(name: kernel.name == "ntk" ? "NTK" : "NNGP", region: try ArrayRegion(MappedArray(of: kernel, in: blobs)))
        let input = document["kind"]?.text == "kernels.graph" ? "graph" : "input"
        let inputs = isSymmetric ? "\(kernel.shape[0]) \(input)s" : "\(kernel.shape[0]) with \(kernel.shape[1]) \(input)s"
        picture.title = "\(isEmpirical ? "Empirical" : "Infinite-width") \(name) of \(inputs)\(networks > 1 ? ", mean of \(networks) networks" : "")"
        picture.subtitle = network.isEmpty ? "" : network + "."
        picture.axes = isSymmetric ? (input, input) : ("\(input) of the first set", "\(input) of the second set")
        return picture.figure
    }

    private func spectrum(of spectra: [ResultArray]) throws -> Figure {
        let lines = try spectra.enumerated().map { index, array in
            let values = try MappedArray(of: array, in: blobs).doubles
            let kind = array.name.hasPrefix("ntk") ? "NTK" : "NNGP"
            return Line(kind, x: values.indices.map { Double($0 + 1) }, y: values, style: .number(index))
        }
        let scale = Axis.scale(for: lines.lazy.flatMap(\.y).map { max($0, 0) })
        var figure = Figure(
            "Eigenvalues of the kernel, the largest first", subtitle: network.isEmpty ? "" : network + ".", x: Axis("number of the eigenvalue"),
            y: Axis("eigenvalue", scale: scale), marks: lines.map { .line($0) })
        figure.x.isInteger = true
        return figure
    }
}
