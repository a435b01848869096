import JSON
import Testing

@testable import Jobs
@testable import Service

/// What a worker reads from a stored specification is what the server read from the client, whatever the kind of job.
@Suite struct SpecificationTests {
    private static let network = #""architecture": {"layers": [{"type": "dense", "width": 2}, "relu", {"type": "dense", "width": 1}]}"#

    @Test(arguments: [
        ("kernels.empirical", #"{\#(network), "x1": [[1], [2]], "x2": [[3]], "kinds": [], "vectors": [[1]], "outputs": "full", "seeds": [1, 2]}"#),
        ("kernels.empirical", #"{\#(network), "x1": [[1], [2]], "include": ["spectrum"], "parameters": [{"weight": [[1, 2]]}, {"weight": [[3], [4]]}], "network": null}"#),
        ("predictions", #"{\#(network), "x_train": [[1], [2]], "y_train": [1, 2], "x_test": [[3]], "y_test": [3], "include": ["leave_one_out"], "times": [1, "infinity"]}"#),
        ("predictions", #"{\#(network), "x_train": [[1], [2]], "y_train": [0, 1], "x_test": null, "task": "classification", "include": ["confusion"]}"#),
        ("predictions", #"{\#(network), "x_train": [[1], [2]], "y_train": [1, 2], "x_test": [[3]], "initial": {"train": [0, 1], "test": [1]}, "solver": "cg"}"#),
        ("predictions", #"{"kernel": {"job": "kernel"}, "kinds": ["ntk"], "y_train": [1, 2, 3]}"#),
        ("predictions", #"{"kernel": {"job": "kernel", "test_train": {"job": "cross"}, "test_test": {"job": "kernel"}}, "kinds": ["ntk"], "y_train": [1, 2, 3], "covariance": "none"}"#),
        ("flows.outputs", #"{\#(network), "x_train": [[1], [2]], "y_train": [1, -1], "x_test": [[3]], "y_test": [1], "loss": "logistic", "times": [1, 2]}"#),
        ("predictions.select", #"{"x": [[1], [2], [4]], "y": [1, 2, 3], "score": "k_fold", "folds": 3, "grid": {"depth": [1], "nonlinearity": ["erf"]}}"#),
        ("analyses.kernel", #"{"kernel": {"job": "kernel"}, "y": [1, 2, 3]}"#),
        ("analyses.kernel", #"{\#(network), "x": [[1], [2]], "y": [1, 0], "task": "classification"}"#),
        ("analyses.influence", #"{\#(network), "x_step": [[1]], "y_step": [1], "learning_rate": 1, "grid": {"x": [0, 1, 3]}, "seeds": [1, 2], "networks": ["finite"]}"#),
        ("analyses.influence", #"{\#(network), "x_step": [[1]], "y_step": [1], "learning_rate": 1, "x": [[2]], "networks": ["infinite"]}"#),
        (
            "flows.field",
            #"{"function": {"loss_slice": {\#(network), "x": [[1]], "y": [1], "optimizer": {"type": "sgd", "learning_rate": 1}, "steps": 5, "center_outputs": true}, "directions": "principal"}, "grid": {"x": [0, 1, 2], "y": [0, 1, 2]}}"#
        ),
        ("flows.field", #"{"function": {"name": "quadratic", "matrix": [[1, 2], [2, 1]], "center": [1, 2]}, "grid": {"x": [0, 1, 2], "y": [0, 1, 2]}, "starts": [[1, 2]]}"#),
        ("kernels.graph", #"{"x1": [{"features": [[1], [2]], "edges": [[0, 1]]}], "x2": null, "include": ["spectrum"]}"#),
    ])
    func readBackAsTheSameRequest(kind: String, text: String) throws {
        let temporary = TemporaryDirectory()
        let directory = try DataDirectory(path: temporary.path)
        let store = try SQLiteJobStore(directory, role: .server)
        let blobs = BlobStore(directory)
        for id in ["kernel", "cross"] {
            _ = try store.enqueue(NewJob(id: id, kind: "kernels.ntk", spec: "{}"))
            let claimed = try #require(try store.claim(worker: "w", lease: .seconds(60)))
            let kernel = try ResultArray("ntk", shape: [3, 3], [2, 1, 1, 1, 2, 1, 1, 1, 2], blobs: blobs)
            _ = try store.finish(claimed.lease, .succeeded(ComputedResult(document: #"{"request": {}}"#, arrays: [kernel])))
        }
        let reader = try RequestReader(JSONParser.parse(text), kind: kind, store: store, blobs: blobs)
        let type = try #require(JobRequests.type(of: kind))
        let original = try #require(try type.init(reader), "\(reader.faults.all)")
        var moved: [Blob] = []
        let specification = try JobSpecification(original, reader, movingTo: blobs, recording: &moved)
        let again = try type.init(specification: specification.text, kind: kind)
        #expect(again.json == original.json)
        #expect(again.forecast(threads: 2) == original.forecast(threads: 2))
    }
}
