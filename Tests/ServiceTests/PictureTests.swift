import Arrays
import JSON
import Jobs
import Plots
import Testing
@testable import Service

@Suite("pictures of results")
struct PictureTests {
    private func document(_ runs: String, _ rest: String = "") throws -> JSONValue {
        try JSONParser.parse(#"{"kind": "trainings", "request": {"loss": "mean", "widths": [8, 16]}, "runs": [\#(runs)]\#(rest)}"#)
    }

    private func run(_ width: Int, _ loss: [Double], end: String = "steps") -> String {
        let steps = Array(loss.indices)
        return #"{"width": \#(width), "seed": 0, "steps": \#(steps), "loss": \#(loss), "weight_drift": {"relative": \#(loss)}, "stop_reason": "\#(end)"}"#
    }

    @Test("the median and the band over seeds; a run that ended early stays where it ended, one that diverged is left out")
    func curves() throws {
        let runs = [run(8, [4, 2, 1]), run(8, [6, 0.5], end: "loss"), run(8, [8, 4, 3]), run(8, [9, 900], end: "diverged"), run(16, [1, 1, 1])]
        let curves = RunCurves(try document(runs.joined(separator: ", ")))
        #expect(curves.groups.map(\.name) == ["width 8 (1 of 4 diverged)", "width 16"])
        let curve = try #require(curves.curve(curves.groups[0], ["loss"]))
        #expect(curve.steps == [0, 1, 2])
        #expect(curve.median == [6, 2, 1])
        #expect(zip(curve.lower, [4.2, 0.65, 0.55]).allSatisfy { abs($0 - $1) < 1e-12 })
        let single = try #require(curves.curve(curves.groups[1], ["weight_drift", "relative"]))
        #expect(single.lower.isEmpty)
        #expect(curves.curve(curves.groups[1], ["kernel_drift", "relative"]) == nil)
        #expect(curves.lastValues(["loss"]).map(\.value) == [1, 0.5, 3, 1])
    }

    /// The run with a linearised network that diverged after two records.
    private func linearized(_ width: Int, diverged: Bool, seed: Int = 0) -> String {
        let curve = diverged ? "[4, 400, null]" : "[4, 3, 2]"
        return #"{"width": \#(width), "seed": \#(seed), "steps": [0, 1, 2], "loss": [4, 2, 1], "weight_drift": {"relative": [0, 1, 2]}, "#
            + #""linearized": {"loss": \#(curve), "diverged_at_step": \#(diverged ? "2" : "null")}, "stop_reason": "steps"}"#
    }

    private func lines(_ figure: Figure) -> [Line] { figure.marks.compactMap { if case .line(let line) = $0 { line } else { nil } } }

    @Test("the legend says how a run ended, and the curve of a linearised network that diverged ends with its numbers")
    func endings() throws {
        let cancelled = RunCurves(try document([run(8, [4, 2, 1], end: "cancelled"), run(16, [3, 9], end: "diverged")].joined(separator: ",")))
        #expect(cancelled.groups.map(\.name) == ["width 8 (cancelled after step 2)", "width 16 (diverged after step 1)"])
        let several = RunCurves(try document([run(8, [4, 2], end: "cancelled"), run(8, [4], end: "diverged"), run(8, [4, 2])].joined(separator: ",")))
        #expect(several.groups.map(\.name) == ["width 8 (1 of 3 diverged, 1 of 3 cancelled)"])
        let runs = [linearized(8, diverged: true), linearized(16, diverged: false), linearized(16, diverged: true, seed: 1)]
        let figures = TrainingFigures(try document(runs.joined(separator: ",")))
        let found = lines(try #require(try figures.plots.first { $0.name == "linearized" }?.figure()))
        #expect(found.map(\.name) == [
            "width 8, network", "width 8, linearised (diverged at step 2)", "width 16, network", "width 16, linearised (1 of 2 diverged)",
        ])
        #expect(found[1].x == [0, 1] && found[1].y == [4, 400])
        #expect(found[3].x == [0, 1, 2] && found[3].y == [4, 3, 2])
        // The median of networks that all diverged ends with the first of them.
        let earlier = linearized(8, diverged: true, seed: 1).replacing("[4, 400, null]", with: "[6, null, null]")
        let early = RunCurves(try document([linearized(8, diverged: true), earlier].joined(separator: ",")))
        let median = try #require(early.curve(early.groups[0], ["linearized", "loss"]))
        #expect(median.steps == [0] && median.median == [5])
        let networks = RunCurves(try document([run(8, [4, 40, 400], end: "diverged"), run(8, [6, 60], end: "diverged")].joined(separator: ",")))
        #expect(networks.curve(networks.groups[0], ["loss"])?.median == [5, 50])
    }

    @Test("curves against steps: whole steps on the axis, every line of 14 widths its own style, and no more bands than can be told apart")
    func manyWidths() throws {
        func figure(widths: Int, _ name: String) throws -> Figure {
            let runs = (1...widths).flatMap { width in (0..<3).map { linearized(width, diverged: false, seed: $0) } }
            return try #require(try TrainingFigures(try document(runs.joined(separator: ","))).plots.first { $0.name == name }?.figure())
        }
        let many = try figure(widths: 14, "linearized")
        #expect(many.x.isInteger)
        #expect(lines(many).count == 28 && Set(lines(many).map { "\($0.style)" }).count == 28)
        #expect(lines(many).allSatisfy(\.upper.isEmpty) && many.subtitle.hasSuffix("Lines are medians of 3 seeds."))
        #expect(Set(lines(try figure(widths: 20, "weight_drift")).map { "\($0.style)" }).count == 20)
        let few = try figure(widths: 3, "linearized")
        #expect(lines(few).allSatisfy { !$0.upper.isEmpty } && Set(lines(few).map(\.style.colour)).count == 6 && few.subtitle.contains("5th"))
    }

    @Test("quantiles by linear interpolation")
    func quantiles() {
        #expect(RunCurves.quantile([1, 2, 4], 0.5) == 2)
        #expect(RunCurves.quantile([1, 2, 4], 0.75) == 3)
        #expect(RunCurves.quantile([7], 0.05) == 7)
        #expect(RunCurves.quantile([1, 2], 1) == 2)
    }

    @Test("a training's figures are those of what it tracked")
    func figuresOfATraining() throws {
        let plain = TrainingFigures(try document(run(8, [2, 1])))
        #expect(plain.plots.map(\.name) == ["loss", "weight_drift"])
        let fitted = TrainingFigures(
            try document(
                [run(8, [2, 1]), run(16, [2, 0.5])].joined(separator: ", "),
                #", "scaling": {"weight_drift_relative": {"slope": -0.998, "intercept": 2.08, "r2": 1, "slope_standard_error": 0.021}}"#))
        #expect(fitted.plots.map(\.name) == ["loss", "weight_drift", "scaling"])
        let scaling = try #require(try fitted.plots.last?.figure())
        #expect(scaling.svg.contains("fit: slope \u{2212}1.00 \u{B1} 0.02"))
        let loss = try fitted.plots[0].figure()
        #expect(loss.title == "Training loss (mean squared residual) of networks of 2 widths")
    }

    @Test("a matrix is a heat map, anything else lines; of many series some, of many points means")
    func arrays() throws {
        func figure(_ shape: [Int], rows: String? = nil) throws -> Figure {
            let shape = try ArrayShape(shape)
            var bytes = NPYHeader.encode(type: .float64, shape: shape)
            for index in 0..<shape.count { withUnsafeBytes(of: Double(index)) { bytes.append(contentsOf: $0) } }
            return ArrayPicture(name: "a", region: try ArrayRegion(MappedArray(bytes: bytes), rows: rows)).figure
        }
        func names(_ figure: Figure) -> [String?] { figure.marks.map { if case .line(let line) = $0 { line.name } else { "heat map" } } }
        #expect(names(try figure([3, 4])) == ["heat map"])
        #expect(names(try figure([3, 4], rows: "1:2")) == [nil])
        #expect(names(try figure([3, 2, 2])) == ["[:, 0, 0]", "[:, 0, 1]", "[:, 1, 0]", "[:, 1, 1]"])
        let many = try figure([2, 100, 1])
        #expect(many.marks.count == ArrayPicture.lines && many.subtitle.contains("12 of 100"))
        let long = try figure([5000])
        guard case .line(let line) = long.marks[0] else { throw Mismatch() }
        #expect(line.x.count <= ArrayPicture.points && line.y[0] == 1 && long.subtitle.contains("mean of 3 elements"))
        guard case .heatMap(let map) = try figure([300, 7]).marks[0] else { throw Mismatch() }
        #expect((map.rows, map.columns) == (100, 7))
        #expect(map.values[0] == 7, "the mean of 0, 7 and 14")
        #expect(names(try figure([])) == [nil])
    }

    private struct Mismatch: Error {}

    @Test("bands of a network and of its linearisation have colours of their own, as far as they go; curves without bands share one")
    func colours() throws {
        func colours(_ seeds: Int, widths: Int = 1) throws -> [Colour] {
            let runs = (0..<seeds * widths).map { run in
                let (width, seed) = run.quotientAndRemainder(dividingBy: seeds)
                return #"{"width": \#(8 + width), "seed": \#(seed), "steps": [0, 1], "loss": [2, 1], "weight_drift": {"relative": [0, 1]}, "linearized": {"loss": [2, \#(1 + seed)]}, "stop_reason": "steps"}"#
            }
            let plot = try #require(TrainingFigures(try document(runs.joined(separator: ", "))).plots.first { $0.name == "linearized" })
            return try plot.figure().marks.map { if case .line(let line) = $0 { line.style.colour } else { throw Mismatch() } }
        }
        #expect(try colours(2) == [Colour.palette[0], Colour.palette[1]])
        #expect(try colours(1) == [Colour.palette[0], Colour.palette[0]])
        #expect(try colours(2, widths: 4) == (0..<4).flatMap { [Colour.palette[$0], Colour.palette[$0]] })
    }

    @Test("losses over times are drawn in their order, without the end of training")
    func timeCurves() throws {
        let document = try JSONParser.parse(
            #"{"request": {"loss": "half_sum"}, "times": [10, "infinity", 0], "metrics": {"ntk": {"train_loss": [1, 0, 4], "discrete_train_loss": [2, 0, 4], "test_loss": [3, null, null]}}}"#)
        let curves = TimeCurves(document, prefixes: ["", "discrete_"])
        #expect(curves.isSeries && curves.times == [0, 10] && curves.places == [2, 0])
        let figure = curves.figure("Loss")
        let lines = figure.marks.compactMap { if case .line(let line) = $0 { line } else { nil } }
        #expect(lines.map(\.name) == ["NTK, train", "NTK, train, gradient descent", "NTK, test"])
        #expect(lines[0].x == [0, 10] && lines[0].y == [4, 1] && lines[1].y == [4, 2])
        #expect(lines[2].y[0].isNaN && lines[2].y[1] == 3)
        #expect(lines.map(\.style.colour) == [Colour.palette[0], Colour.palette[0], Colour.palette[1]])
        #expect(figure.subtitle == "The end of training has no place on the axis." && figure.y.name == "loss (half sum)")
        #expect(!TimeCurves(try JSONParser.parse(#"{"times": ["infinity", 3]}"#), prefixes: [""]).isSeries)
    }

    @Test("an architecture in a line")
    func architectures() throws {
        let architecture = try JSONParser.parse(
            #"{"parameterization": "ntk", "layers": [{"type": "dense", "width": 5}, "relu", {"type": "repeat", "times": 2, "layers": [{"type": "dense"}, "erf"]}, {"type": "dense", "width": 1}]}"#)
        #expect(NetworkText.line(architecture) == "dense(5) · relu · 2 × (dense · erf) · dense(1), ntk parameterization")
        #expect(NetworkText.line(architecture, hiddenWidth: "m").hasPrefix("dense(m) · relu"))
        #expect(NetworkText.line(nil) == "")
    }
}
