import JSON
import Testing

@testable import Jobs
@testable import Service

/// Documents with several faults, one of them in what was looked up or counted: what else is wrong is told all the same.
@Suite struct EveryFaultOfDataTests {
    private let documents: EveryFaultTests

    init() throws {
        documents = try EveryFaultTests()
        let (store, blobs) = (documents.store, documents.blobs)
        // A kernel of two test with three training inputs.
        try finish("cross", "kernels.ntk", #"{"request": {"x2": [[1]]}}"#, [try ResultArray("ntk", shape: [2, 3], [1, 1, 1, 1, 1, 1], blobs: blobs)])
        // A training of rows of two numbers that kept the parameters of its first run's steps 0 and 5.
        let network = #"{"layers": [{"type": "dense", "width": 3}, "relu", {"type": "dense", "width": 1}]}"#
        try finish(
            "training", "trainings",
            "{\"request\": {\"architecture\": \(network), \"input_shape\": [2], \"precision\": \"float64\"}, \"runs\": [{\"seed\": 0, \"snapshot_steps\": [0, 5]}]}",
            [try ResultArray("parameters_0", shape: [2, 9], Array(repeating: 0.5, count: 18), blobs: blobs)])

        func finish(_ id: String, _ kind: String, _ document: String, _ arrays: [ResultArray]) throws {
            _ = try store.enqueue(NewJob(id: id, kind: kind, spec: "{}"))
            let claimed = try #require(try store.claim(worker: "w", lease: .seconds(60)))
            _ = try store.finish(claimed.lease, .succeeded(ComputedResult(document: document, arrays: arrays)))
        }
    }

    private func expect(_ kind: String, _ text: String, _ pointers: [String], _ location: SourceLocation = #_sourceLocation) throws {
        try documents.expect(kind, text, pointers, location)
    }

    private let network = #""architecture": {"layers": ["dense", "tanh", "dense"]}"#

    // MARK: Predictions

    @Test(arguments: ["predictions", "flows.outputs"])
    func outputsAtInitialisationHaveTheShapeOfTheTargets(_ kind: String) throws {
        func expect(_ initial: String, _ pointers: [String], _ location: SourceLocation = #_sourceLocation) throws {
            let data = #""x_train": [[1, 2], [3, 4]], "y_train": [[1, 0], [0, 1]], "x_test": [[1, 1], [2, 2]], "times": [0, 1], "kinds": ["ntk"]"#
            try self.expect(kind, "{\(network), \(data), \"initial\": \(initial)}", pointers, location)
        }
        try expect(#"{"train": [[0, 0], [0, 0]], "test": [[0, 0], [0, 0]]}"#, [])
        try expect(#"{"train": [[0, 0], [0, 0]], "test": [[0, 0]]}"#, ["/initial/test"])
        try expect(#"{"train": [[0, 0], [0, 0]], "test": [[0, 0], [0, 0], [0, 0]]}"#, ["/initial/test"])
        try expect(#"{"train": [[0, 0], [0, 0]], "test": [[0], [0]]}"#, ["/initial/test"])
        try expect(#"{"train": [[0], [0]], "test": [[0, 0], [0, 0]]}"#, ["/initial/train"])
        try expect(#"{"train": [[0, 0]], "test": [[0, 0, 0], [0, 0, 0]]}"#, ["/initial/test", "/initial/train"])
        // A job's kernels of three training and two test inputs.
        let jobs = #""kernel": {"job": "kernel", "test_train": {"job": "cross"}}, "y_train": [1, 2, 3], "times": [0, 1], "kinds": ["ntk"]"#
        try self.expect(kind, #"{\#(jobs), "initial": {"train": [0, 0, 0], "test": [0, 0]}}"#, [])
        try self.expect(kind, #"{\#(jobs), "initial": {"train": [0, 0], "test": [0]}}"#, ["/initial/test", "/initial/train"])
        try self.expect(kind, #"{\#(jobs), "initial": {"train": [[0, 0], [0, 0], [0, 0]], "test": [[0, 0], [0, 0]]}}"#, ["/initial/test", "/initial/train"])
        // Of a classification there is an output for each class, those of the test targets among them.
        let classes = #""x_train": [[1], [2]], "y_train": [0, 1], "x_test": [[3]], "y_test": [2], "task": "classification""#
        try self.expect(kind, "{\(network), \(classes), \"initial\": {\"train\": [[0, 0, 0], [0, 0, 0]], \"test\": [[0, 0, 0]]}}", [])
        try self.expect(kind, "{\(network), \(classes), \"initial\": {\"train\": [[0, 0], [0, 0]], \"test\": [[0, 0]]}}", ["/initial/test", "/initial/train"])
    }

    @Test func outputsAtInitialisationAreCountedAgainstTheInputs() throws {
        try expect("predictions", "{\(network), \"x_train\": [[1], [2], [3]], \"y_train\": [1, 2], \"initial\": {\"train\": [0, 0, 0]}}", ["/y_train"])
        try expect("predictions", "{\(network), \"x_train\": [[1], [2], [3]], \"y_train\": [1, 2], \"initial\": {\"train\": [0, 0]}}", ["/initial/train", "/y_train"])
    }

    @Test func inputsOfKernelsAreCountedWhateverElseIsWrongWithThem() throws {
        let targets = #""y_train": [1, 2], "y_test": [1], "kinds": ["ntk"], "covariance": "none""#
        try expect("predictions", "{\"kernel\": {\"job\": \"kernel\", \"test_train\": {\"job\": \"nope\"}}, \(targets)}", ["/kernel/test_train/job", "/y_train"])
        try expect(
            "predictions", "{\"kernel\": {\"job\": \"kernel\", \"test_train\": {\"job\": \"cross\"}, \"test_test\": {\"job\": \"nope\"}}, \(targets)}",
            ["/kernel/test_test/job", "/y_test", "/y_train"])
        try expect(
            "predictions", #"{"kernel": {"job": "kernel", "test_train": {"job": "cross"}}, "kinds": ["nngp"], "y_train": [1, 2], "y_test": [1]}"#,
            ["/kernel/job", "/kernel/test_train/job", "/y_test", "/y_train"])
        try expect("analyses.kernel", #"{"kernel": {"job": "kernel"}, "kinds": ["nngp"], "y": [1, 2]}"#, ["/kernel/job", "/y"])
        // One that is not of the training inputs alone says nothing of their number.
        try expect("predictions", #"{"kernel": {"job": "cross"}, "kinds": ["ntk"], "y_train": [1, 2]}"#, ["/kernel/job"])
        // A wrong test_train is there.
        try expect(
            "predictions", #"{"kernel": {"job": "kernel", "test_train": 3, "test_test": {"job": "kernel"}}, "kinds": ["ntk"], "covariance": "none", "y_train": [1, 2, 3]}"#,
            ["/kernel/test_train"])
    }

    @Test func foldsThatCannotBeReadAreNotTooMany() throws {
        try expect("predictions.select", #"{"x": [[1], [2], [3], [4]], "y": [1, 2, 3, 4], "score": "k_fold", "folds": 1}"#, ["/folds"])
        try expect("predictions.select", #"{"x": [[1], [2], [3], [4]], "y": [1, 2, 3, 4], "score": "k_fold"}"#, ["/folds"])
    }

    // MARK: Networks of finite width

    @Test func vectorsAreHeldAgainstTheColumnsOfTheKernel() throws {
        let network = #""architecture": {"layers": [{"type": "dense", "width": 2}]}"#
        try expect("kernels.empirical", "{\(network), \"x1\": [[1, 2]], \"x2\": [[1, \"a\"], [2, 2]], \"vectors\": [[1, 2, 3, 4]]}", ["/x2/0/1"])
        try expect("kernels.empirical", "{\(network), \"x1\": [[1, 2]], \"x2\": [[1, \"a\"], [2, 2]], \"vectors\": [[1, 2]]}", ["/vectors", "/x2/0/1"])
        try expect("kernels.empirical", "{\(network), \"x1\": [[1, 2]], \"x2\": {\"dataset\": \"none\"}, \"vectors\": [[1, 2, 3]]}", ["/x2/dataset"])
    }

    @Test func eachNumberOfParameters() throws {
        let network = #""architecture": {"layers": [{"type": "dense", "width": 2}]}"#
        func expect(_ weight: String, _ pointers: [String], _ location: SourceLocation = #_sourceLocation) throws {
            try self.expect("kernels.empirical", "{\(network), \"x1\": [[1, 2]], \"parameters\": [{\"weight\": \(weight)}]}", pointers.map { "/parameters/0/weight" + $0 }, location)
            try self.expect("linearizations", "{\(network), \"x\": [[1, 2]], \"displacement\": [{\"weight\": \(weight)}]}", pointers.map { "/displacement/0/weight" + $0 }, location)
        }
        try expect(#"[["a", 1], [null, "b"]]"#, ["/0/0", "/1/0", "/1/1"])
        try expect("[[1, 2], [3]]", ["/1"])
        try expect(#"[[1, 2], [3, "a"], [5, 6]]"#, ["", "/1/1"])
        try expect("[]", [""])
        try expect("3", [""])
    }

    @Test func seedsBesideParametersAreTooMany() throws {
        let rest = #""architecture": {"layers": [{"type": "dense", "width": 1}]}, "x": [[1]], "y": [1], "optimizer": {"type": "sgd", "learning_rate": 1}, "steps": 1, "parameters": [{"weight": [[1]]}]"#
        try expect("trainings", "{\(rest), \"seeds\": [0, 0]}", ["/seeds"])
        try expect("trainings", "{\(rest), \"seeds\": [3]}", [])
    }

    @Test func whatGoesWithARunThatIsNotThere() throws {
        for (run, place) in [(#""step": 7"#, "/step"), (#""run": 7"#, "/run")] {
            let training = "{\"job\": \"training\", \(run)}"
            try expect("kernels.empirical", "{\"training\": \(training), \"x1\": [[1, 2, 3]], \"vectors\": [[1, 2]]}", ["/training\(place)", "/vectors", "/x1"])
            try expect("linearizations", "{\"displacement\": {\"training\": \(training)}, \"x\": [[1, 2, 3]]}", ["/displacement/training\(place)", "/x"])
        }
        try expect("analyses.path_kernel", #"{"training": {"job": "training", "run": 7}, "x": [[1, 2, 3]]}"#, ["/training/run", "/x"])
        // The shape is not one that the request has.
        for (kind, text) in [
            ("kernels.empirical", #"{"training": {"job": "training"}, "x1": [[1, 2, 3]]}"#),
            ("linearizations", #"{"displacement": {"training": {"job": "training"}}, "x": [[1, 2, 3]]}"#),
            ("analyses.path_kernel", #"{"training": {"job": "training", "run": 7}, "x": [[1, 2, 3]]}"#),
        ] {
            let details = try documents.faults(kind, text).map(\.detail)
            #expect(details.contains("The rows have 3 numbers, those of the training 2; send inputs of the network that was trained."), "\(details)")
        }
    }

    @Test func theExperimentsOwnRowsAreNotAtFault() throws {
        try expect("experiments.width_scaling", #"{"input_shape": [2], "y": [1], "track": ["tangents"], "tangent_rows": [7]}"#, ["/input_shape", "/tangent_rows/0", "/y"])
        try expect("experiments.width_scaling", #"{"input_shape": [2], "x_test": [[1, 2]]}"#, ["/input_shape"])
        try expect("experiments.width_scaling", #"{"input_shape": [1]}"#, [])
    }

    // MARK: Samples

    @Test func dataOfAProcessThatTakesNone() throws {
        let kernel = #""kernel": {"type": "squared_exponential"}, "x": [[1]]"#
        try expect("samples", "{\(kernel), \"process\": \"deep_gaussian\", \"x_train\": [[1]]}", ["/x_train"])
        try expect("samples", "{\(kernel), \"process\": \"deep_gaussian\", \"x_train\": [[1, 2]], \"y_train\": [1, 2], \"outputs\": 3}", ["/x_train", "/y_train"])
    }

    @Test func outputsOfASampleThatAreThereAnyhow() throws {
        let posterior = #""kernel": {"type": "squared_exponential"}, "x": [[1]], "x_train": [[1]], "y_train": [[1, 2]]"#
        try expect("samples", "{\(posterior), \"outputs\": 2}", [])
        try expect("samples", "{\(posterior), \"outputs\": 1}", ["/outputs"])
        let network = #""architecture": {"layers": [{"type": "dense", "width": 3}]}, "x": [[1]], "process": "network""#
        try expect("samples", "{\(network), \"outputs\": 3}", [])
        try expect("samples", "{\(network), \"outputs\": 1}", ["/outputs"])
    }
}
