import Foundation
import JSON
import Plots

/// The figures of a training, drawn from the document of its result.
struct TrainingFigures {
    private let document: JSONValue
    private let curves: RunCurves

    init(_ document: JSONValue) {
        self.document = document
        curves = RunCurves(document)
    }

    var plots: [ResultPlots.Plot] {
        let runs = curves.runs
        func has(_ name: String) -> Bool { runs.contains { $0[name] != nil } }
        var plots = [
            ResultPlots.Plot(name: "loss") { loss }, ResultPlots.Plot(name: "weight_drift") { weightDrift },
        ]
        if has("kernel_drift") { plots.append(ResultPlots.Plot(name: "kernel_drift") { kernelDrift }) }
        if has("linearized") { plots.append(ResultPlots.Plot(name: "linearized") { linearized }) }
        if !laws.isEmpty { plots.append(ResultPlots.Plot(name: "scaling") { scaling }) }
        return plots
    }

    // MARK: Curves against steps

    private var loss: Figure {
        figure(
            "Training loss (\(lossName))\(hasTest ? " and test loss" : "") of \(subject)", y: "loss",
            [(["loss"], ""), (["test_loss"], ", test")])
    }

    private var weightDrift: Figure {
        figure(
            "Relative weight change of \(subject) in training", y: "\u{2016}w \u{2212} w\u{2080}\u{2016} / \u{2016}w\u{2080}\u{2016}",
            [(["weight_drift", "relative"], "")])
    }

    private var kernelDrift: Figure {
        figure(
            "Change of the empirical NTK of \(subject) in training",
            y: "\u{2016}\u{398} \u{2212} \u{398}\u{2080}\u{2016} / \u{2016}\u{398}\u{2080}\u{2016} (Frobenius)", [(["kernel_drift", "relative"], "")])
    }

    private var linearized: Figure {
        figure(
            "Training loss of \(subject) and of \(curves.groups.count > 1 ? "their linearisations" : "its linearisation")", y: "loss (\(lossName))",
            [(["loss"], ", network"), (["linearized", "loss"], ", linearised")])
    }

    /// More bands than these cover each other, and which is whose is not seen.
    private static let mostBands = 6

    private var hasBands: Bool { curves.mostSeeds > 1 && curves.groups.count <= Self.mostBands }

    /// - Parameter kinds: One curve of each width, or two that belong together: where they are, and what the legend adds to the width.
    private func figure(_ title: String, y name: String, _ kinds: [(path: [String], suffix: String)]) -> Figure {
        let found = curves.groups.map { group in kinds.map { curves.curve(group, $0.path) } }
        let isPaired = kinds.count > 1 && found.contains { $0[1] != nil }
        // Two bands of one colour could not be told apart where they overlap; but with more lines than colours a colour would
        // stand for two widths.
        let hasOwnColours = hasBands && curves.groups.count * (isPaired ? 2 : 1) <= Colour.palette.count
        var lines: [Line] = []
        for (place, group) in curves.groups.enumerated() {
            for (number, (path, suffix)) in kinds.enumerated() {
                guard let curve = found[place][number] else { continue }
                let style: Style =
                    if hasOwnColours {
                        .number(lines.count, dash: number > 0 ? .dashed : .solid)
                    } else {
                        isPaired ? .pair(place, isSecond: number > 0) : .number(place)
                    }
                let ending = path[0] == "linearized" ? group.linearizedEnding.map { " (\($0))" } ?? "" : ""
                lines.append(
                    Line(
                        group.name + suffix + ending, x: curve.steps, y: curve.median, lower: hasBands ? curve.lower : [],
                        upper: hasBands ? curve.upper : [], style: style))
            }
        }
        var figure = Figure(
            title, subtitle: subtitle, x: Axis("step"), y: Axis(name, scale: Axis.scale(for: lines.lazy.flatMap(\.y))), marks: lines.map { .line($0) })
        figure.x.isInteger = true
        return figure
    }

    // MARK: Scaling

    /// What is fitted over widths and shown, as the document names it, with the curve that it is the end of.
    private static let quantities: [(law: String, path: [String], name: String)] = [
        ("weight_drift_relative", ["weight_drift", "relative"], "relative weight change"),
        ("kernel_drift", ["kernel_drift", "relative"], "change of the NTK"),
        ("linearized_output_rmse", ["linearized", "output_rmse"], "distance to the linearisation (RMS)"),
    ]

    private var laws: [(law: JSONValue, path: [String], name: String)] {
        Self.quantities.compactMap { quantity in document["scaling"]?[quantity.law].map { ($0, quantity.path, quantity.name) } }
    }

    private var scaling: Figure {
        var marks: [Mark] = []
        for (index, law) in laws.enumerated() {
            let values = curves.lastValues(law.path)
            let shapes = Points.Shape.allCases
            let style = Style.number(index)
            marks.append(
                .points(
                    Points(
                        law.name, x: values.map { Double($0.width) }, y: values.map(\.value), style: style, shape: shapes[index % shapes.count],
                        opacity: 0.6)))
            guard let slope = law.law["slope"]?.double, let intercept = law.law["intercept"]?.double,
                let narrowest = values.map(\.width).min(), let widest = values.map(\.width).max()
            else { continue }
            let widths = [Double(narrowest), Double(widest)]
            let error = law.law["slope_standard_error"]?.double.map { " \u{B1} \(NumberLabel.fixed($0, decimals: 2))" } ?? ""
            marks.append(
                .line(
                    Line(
                        "fit: slope \(NumberLabel.fixed(slope, decimals: 2))\(error)", x: widths, y: widths.map { exp(intercept) * pow($0, slope) },
                        style: .number(index, dash: .dashed))))
        }
        var figure = Figure(
            "Power laws in the width at the end of training", subtitle: "\(setting) Points are runs, lines least-squares fits of the logarithms.",
            x: Axis("width m", scale: .logarithmic), y: Axis("at the last step", scale: .logarithmic), marks: marks)
        figure.x.isInteger = true
        return figure
    }

    // MARK: Words

    private var request: JSONValue { document["request"] ?? .null }
    private var hasTest: Bool { curves.runs.contains { $0["test_loss"] != nil } }

    private var subject: String {
        curves.groups.count > 1 ? "networks of \(curves.groups.count) widths" : "a network"
    }

    private var lossName: String {
        switch request["loss"]?.text {
        case "half_mean": "half the mean squared residual"
        case "half_sum": "half the sum of squared residuals"
        case "mean": "mean squared residual"
        case "cross_entropy": "cross-entropy"
        default: "loss"
        }
    }

    /// The network and how it was trained.
    private var setting: String {
        let network = NetworkText.line(request["architecture"], hiddenWidth: request["widths"] == nil ? nil : "m")
        var parts = network.isEmpty ? [] : [network]
        if let optimizer = request["optimizer"], let type = optimizer["type"]?.text, let rate = optimizer["learning_rate"]?.double {
            let name = type == "sgd" ? (optimizer["batch_size"] == nil ? "gradient descent" : "stochastic gradient descent") : "Adam"
            parts.append("\(name) with learning rate \(NumberLabel.text(rate))")
        }
        return parts.joined(separator: "; ") + "."
    }

    private var subtitle: String {
        guard curves.mostSeeds > 1 else { return setting }
        let bands = hasBands ? ", bands reach from the 5th to the 95th percentile" : ""
        return "\(setting) Lines are medians of \(curves.mostSeeds) seeds\(bands)."
    }
}
