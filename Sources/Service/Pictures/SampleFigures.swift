import Arrays
import JSON
import Jobs
import Plots

/// The figure of drawn functions: some of them, their mean with a band of two standard deviations, and the data they were given.
struct SampleFigures {
    let document: JSONValue
    let arrays: StoredArrays

    init(_ document: JSONValue, arrays: StoredArrays) { (self.document, self.arrays) = (document, arrays) }

    var plots: [ResultPlots.Plot] {
        // A band around single points shows nothing.
        guard let shape = arrays.shape("samples"), shape.count == 3, shape[1] > 1 else { return [] }
        return [ResultPlots.Plot(name: "samples") { try samples(shape) }]
    }

    /// Functions in one figure; more are one cloud.
    private static let mostLines = 12
    private static let sampleStyle = Style(Colour.palette[5], width: 1)

    private func samples(_ shape: [Int]) throws -> Figure {
        let (count, m, k) = (shape[0], shape[1], shape[2])
        let (line, values) = (PointsOnLine(try arrays.doubles("x"), count: m), try arrays.doubles("samples"))
        var marks: [Mark] = []
        let (mean, variance) = (try arrays.doubles("mean"), try arrays.doubles("variance"))
        if mean.count == m * k, variance.count == m * k {
            let center = line.order.map { mean[$0 * k] }
            let deviation = line.order.map { 2 * max(0, variance[$0 * k]).squareRoot() }
            marks.append(
                .line(
                    Line(
                        "mean \u{B1} 2 standard deviations", x: line.x, y: center, lower: zip(center, deviation).map { $0 - $1 },
                        upper: zip(center, deviation).map { $0 + $1 }, style: .number(0))))
        }
        let shown = min(count, Self.mostLines)
        for sample in 0..<shown {
            let y = line.order.map { values[(sample * m + $0) * k] }
            marks.append(.line(Line(sample == 0 ? "samples" : nil, x: line.x, y: y, style: Self.sampleStyle)))
        }
        if let points = try trainingPoints() { marks.append(points) }
        return Figure(title, subtitle: subtitle(shown: shown, of: count, functions: k), x: Axis(line.name), y: Axis("f"), marks: marks)
    }

    private func trainingPoints() throws -> Mark? {
        let (x, y) = (try arrays.doubles("x_train"), try arrays.doubles("y_train"))
        guard !x.isEmpty, y.count % x.count == 0 else { return nil }
        let k = y.count / x.count
        return .points(Points("training data", x: x, y: x.indices.map { y[$0 * k] }, style: Style(Colour.palette[6])))
    }

    private var request: JSONValue { document["request"] ?? .null }

    private var title: String {
        switch (request["process"]?.text, request["kind"]?.text) {
        case ("network", _): "Networks of finite width at initialisation"
        case ("deep_gaussian", _): "Prior of a deep Gaussian process of \((request["widths"]?.doubles?.count ?? 0) + 1) layers"
        case (_, "ntk"): "Infinitely wide networks trained by gradient descent"
        case (_, "nngp"): "Posterior of a Gaussian process"
        default: "Prior of a Gaussian process"
        }
    }

    private func subtitle(shown: Int, of count: Int, functions k: Int) -> String {
        var parts: [String] = []
        if let kernel = request["kernel"], let length = kernel["lengthscale"]?.double, let variance = kernel["variance"]?.double {
            parts.append("Squared exponential covariance, length scale \(NumberLabel.text(length)), variance \(NumberLabel.text(variance)).")
        } else {
            let network = NetworkText.line(request["architecture"])
            if !network.isEmpty { parts.append(network + ".") }
        }
        if shown < count { parts.append("\(shown) of \(count) samples are shown.") }
        if k > 1 { parts.append("The first of \(k) functions.") }
        if document["metrics"]?["moments"]?.text == "of_samples", arrays.shape("mean") != nil { parts.append("Mean and band are those of the samples.") }
        return parts.joined(separator: " ")
    }
}

/// Where points stand on the horizontal axis: inputs of one number by it, others by the number of their row.
struct PointsOnLine {
    /// The rows from left to right.
    let order: [Int]
    let x: [Double]
    let name: String

    /// - Parameter inputs: [count]; anything else where inputs are not single numbers.
    init(_ inputs: [Double], count: Int) {
        let isLine = inputs.count == count
        order = isLine ? inputs.indices.sorted { inputs[$0] < inputs[$1] } : Array(0..<count)
        x = order.map { isLine ? inputs[$0] : Double($0) }
        name = isLine ? "x" : "row of x"
    }
}

/// The arrays of a result by name.
struct StoredArrays {
    let arrays: [ResultArray]
    let blobs: BlobStore

    func shape(_ name: String) -> [Int]? { arrays.first { $0.name == name }?.shape }

    /// All elements of an array; none where there is no such array.
    func doubles(_ name: String) throws -> [Double] {
        try arrays.first { $0.name == name }.map { try MappedArray(of: $0, in: blobs).doubles } ?? []
    }
}
