import JSON
import Plots
import Testing

@testable import Jobs
@testable import Service

@Suite("figures of analyses")
struct AnalysisFigureTests {
    private let temporary = TemporaryDirectory()
    private let blobs: BlobStore

    init() throws {
        blobs = BlobStore(try DataDirectory(path: temporary.path))
    }

    private func array(_ name: String, _ shape: [Int], _ values: [Double]) throws -> ResultArray {
        try ResultArray(name, shape: shape, values, blobs: blobs)
    }

    private struct Mismatch: Error {}

    @Test("a phase diagram has weight_std across and bias_std upwards, no colour where the variance is unbounded, all of it where the depth is infinite")
    func phase() throws {
        let document = try JSONParser.parse(#"{"request": {"nonlinearity": {"type": "leaky_relu", "alpha": 0.1}}}"#)
        let arrays = [
            try array("weight_std", [3], [1, 2, 3]), try array("bias_std", [2], [0, 0.5]),
            // By weight_std, then by bias_std.
            try array("depth_scale_c", [3, 2], [10, 1, -1, 0.1, -1, -1]), try array("phase_code", [3, 2], [0, 0, 1, 2, 3, 3]),
            try array("critical_weight_std", [2], [2, -1]),
        ]
        let figures = PhaseFigures(document, arrays: arrays, blobs: blobs)
        #expect(figures.plots.map(\.name) == ["phase"])
        let figure = try figures.plots[0].figure()
        #expect(figure.title.contains("leaky relu") && figure.subtitle.contains("Without colour"))
        guard case .heatMap(let map) = figure.marks[0], case .contours(let contours) = figure.marks[1], case .line(let line) = figure.marks[2] else { throw Mismatch() }
        #expect((map.rows, map.columns) == (2, 3) && map.x == 0.5...3.5 && map.y == -0.25...0.75)
        let expected: [Double] = [1, 2, .nan, 0, 0, .nan]
        for (value, wanted) in zip(map.values, expected) { #expect(value.isNaN == wanted.isNaN && !(abs(value - wanted) > 1e-12)) }
        #expect(contours.x == [1, 2, 3] && contours.y == [0, 0.5] && contours.values[1] == 0 && contours.values[2].isNaN)
        // Only the bias_std that has a critical point is on the line.
        #expect(line.x == [2] && line.y == [0])
    }

    @Test("an influence is a map over a plane, curves over a line, and points elsewhere, always of the first network and output")
    func influence() throws {
        func arrays(_ points: [Double], features: Int) throws -> [ResultArray] {
            let m = points.count / features
            func runs(_ name: String, _ first: Double) throws -> ResultArray {
                try array(name, [2, m, 2], (0..<4 * m).map { first + Double($0) })
            }
            return [
                try array("points", [m, features], points), try runs("predicted", 100), try runs("change", 200), try runs("defect", 300),
                try array("gradient", [2, 1, 2], [1, 1, 1, 1]),
            ]
        }
        func figures(_ request: String, _ arrays: [ResultArray]) throws -> InfluenceFigures {
            let document = try JSONParser.parse(#"{"request": {\#(request), "learning_rate": 0.5}, "metrics": {"runs": [{"seed": 7}]}}"#)
            return InfluenceFigures(document, arrays: arrays, blobs: blobs)
        }
        let plane = try figures(#""grid": {"x": [0, 1, 2], "y": [0, 2, 2]}, "x_step": [[0.5, 1]]"#, arrays([0, 0, 1, 0, 0, 2, 1, 2], features: 2))
        #expect(plane.plots.map(\.name) == ["influence", "defect"])
        let map = try plane.plots[0].figure()
        guard case .heatMap(let cells) = map.marks[0], case .points(let step) = map.marks[2] else { throw Mismatch() }
        #expect(cells.values == [200, 202, 204, 206] && cells.x == -0.5...1.5 && cells.y == -1...3)
        #expect(step.x == [0.5] && step.y == [1] && map.subtitle.contains("seed 7") && map.subtitle.contains("one example, marked"))

        let line = try figures(#""grid": {"x": [0, 1, 3]}, "x_step": [[0.5]]"#, arrays([0, 0.5, 1], features: 1))
        let curves = try line.plots[0].figure().marks.compactMap { if case .line(let line) = $0 { line } else { nil } }
        #expect(line.plots.map(\.name) == ["influence"] && curves.map(\.y) == [[200, 202, 204], [100, 102, 104]] && curves[0].x == [0, 0.5, 1])

        let points = try figures(#""x": [[1, 2, 3], [4, 5, 6]], "x_step": {"dataset": "d"}"#, arrays([1, 2, 3, 4, 5, 6], features: 3))
        guard case .points(let scatter) = try points.plots[0].figure().marks[1] else { throw Mismatch() }
        #expect(scatter.x == [100, 102] && scatter.y == [200, 202])
    }

    @Test("of targets the share is summed over eigenvectors")
    func energy() throws {
        let document = try JSONParser.parse(#"{"request": {}, "metrics": {"ntk": {"target_centered_alignment": 0.25}}}"#)
        let arrays = [
            try array("ntk_cosine", [2, 2], [1, 0, 0, 1]), try array("ntk_spectrum", [2], [3, 1]), try array("ntk_target_energy", [2], [0.25, 0.75]),
        ]
        let figures = GeometryFigures(document, arrays: arrays, blobs: blobs)
        #expect(figures.plots.map(\.name) == ["cosine", "spectrum", "target_energy"])
        let figure = try figures.plots[2].figure()
        guard case .line(let line) = figure.marks[0] else { throw Mismatch() }
        #expect(line.x == [1, 2] && line.y == [0.25, 1] && figure.subtitle == "Centred alignment: NTK 0.250.")
    }

    @Test("errors of expansions stand against relative lengths in ascending order, with guides from the smallest error beyond rounding")
    func linearization() throws {
        let document = try JSONParser.parse(
            #"""
            {"request": {"displacement": {"seed": 1}}, "scales": [4, 1, 2], "metrics": {"initial_norm": 10, "displacement_norm": 2},
             "errors": {"linear": {"rms": [1.6, 0.1, 0.4]}, "quadratic": {"rms": [6.4, 1e-17, 0.8]}},
             "slopes": {"linear": {"rms": {"slope": 2, "slope_standard_error": 0.01, "scales": 3}},
                        "quadratic": {"rms": {"slope": 3, "slope_standard_error": null, "scales": 2}}}}
            """#)
        let figures = LinearizationFigures(document)
        #expect(figures.plots.map(\.name) == ["linearization"])
        let figure = try figures.plots[0].figure()
        #expect(figure.title.contains("a random displacement") && figure.x.scale == .logarithmic && figure.y.scale == .logarithmic)
        let points = figure.marks.compactMap { if case .points(let points) = $0 { points } else { nil } }
        #expect(points.map(\.x) == [[0.2, 0.4, 0.8], [0.2, 0.4, 0.8]])
        #expect(points.map(\.y) == [[0.1, 0.4, 1.6], [1e-17, 0.8, 6.4]])
        #expect(points.map(\.name) == ["linearisation, slope 2.00 \u{B1} 0.01", "second order, slope 3.00"])
        let guides = figure.marks.compactMap { if case .line(let line) = $0, line.name != nil { line } else { nil } }
        #expect(guides.map(\.name) == ["slope 2", "slope 3"])
        for (guide, expected) in zip(guides, [[0.1, 1.6], [0.8, 6.4]]) {
            for (value, wanted) in zip(guide.y, expected) { #expect(abs(value / wanted - 1) < 1e-9) }
        }
    }

    @Test("expansions that are exact, along a displacement of length zero, have a figure that says so")
    func exactLinearization() throws {
        let document = try JSONParser.parse(
            #"""
            {"request": {"displacement": {"inline": {"parameters": 1}}}, "scales": [1, 2], "metrics": {"initial_norm": 0, "displacement_norm": 0},
             "errors": {"linear": {"rms": [0, 0]}, "quadratic": {"rms": [0, 0]}}, "slopes": {"linear": {"rms": null}, "quadratic": {"rms": null}}}
            """#)
        let figure = try LinearizationFigures(document).plots[0].figure()
        #expect(figure.subtitle.contains("is rounding") && figure.title.contains("a given displacement") && figure.x.name == "scale s")
    }
}
