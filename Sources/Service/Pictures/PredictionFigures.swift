import JSON
import Jobs
import Plots

/// The figures of a prediction: the mean with its band where inputs lie on a line, and losses over the times.
struct PredictionFigures {
    let document: JSONValue
    let arrays: StoredArrays
    let rows: RequestRows

    private static let kinds = ["nngp", "ntk"]
    /// Times in one figure of the mean.
    private static let mostTimes = 6

    var plots: [ResultPlots.Plot] {
        var plots: [ResultPlots.Plot] = []
        let means = Self.kinds.filter { arrays.shape("\($0)_mean").map { $0.count == 3 && $0[1] > 1 } == true }
        if rows.areOnLine, !means.isEmpty { plots.append(ResultPlots.Plot(name: "mean") { try mean(of: means) }) }
        let losses = TimeCurves(document, prefixes: [""])
        if losses.isSeries { plots.append(ResultPlots.Plot(name: "loss") { losses.figure("Loss of the predicted mean over time") }) }
        return plots
    }

    // MARK: The mean on a line

    private func mean(of kinds: [String]) throws -> Figure {
        let times = TimeCurves.times(of: document)
        // Of several kinds the latest time; of one kind the way there, with the band of the latest.
        let latest = times.indices.max { times[$0] < times[$1] } ?? 0
        let order = times.indices.sorted { times[$0] < times[$1] }
        let early = kinds.count == 1 ? Self.spread(order.dropLast(), most: Self.mostTimes - 1) : []
        var marks: [Mark] = []
        for (number, kind) in kinds.enumerated() {
            for (place, time) in (early + [latest]).enumerated() {
                let style = Style.number(kinds.count == 1 ? early.count - place : number)
                let label = kinds.count > 1 ? Self.title(of: kind) : Self.label(times[time])
                marks.append(.line(try line(label, of: kind, at: time, band: time == latest, style)))
            }
        }
        if let points = try trainingPoints() { marks.append(points) }
        let x = Axis(try rows.inputs("x_test") == nil ? "row of x_test" : "x")
        let subject = kinds.count > 1 ? "infinitely wide networks" : kinds[0] == "ntk" ? "infinitely wide networks trained by gradient descent" : "a Gaussian process (NNGP)"
        return Figure("Mean of \(subject)", subtitle: try subtitle(of: kinds, at: Self.label(times[latest])), x: x, y: Axis("f"), marks: marks)
    }

    private static func title(of kind: String) -> String { kind == "ntk" ? "NTK: trained ensemble" : "NNGP: posterior" }

    private static func label(_ time: Double) -> String { time == .infinity ? "at the end of training" : "time \(JSONValue.double(time).ownString)" }

    /// At most so many of them, with the first and the last.
    private static func spread(_ places: some Collection<Int>, most: Int) -> [Int] {
        let places = Array(places)
        guard places.count > most else { return places }
        return (0..<most).map { places[$0 * (places.count - 1) / (most - 1)] }
    }

    /// The first output at a time [times, m, k], with two standard deviations [times, m] around it.
    private func line(_ name: String, of kind: String, at time: Int, band: Bool, _ style: Style) throws -> Line {
        let shape = arrays.shape("\(kind)_mean") ?? [1, 0, 1]
        let (m, k) = (shape[1], shape[2])
        let means = try arrays.doubles("\(kind)_mean")
        let line = PointsOnLine(try rows.inputs("x_test") ?? [], count: m)
        let mean = line.order.map { means[(time * m + $0) * k] }
        let deviation = band ? try deviations(of: kind, at: time, rows: m) : []
        guard deviation.count == m else { return Line(name, x: line.x, y: mean, style: style) }
        let ordered = line.order.map { 2 * deviation[$0] }
        return Line(
            name, x: line.x, y: mean, lower: zip(mean, ordered).map { $0 - $1 }, upper: zip(mean, ordered).map { $0 + $1 }, style: style)
    }

    private func deviations(of kind: String, at time: Int, rows m: Int) throws -> [Double] {
        let variance = try arrays.doubles("\(kind)_variance")
        if variance.count >= (time + 1) * m { return variance[time * m..<(time + 1) * m].map { max(0, $0).squareRoot() } }
        let covariance = try arrays.doubles("\(kind)_covariance")
        guard covariance.count >= (time + 1) * m * m else { return [] }
        return (0..<m).map { max(0, covariance[(time * m + $0) * m + $0]).squareRoot() }
    }

    private func trainingPoints() throws -> Mark? {
        guard rows.request["task"]?.text != "classification", let x = try rows.inputs("x_train"), !x.isEmpty,
            let y = try rows.targets("y_train"), y.count % x.count == 0
        else { return nil }
        let k = y.count / x.count
        return .points(Points("training data", x: x, y: x.indices.map { y[$0 * k] }, style: Style(Colour.palette[6])))
    }

    private func subtitle(of kinds: [String], at time: String) throws -> String {
        let network = NetworkText.line(rows.request["architecture"])
        var parts = network.isEmpty ? [] : [network + "."]
        if kinds.contains(where: { arrays.shape("\($0)_variance") != nil || arrays.shape("\($0)_covariance") != nil }) {
            parts.append("Bands reach two standard deviations from the mean \(time).")
        } else if kinds.count > 1 {
            parts.append("The mean \(time).")
        }
        let outputs = arrays.shape("\(kinds[0])_mean")?.last ?? 1
        if outputs > 1 { parts.append("The first of \(outputs) outputs.") }
        return parts.joined(separator: " ")
    }
}
