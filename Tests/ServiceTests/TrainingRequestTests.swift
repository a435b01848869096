import FiniteNetworks
import JSON
import Testing

@testable import Jobs
@testable import Service

@Suite struct TrainingRequestTests {
    private let temporary = TemporaryDirectory()
    private let store: SQLiteJobStore
    private let blobs: BlobStore

    init() throws {
        let directory = try DataDirectory(path: temporary.path)
        store = try SQLiteJobStore(directory, role: .server)
        blobs = BlobStore(directory)
    }

    private func read(_ text: String, kind: String = "trainings") throws -> (request: TrainingRequest?, reader: RequestReader) {
        let reader = try RequestReader(JSONParser.parse(text), kind: kind, store: store, blobs: blobs)
        return (try TrainingRequest(reader), reader)
    }

    private func pointers(_ text: String, kind: String = "trainings") throws -> [String] {
        let (request, reader) = try read(text, kind: kind)
        #expect((request == nil) == !reader.faults.isEmpty)
        return reader.faults.all.map(\.pointer.description).sorted()
    }

    private let network = #""architecture": {"layers": [{"type": "dense", "width": 4}, "relu", {"type": "dense", "width": 2}]}"#
    private let rows = #""x": [[1], [2]], "y": [[1, 2], [3, 4]]"#
    private let descent = #""optimizer": {"type": "sgd", "learning_rate": 0.1}, "steps": 5"#

    @Test func anEmptyExperimentIsThePosts() throws {
        let request = try #require(try read("{}", kind: "experiments.width_scaling").request)
        #expect(request.widths == [10, 100, 1000])
        #expect(request.seeds == Array(0..<20))
        #expect(request.plan.optimizer == .sgd(learningRate: 1e-3, momentum: 0))
        #expect((request.plan.loss, request.plan.steps, request.plan.stopAtLoss) == (.mean, 1000, 1e-10))
        #expect(request.plan.architecture.parameterization == .pytorch)
        #expect(request.networks.map(\.parameterCount) == [10, 100, 1000].map { $0 * $0 + 4 * $0 + 1 })
        guard case .inline(let x) = request.x.source, case .inline(let y) = request.y.source else { throw Missing() }
        #expect((x.values, y.values) == ([-3, 0.5], [2, -1]))
    }

    /// Each member that is given replaces its default and no other; what is left of the defaults must fit.
    @Test func theMembersOfAnExperimentAreReplacedOneByOne() throws {
        func values(_ text: String) throws -> (x: [Double], y: [Double]) {
            let request = try #require(try read(text, kind: "experiments.width_scaling").request)
            guard case .inline(let x) = request.x.source, case .inline(let y) = request.y.source else { throw Missing() }
            return (x.values, y.values)
        }
        #expect(try values(#"{"y": [1, 0.5]}"#) == ([-3, 0.5], [1, 0.5]))
        #expect(try values(#"{"x": [[1], [4]]}"#) == ([1, 4], [2, -1]))
        func faults(_ text: String) throws -> [String] { try pointers(text, kind: "experiments.width_scaling") }
        #expect(try faults(#"{"y": [1, 2, 3]}"#) == ["/y"])
        #expect(try faults(#"{"x": [[1]]}"#) == ["/y"])
        #expect(try faults(#"{"input_shape": [2]}"#) == ["/input_shape"])
        #expect(try faults(#"{"architecture": {"layers": [{"type": "dense", "width": 1}]}}"#) == ["/architecture"])
        #expect(try faults(#"{"architecture": {"layers": [{"type": "dense", "width": 1}]}, "widths": [3]}"#) == ["/widths"])
        // The post's targets are no classes of a network with two outputs: 2 and -1.
        #expect(try faults("{\(network), \"task\": \"classification\"}") == ["/y", "/y/1"])
    }

    private struct Missing: Error {}

    /// What `widths` replaces need not be there, and is not shown as if it had been used.
    @Test func widthsStandInForThoseOfHiddenLayers() throws {
        let layers = #"[{"type": "serial", "layers": [{"type": "dense"}, "relu", {"type": "dense"SIZE}]}, "relu", {"type": "dense", "width": 2}]"#
        func training(_ size: String, _ rest: String) -> String {
            "{\"architecture\": {\"layers\": \(layers.replacing("SIZE", with: size))}, \(rows), \(descent)\(rest)}"
        }
        let request = try #require(try read(training(", \"width\": 5", ", \"widths\": [3, 4]")).request)
        #expect(request.networks.map(\.parameterCount) == [3 + 9 + 6, 4 + 16 + 8])
        let hidden = request.json["architecture"]?["layers"]?.elements?.first?["layers"]?.elements
        #expect(hidden?.count == 3 && hidden?.allSatisfy { $0["width"] == nil } == true)
        #expect(request.json["architecture"]?["layers"]?.elements?.last?["width"] == .integer(2))
        #expect(try pointers(training("", "")) == ["/architecture/layers/0/layers/0", "/architecture/layers/0/layers/2"])
        let own = try #require(try read(#"{"parameters": [{"weight": [[1, 2]]}, {"weight": [[1], [2]]}], "architecture": {"layers": [{"type": "dense", "width": 2}, {"type": "dense", "width": 1}]}, "x": [[1]], "y": [1]}"#, kind: "experiments.width_scaling").request)
        #expect(own.json["architecture"]?["layers"]?.elements?.first?["width"] == .integer(2))
    }

    /// A worker reads from the stored specification what the server read from the client.
    @Test func theSpecificationReadsBackAsTheSameRequest() throws {
        let training = """
            {\(network), \(rows), "x_test": [[0]], "widths": [3, 5], "seeds": [9007199254740993, 9223372036854775807], "loss": "half_sum", "record_every": 2, "stop_at_loss": 0.1,
             "track": ["tangents", "outputs"], "tangent_rows": [1], "snapshot_steps": [5, 2], "output_scale": 2, "precision": "float32",
             "optimizer": {"type": "adam", "learning_rate": 0.1, "batch_size": 1}, "steps": 5}
            """
        let given = """
            {\(network), \(rows), "parameters": [{"weight": [[1, 2, 3, 4]]}, {"weight": [[1, 2], [3, 4], [5, 6], [7, 8]]}], \(descent)}
            """
        for (text, kind) in [(training, "trainings"), (given, "trainings"), ("{}", "experiments.width_scaling"), (#"{"stop_at_loss": null, "steps": 3}"#, "experiments.width_scaling")] {
            let (request, reader) = try read(text, kind: kind)
            let original = try #require(request, "\(reader.faults.all)")
            var moved: [Blob] = []
            let specification = try JobSpecification(original, reader, movingTo: blobs, recording: &moved)
            let again = try TrainingRequest(specification: specification.text, kind: kind)
            #expect(again.json == original.json)
            #expect(again.seeds == original.seeds)
            if text == training { #expect(again.seeds == [9_007_199_254_740_993, .max]) }
            #expect(again.plan.tracked == original.plan.tracked)
            #expect(again.parameters?.rowLength == original.parameters?.rowLength)
        }
    }

    @Test func whatBelongsTogetherIsChecked() throws {
        #expect(try pointers("{\(network), \"x\": [[1], [2]], \"y\": [1, 2], \(descent)}") == ["/y"])
        #expect(try pointers("{\(network), \(rows), \(descent), \"y_test\": [[1, 2]]}") == ["/y_test"])
        #expect(try pointers("{\(network), \(rows), \(descent), \"x_test\": [[1, 2]]}") == ["/x_test"])
        #expect(try pointers("{\(network), \(rows), \(descent), \"loss\": \"cross_entropy\"}") == ["/loss"])
        #expect(try pointers("{\(network), \"x\": [[1], [2]], \"y\": [0, 2], \"task\": \"classification\", \(descent)}") == ["/y"])
        #expect(try pointers("{\(network), \"x\": [[1], [2]], \"y\": [0, 0.5], \"task\": \"classification\", \(descent)}") == ["/y/1"])
        #expect(try pointers("{\(network), \(rows), \(descent), \"widths\": [3, 3], \"seeds\": [-1]}") == ["/seeds/0", "/widths/1"])
        #expect(try pointers("{\(network), \(rows), \(descent), \"track\": [\"path_kernel\"]}") == ["/track/0"])
        #expect(try pointers("{\(network), \(rows), \(descent), \"track\": [\"tangents\"], \"tangent_rows\": [0, 2]}") == ["/tangent_rows/1"])
        #expect(try pointers("{\(network), \(rows), \(descent), \"track\": [\"tangents\"], \"tangent_rows\": [1, 0, 1]}") == ["/tangent_rows/2"])
        #expect(try pointers("{\(network), \(rows), \(descent), \"tangent_rows\": [0]}") == ["/tangent_rows"])
        let large = #""x": [[1, 2], [3, -1e39]], "y": [[1, 2], [3, 1e39]], "x_test": [[1e40, 0]], "y_test": [[-1e39, 0]]"#
        #expect(try pointers("{\(network), \(large), \(descent), \"precision\": \"float32\"}") == ["/x/1", "/x_test/0", "/y/1", "/y_test/0"])
        #expect(try pointers("{\(network), \(large), \(descent)}").isEmpty)
        #expect(try pointers("{\(network), \(rows), \(descent), \"track\": [\"outputs\"], \"tangent_rows\": [0, 2]}") == ["/tangent_rows", "/tangent_rows/1"])
        #expect(try pointers("{\(network), \(rows), \"optimizer\": {\"type\": \"sgd\", \"learning_rate\": 0, \"batch_size\": 3, \"nesterov\": true}, \"steps\": 0}")
            == ["/optimizer/batch_size", "/optimizer/learning_rate", "/optimizer/nesterov", "/steps"])
        #expect(try pointers("{\(network), \(rows), \(descent), \"parameters\": []}") == ["/parameters"])
        #expect(try pointers("{\(network), \(rows), \(descent), \"widths\": [3], \"seeds\": [0, 1], \"parameters\": [{\"weight\": [[1, 2, 3]]}, {\"bias\": [1]}]}")
            == ["/parameters/0/weight", "/parameters/1", "/parameters/1/bias", "/seeds", "/widths"])
        #expect(try pointers(#"{"widths": [4], "architecture": {"layers": [{"type": "dense", "width": 1}]}}"#, kind: "experiments.width_scaling") == ["/widths"])
        #expect(try pointers(#"{"architecture": {"layers": [{"type": "dense", "width": 1}, {"type": "dropout", "keep_rate": 0.5}]}}"#, kind: "experiments.width_scaling")
            .contains("/architecture/layers/1"))
    }

    @Test func theForecastGrowsWithWhatIsAskedFor() throws {
        func bytes(_ more: String) throws -> Forecast {
            try #require(try read("{\(network), \(rows), \(descent)\(more)}").request).forecast(threads: 2)
        }
        let plain = try bytes("")
        #expect(try bytes(", \"widths\": [2000]").peakBytes > plain.peakBytes + 3 * 8 * 3 * 2000)
        #expect(try bytes(", \"snapshot_steps\": [1, 2, 3]").resultBytes >= plain.resultBytes + 3 * 12 * 8)
        #expect(try bytes(", \"seeds\": [1, 2, 3]").resultBytes == 3 * plain.resultBytes)
        #expect(try bytes(", \"widths\": [1000000], \"track\": [\"outputs\", \"linearized\"]").peakBytes > plain.peakBytes + (20 << 20))
    }
}
