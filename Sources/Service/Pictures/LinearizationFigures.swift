import Foundation
import JSON
import Plots

/// The figure of an expansion: errors of the linearisation and of the second order against the length of the displacement,
/// beside the slopes 2 and 3 that those of a smooth network have.
struct LinearizationFigures {
    private let document: JSONValue
    private let scales: [Double]
    /// Of `scales`, ascending.
    private let places: [Int]

    init(_ document: JSONValue) {
        self.document = document
        let scales = document["scales"]?.doubles ?? []
        (self.scales, places) = (scales, scales.indices.sorted { scales[$0] < scales[$1] })
    }

    var plots: [ResultPlots.Plot] { [ResultPlots.Plot(name: "linearization") { figure }] }

    private static let orders = [(member: "linear", name: "linearisation", slope: 2), (member: "quadratic", name: "second order", slope: 3)]

    private var figure: Figure {
        let (axis, unit) = axis
        let x = places.map { unit * scales[$0] }
        var marks: [Mark] = []
        var hasLaw = false
        for (index, (member, name, slope)) in Self.orders.enumerated() {
            guard let errors = document["errors"]?[member]?["rms"]?.doubles, errors.count == scales.count else { continue }
            let y = places.map { errors[$0] }
            let law = document["slopes"]?[member]?["rms"]
            let style = Style.number(index)
            marks.append(.line(Line(nil, x: x, y: y, style: style)))
            marks.append(.points(Points(name + fitted(law), x: x, y: y, style: style, shape: Points.Shape.allCases[index])))
            guard let first = Self.smallest(y, beyondRounding: law?["scales"]?.integer ?? 0), let most = y.max() else { continue }
            hasLaw = true
            // As far as the errors reach: those of rectifiers grow more slowly.
            let end = min(x[x.count - 1], x[first] * pow(most / y[first], 1 / Double(slope)))
            let guide = [y[first], y[first] * pow(end / x[first], Double(slope))]
            marks.append(.line(Line("slope \(slope)", x: [x[first], end], y: guide, style: .number(index, dash: .dashed))))
        }
        let network = NetworkText.line(document["architecture"] ?? document["request"]?["architecture"])
        var parts = [network.isEmpty ? "" : "\(network).", "Root mean square over all rows and outputs."]
        if !hasLaw { parts.append("What the expansions miss is rounding.") }
        return Figure(
            "Errors of a network's Taylor expansions along \(direction)", subtitle: parts.filter { !$0.isEmpty }.joined(separator: " "), x: axis,
            y: Axis("error of the outputs", scale: .logarithmic), marks: marks)
    }

    /// How long a displacement of scale 1 is on the axis: relative to w₀, as drifts are, where that has a norm.
    private var axis: (axis: Axis, unit: Double) {
        let length = document["metrics"]?["displacement_norm"]?.double ?? 0
        let start = document["metrics"]?["initial_norm"]?.double ?? 0
        guard length > 0 else { return (Axis("scale s", scale: .logarithmic), 1) }
        guard start > 0, (length / start).isFinite else { return (Axis("displacement \u{2016}s u\u{2016}", scale: .logarithmic), length) }
        return (Axis("displacement \u{2016}s u\u{2016} / \u{2016}w\u{2080}\u{2016}", scale: .logarithmic), length / start)
    }

    private var direction: String {
        guard let displacement = document["request"]?["displacement"] else { return "a displacement" }
        if displacement["training"] != nil { return "what training moved" }
        return displacement["seed"] != nil ? "a random displacement" : "a given displacement"
    }

    private func fitted(_ law: JSONValue?) -> String {
        guard let slope = law?["slope"]?.double else { return "" }
        let error = law?["slope_standard_error"]?.double.map { " \u{B1} \(NumberLabel.fixed($0, decimals: 2))" } ?? ""
        return ", slope \(NumberLabel.fixed(slope, decimals: 2))\(error)"
    }

    /// The place of the smallest of the `count` errors that the fit took for more than rounding.
    private static func smallest(_ errors: [Double], beyondRounding count: Int) -> Int? {
        errors.indices.sorted { errors[$0] > errors[$1] }.prefix(count).last
    }
}
