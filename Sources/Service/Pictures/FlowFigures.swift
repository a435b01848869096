import Foundation
import JSON
import Jobs
import Plots

/// The figures of an output flow: losses over time, of gradient flow and of gradient descent beside it, and how each eigenmode decays.
struct FlowFigures {
    let document: JSONValue
    let arrays: StoredArrays

    /// Modes in one figure.
    private static let mostModes = 10

    private var curves: TimeCurves { TimeCurves(document, prefixes: ["", "discrete_"]) }

    var plots: [ResultPlots.Plot] {
        guard curves.isSeries else { return [] }
        var plots = [ResultPlots.Plot(name: "loss") { curves.figure("Loss of gradient flow over time", notes: divergence) }]
        for kind in ["nngp", "ntk"] where arrays.shape("\(kind)_mode_decay") != nil {
            plots.append(ResultPlots.Plot(name: "\(kind)_modes") { try modes(of: kind) })
        }
        return plots
    }

    private var divergence: [String] {
        let diverges = ["nngp", "ntk"].contains { document["metrics"]?[$0]?["discrete_diverged"] == .bool(true) }
        return diverges ? ["Gradient descent with this learning rate diverges."] : []
    }

    /// The share of each mode's residual that is left, [times, n], the largest eigenvalue first.
    private func modes(of kind: String) throws -> Figure {
        let n = arrays.shape("\(kind)_mode_decay")?.last ?? 0
        let eigenvalues = try arrays.doubles("\(kind)_eigenvalues")
        let (flow, descent) = (try arrays.doubles("\(kind)_mode_decay"), try arrays.doubles("\(kind)_discrete_mode_decay"))
        let shown = Self.shown(of: n)
        var marks: [Mark] = []
        for (place, mode) in shown.enumerated() {
            let colour = ColourMap.sequential.colour(at: 0.85 * Double(place) / Double(max(1, shown.count - 1)))
            let name = mode < eigenvalues.count ? "\u{3BB} = \(NumberLabel.text(eigenvalues[mode]))" : "mode \(mode + 1)"
            func line(_ decay: [Double], _ name: String?, _ dash: Dash) -> Mark {
                .line(Line(name, x: curves.times, y: curves.places.map { abs(decay[$0 * n + mode]) }, style: Style(colour, dash: dash)))
            }
            if !descent.isEmpty { marks.append(line(descent, nil, .dashed)) }
            marks.append(line(flow, name, .solid))
        }
        var notes: [String] = []
        if shown.count < n { notes.append("\(shown.count) of \(n) modes are shown.") }
        if !descent.isEmpty { notes.append("Dashed lines are gradient descent in steps.") }
        let name = "share of the residual that is left"
        return Figure(
            "Decay of the eigenmodes of the \(kind.uppercased())", subtitle: notes.joined(separator: " "), x: curves.axis,
            y: Axis(name, includes: [0, 1]), marks: marks)
    }

    /// The first, the last, and some between at equal ratios of their numbers, as eigenvalues fall by powers.
    private static func shown(of n: Int) -> [Int] {
        guard n > mostModes else { return Array(0..<n) }
        let places = (0..<mostModes).map { Int((pow(Double(n), Double($0) / Double(mostModes - 1)) - 1).rounded()) }
        return Array(Set(places)).sorted()
    }
}
