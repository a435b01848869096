import Foundation
import JSON
import Testing

@testable import Jobs
@testable import Service

/// Documents with several faults: each is told, whatever else is wrong, and none follows from another.
@Suite struct EveryFaultTests {
    private let temporary = TemporaryDirectory()
    let store: SQLiteJobStore
    let blobs: BlobStore

    init() throws {
        let directory = try DataDirectory(path: temporary.path)
        store = try SQLiteJobStore(directory, role: .server)
        blobs = BlobStore(directory)
        // Five rows of two features, without targets.
        let inputs = try blobs.store([1, 2, 3, 4, 5, 6, 7, 8, 9, 0], shape: [5, 2])
        _ = try store.insert(
            Dataset(
                id: "five", name: "", metadata: DatasetMetadata(rows: 5, inputShape: [2]).json.ownString, inputs: inputs, targets: nil,
                sha256: "", bytes: inputs.bytes))
        // A kernel of three inputs.
        _ = try store.enqueue(NewJob(id: "kernel", kind: "kernels.ntk", spec: "{}"))
        let claimed = try #require(try store.claim(worker: "w", lease: .seconds(60)))
        let kernel = try ResultArray("ntk", shape: [3, 3], [2, 1, 1, 1, 2, 1, 1, 1, 2], blobs: blobs)
        _ = try store.finish(claimed.lease, .succeeded(ComputedResult(document: #"{"request": {}}"#, arrays: [kernel])))
    }

    func faults(_ kind: String, _ text: String) throws -> [Fault] {
        let reader = try RequestReader(JSONParser.parse(text), kind: kind, store: store, blobs: blobs)
        let request = try #require(JobRequests.type(of: kind)).init(reader)
        #expect((request == nil) == !reader.faults.isEmpty, "\(text)")
        return reader.faults.all
    }

    func expect(_ kind: String, _ text: String, _ pointers: [String], _ location: SourceLocation = #_sourceLocation) throws {
        let faults = try faults(kind, text)
        #expect(faults.map(\.pointer.description).sorted() == pointers, "\(faults.map { "\($0.pointer): \($0.detail)" })", sourceLocation: location)
    }

    private let network = #""architecture": {"layers": [{"type": "dense", "width": 4}, "relu", {"type": "dense", "width": 1}]}"#
    private let faultyNetwork = #""architecture": {"layers": [{"type": "dense", "width": 0}, "relu", {"type": "dense", "width": 1}]}"#
    private let rows = #""x": [[1], [2]], "y": [1, 2]"#
    let descent = #""optimizer": {"type": "sgd", "learning_rate": 0.1}, "steps": 5"#

    // MARK: Trainings

    @Test func aTrainingsSettingsNeedNoNetwork() throws {
        try expect(
            "trainings",
            """
            {\(faultyNetwork), "x": [[1], ["a"]], "y": [1, 2, 3], "optimizer": {"type": "sgd", "learning_rate": -1, "momentum": 0.5, "batch_size": 3},
             "steps": 5, "tangent_rows": [0, 2, -1, 9], "track": ["path_kernel", "tangent"], "loss": "cross_entropy"}
            """,
            [
                "/architecture/layers/0/width", "/loss", "/optimizer/batch_size", "/optimizer/learning_rate", "/tangent_rows/1", "/tangent_rows/2",
                "/tangent_rows/3", "/track/0", "/track/1", "/x/1/0", "/y",
            ])
        try expect("trainings", "{\(faultyNetwork), \(rows), \(descent), \"x_test\": [[1]], \"y_test\": [[1, 2]]}", ["/architecture/layers/0/width", "/y_test"])
    }

    @Test func whatIsThereTwiceIsToldBesideOtherFaults() throws {
        try expect(
            "trainings", "{\(network), \(rows), \(descent), \"seeds\": [1, 1, -1], \"widths\": [3, 0, 3], \"track\": [\"outputs\", \"inputs\", \"outputs\"]}",
            ["/seeds/1", "/seeds/2", "/track/1", "/track/2", "/widths/1", "/widths/2"])
        try expect(
            "kernels.empirical", "{\(network), \"x1\": [[1]], \"seeds\": [1, \"a\", 1], \"kinds\": [\"ntk\", \"ntk\", \"cntk\"]}",
            ["/kinds/1", "/kinds/2", "/seeds/1", "/seeds/2"])
        try expect("linearizations", "{\(network), \"x\": [[1]], \"scales\": [1, 0, 1.0]}", ["/scales/1", "/scales/2"])
    }

    @Test func anOptimizerOfAnUnknownTypeMayHaveTheMembersOfAny() throws {
        let members = #""learning_rate": 0, "momentum": 1, "beta1": 2, "beta2": 0.9, "nesterov": true"#
        let pointers = ["/optimizer/beta1", "/optimizer/learning_rate", "/optimizer/momentum", "/optimizer/nesterov"]
        try expect("trainings", "{\(network), \(rows), \"steps\": 0, \"optimizer\": {\"type\": \"smd\", \(members)}}", pointers + ["/optimizer/type", "/steps"])
        try expect("trainings", "{\(network), \(rows), \"steps\": 0, \"optimizer\": {\(members)}}", ["/optimizer"] + pointers + ["/steps"])
    }

    @Test func aRangeNamesNoNumberThatNobodyChose() throws {
        let details = try faults("trainings", "{\(network), \(rows), \"optimizer\": {\"type\": \"sgd\", \"learning_rate\": 1}, \"steps\": 0, \"snapshot_steps\": [-1]}").map(\.detail)
        #expect(details.contains("This must be at least 0, not -1."))
        #expect(try faults("flows.field", #"{"function": {"name": "himmelblau"}, "grid": {"x": [0, 1], "y": [0, 1, 2]}}"#).map(\.detail) == ["The number of elements must be 3, not 2."])
    }

    @Test func nothingIsHeldAgainstATaskThatCannotBeRead() throws {
        try expect("trainings", "{\(network), \"x\": [[1], [2]], \"y\": [0, 1], \(descent), \"loss\": \"cross_entropy\", \"task\": \"clasification\"}", ["/task"])
        try expect("predictions", "{\(network), \"x_train\": [[1], [2]], \"y_train\": [0, 1], \"include\": [\"confusion\"], \"task\": \"clasification\"}", ["/task"])
        try expect("flows.outputs", "{\(network), \"x_train\": [[1], [2]], \"y_train\": [0, 1], \"loss\": \"cross_entropy\", \"task\": \"clasification\"}", ["/task"])
        try expect("trainings", "{\(network), \"x\": [[1], [2], [3]], \"y\": [0.5, 1, -1], \(descent), \"task\": \"classification\"}", ["/architecture", "/y/0", "/y/2"])
    }

    @Test func parametersNeedNoNetwork() throws {
        try expect(
            "trainings", "{\(faultyNetwork), \(rows), \(descent), \"seeds\": [1, -1], \"parameters\": [{\"weight\": [[1, \"a\"]], \"biass\": [1]}, 3]}",
            ["/architecture/layers/0/width", "/parameters/0/biass", "/parameters/0/weight/0/1", "/parameters/1", "/seeds", "/seeds/1"])
        try expect("trainings", "{\(network), \(rows), \(descent), \"parameters\": [{\"weight\": [[1, 2, 3, 4]], \"gain\": 1}]}", ["/parameters", "/parameters/0/gain"])
        try expect(
            "kernels.empirical", "{\(faultyNetwork), \"x1\": [[1]], \"parameters\": [{}], \"network\": \"none\", \"seeds\": [-1]}",
            ["/architecture/layers/0/width", "/network", "/network", "/parameters", "/parameters/0", "/seeds/0"])
        try expect(
            "kernels.empirical",
            #"{"architecture": {"layers": [{"type": "dense", "width": 1}]}, "x1": [[1, 2]], "parameters": [{"weight": [[1e39], [-1e39]]}], "precision": "float32"}"#,
            ["/parameters/0/weight/0/0", "/parameters/0/weight/1/0"])
    }

    @Test func widthsThatCannotBeReadReplaceThoseOfLayersAllTheSame() throws {
        try expect("trainings", "{\"architecture\": {\"layers\": [\"dense\", \"relu\", {\"type\": \"dense\", \"width\": 1}]}, \(rows), \(descent), \"widths\": [0]}", ["/widths/0"])
        try expect("trainings", "{\"architecture\": {\"layers\": [{\"type\": \"dense\", \"width\": 1}]}, \(rows), \(descent), \"widths\": [0]}", ["/widths", "/widths/0"])
    }

    // MARK: Data

    @Test func everythingInRowsThatIsNoNumber() throws {
        try expect(
            "kernels.ntk", #"{"architecture": {"layers": ["dense"]}, "x1": [[1, "a", null], [true], [4, 5], 6, [], [1, [2], [3]], [7, 8, 9]]}"#,
            ["/x1/0/1", "/x1/0/2", "/x1/1", "/x1/1/0", "/x1/2", "/x1/3", "/x1/4", "/x1/5"])
        // Whatever stands in rows of one length, they fold or do not.
        try expect("kernels.ntk", #"{"architecture": {"layers": ["dense"]}, "x1": [[1, "a"], [2, 3]], "input_shape": [3]}"#, ["/x1", "/x1/0/1"])
        // Images: what is wrong inside them, and one of another size.
        try expect(
            "kernels.ntk", #"{"architecture": {"layers": ["flatten", "dense"]}, "x1": [[[1, 2], ["a", 4]], [[1, 2]], [[1, 2], [3]]]}"#,
            ["/x1/0/1/0", "/x1/1", "/x1/2/1"])
        try expect("trainings", "{\(network), \"x\": [[1], [2], [3]], \"y\": [1, \"a\", [2], null], \(descent)}", ["/y", "/y", "/y/1", "/y/3"])
        try expect("trainings", "{\(network), \"x\": [[1], [2], [3]], \"y\": [[1, 2], [2, 3]], \(descent)}", ["/y", "/y"])
    }

    @Test func aDatasetsRowsAreCheckedWhateverItIs() throws {
        func expect(_ x1: String, _ pointers: [String], _ location: SourceLocation = #_sourceLocation) throws {
            try self.expect("kernels.ntk", "{\"architecture\": {\"layers\": [\"flatten\", \"dense\"]}, \"input_shape\": [2, 1], \"x1\": \(x1)}", pointers, location)
        }
        try expect(#"{"dataset": "none", "rows": {"from": 3, "to": 2}, "standardize": "all"}"#, ["/x1/dataset", "/x1/rows", "/x1/standardize"])
        try expect(#"{"rows": {"from": 3, "to": 3, "step": 1}}"#, ["/x1", "/x1/rows", "/x1/rows/step"])
        try expect(#"{"dataset": "five", "rows": {"from": 7, "to": 6}}"#, ["/x1/dataset", "/x1/rows", "/x1/rows/from", "/x1/rows/to"])
        try expect(#"{"dataset": "five", "rows": {"from": -1, "to": 6}}"#, ["/x1/dataset", "/x1/rows/from", "/x1/rows/to"])
        try expect(#"{"dataset": "five", "rows": {"from": 5}}"#, ["/x1/dataset", "/x1/rows/from"])
        try self.expect(
            "trainings", "{\(network), \"x\": [[1], [2]], \"y\": {\"dataset\": \"five\", \"rows\": {\"to\": 9}}, \(descent)}", ["/y/dataset", "/y/rows/to"])
    }

    @Test func anArrayOfAWrongLengthIsLookedThrough() throws {
        try expect(
            "kernels.ntk", #"{"architecture": {"layers": [{"type": "conv", "filter": [1, 0, "a", 4]}, "flatten", "dense"]}, "x1": [[1]], "input_shape": [1, 0, 2, 3.5]}"#,
            [
                "/architecture/layers/0/filter", "/architecture/layers/0/filter/1", "/architecture/layers/0/filter/2", "/input_shape", "/input_shape/1",
                "/input_shape/3",
            ])
        try expect(
            "flows.field",
            #"{"function": {"name": "quadratic", "matrix": [[1, "a"], [2], [3, 4]], "center": [1, 2, "b"]}, "grid": {"x": ["a", 1], "y": [1, 0, 1]}, "starts": [[1, null, 2]]}"#,
            [
                "/function/center", "/function/center/2", "/function/matrix", "/function/matrix/0/1", "/function/matrix/1", "/grid/x", "/grid/x/0",
                "/grid/y", "/grid/y/2", "/starts/0", "/starts/0/1",
            ])
    }

    // MARK: Kernels

    @Test func bothReasonsAgainstAnInclusion() throws {
        try expect(
            "kernels.empirical", "{\(network), \"x1\": [[1]], \"x2\": [[\"a\"]], \"outputs\": \"full\", \"include\": [\"angles\", \"spectrum\", \"cosine\"]}",
            ["/include/0", "/include/1", "/include/1", "/include/2", "/x2/0/0"])
        try expect(
            "kernels.empirical",
            #"{"architecture": {"layers": [{"type": "dense", "width": 1, "trainable": false}]}, "x1": [[1]], "vectors": [["a"]], "kinds": [], "seeds": [-1]}"#,
            ["/architecture", "/seeds/0", "/vectors/0/0"])
        try expect(
            "kernels.graph",
            #"{"x1": [{"features": [[1], ["a"]], "edges": [[0, 2], [0, 1, "b"]]}], "x2": [{"features": [[1]], "edges": [[-1, 0]]}], "include": ["spectrum", "all"]}"#,
            ["/include/0", "/include/1", "/x1/0/edges/0/1", "/x1/0/edges/1", "/x1/0/edges/1/2", "/x1/0/features/1/0", "/x2/0/edges/0/0"])
    }

    /// Null is nothing, and nothing is read in its place.
    @Test func nullIsNoData() throws {
        try expect("kernels.graph", #"{"x1": null, "x2": null, "include": ["spectrum"]}"#, ["/x1"])
        try expect("trainings", "{\(network), \(rows), \(descent), \"x_test\": null, \"y_test\": [1]}", ["/y_test"])
        try expect("samples", #"{"kernel": {"type": "squared_exponential"}, "x": [[1]], "x_train": null, "y_train": [1]}"#, ["/y_train"])
        try expect("predictions", "{\(network), \"x_train\": [[1], [2]], \"y_train\": [1, 2], \"x_test\": null}", [])
    }

    // MARK: Predictions

    @Test func aKernelBesideAnArchitecture() throws {
        // Which of the two is meant is the client's: nothing is said of inputs that belong to one of them.
        try expect(
            "predictions", "{\(network), \"kernel\": {\"job\": \"none\"}, \"kinds\": [\"ntk\"], \"x_train\": [[1], [\"a\"]], \"y_train\": [1, 2], \"x_test\": [[1]]}",
            ["/kernel", "/kernel/job", "/x_train/1/0"])
        let details = try faults("predictions", #"{"kernel": 3, "x_train": [[1]], "y_train": [1]}"#)
        #expect(details.map(\.pointer.description) == ["/kernel", "/x_train"])
        #expect(details.last?.detail.contains("or send \"architecture\" in place of \"kernel\"") == true)
    }

    @Test func aKernelsJobsAreLookedUpWhateverElseIsWrong() throws {
        try expect(
            "predictions",
            #"{"kernel": {"job": "none", "test_train": {"job": "nothing"}}, "kinds": ["ntk"], "times": [-1], "y_train": [1, 2], "y_test": [1]}"#,
            ["/kernel/job", "/kernel/test_train/job", "/times/0"])
        try expect(
            "predictions",
            #"{"kernel": {"job": "kernel"}, "kinds": ["ntk"], "times": [-1], "y_train": [1, 2], "y_test": [1], "initial": {"train": [1, "a"], "test": [1]}}"#,
            ["/initial/test", "/initial/train", "/initial/train/1", "/times/0", "/y_test", "/y_train"])
        try expect("predictions", #"{"kernel": {"test_test": {"job": "none"}}, "kinds": ["ntk"], "y_train": [1, 2]}"#, ["/kernel", "/kernel/test_test", "/kernel/test_test/job"])
        // The job has the tangent kernel alone: nothing is said of those that nobody asked for.
        try expect("predictions", #"{"kernel": {"job": "kernel"}, "kinds": ["ntk", "ntk"], "y_train": [1, 2], "covariance": "some"}"#, ["/covariance", "/kinds/1", "/y_train"])
        try expect("analyses.kernel", #"{"kernel": {"job": "none", "jobs": 1}, "kinds": ["cntk"]}"#, ["/kernel/job", "/kernel/jobs", "/kinds/0"])
        try expect("analyses.kernel", #"{"kernel": {"jobb": 1}}"#, ["/kernel", "/kernel/jobb"])
        try expect("analyses.kernel", #"{"kernel": {"job": "kernel"}, "kinds": ["ntk"], "y": [1, "a"], "task": "none"}"#, ["/task", "/y", "/y/1"])
    }

    @Test func testInputsThatCannotBeReadAreThere() throws {
        try expect(
            "predictions", "{\(network), \"x_train\": [[1], [2]], \"y_train\": [1, 2], \"x_test\": [[\"a\"]], \"y_test\": [1, 2], \"initial\": {\"train\": [1, 2], \"test\": [1]}}",
            ["/x_test/0/0", "/y_test"])
        try expect(
            "predictions", "{\(network), \"x_train\": [[1], [2]], \"y_train\": [1, \"a\"], \"covariance\": \"full\", \"include\": [\"confusion\", \"all\"], \"solver\": \"cg\"}",
            ["/covariance", "/include", "/include/1", "/solver", "/y_train/1"])
        try expect(
            "flows.outputs", "{\(network), \"x_train\": [[1], [2]], \"y_train\": [1, 2], \"loss\": \"logistic\", \"times\": [-1, 1e9]}", ["/times", "/times/0", "/y_train"])
    }

    @Test func eachNonlinearityOfASelection() throws {
        try expect(
            "predictions.select", #"{"x": [[1], [2]], "y": [1, 2, 3], "score": "k_fold", "folds": 9, "grid": {"nonlinearity": ["relu", "reluu"], "depth": [0], "ridge_relative": [-1]}}"#,
            ["/folds", "/grid/depth/0", "/grid/nonlinearity/1", "/grid/ridge_relative/0", "/y"])
    }

    // MARK: Others

    @Test func membersOfWhatCannotBeReadAreNotHeldAgainstIt() throws {
        try expect(
            "samples", "{\(network), \"x\": [[1]], \"process\": \"deep_gausian\", \"widths\": [0], \"kind\": \"ntk\"}", ["/process", "/widths/0"])
        try expect(
            "flows.field", #"{"function": {"name": "quadratik", "matrix": [[1, 2], [3, 4]], "size": 1}, "grid": {"x": [0, 1, 2], "y": [0, 1, 2]}}"#,
            ["/function/matrix", "/function/name", "/function/size"])
        try expect(
            "flows.field",
            "{\"function\": {\"loss_slice\": {\(faultyNetwork), \(rows), \"optimizer\": {\"type\": \"sgd\", \"learning_rate\": 1}, \"steps\": 5000, \"seeds\": [1, 2], \"track\": [\"outputs\"]}, \"directions\": \"principals\", \"components\": [0, 5000]}, \"grid\": {\"x\": [0, 1, 2], \"y\": [0, 1, 2]}}",
            [
                "/function/components", "/function/components/1", "/function/directions", "/function/loss_slice/architecture/layers/0/width",
                "/function/loss_slice/seeds", "/function/loss_slice/track",
            ])
    }

    @Test func samplesOfInputsThatCannotBeRead() throws {
        try expect(
            "samples", #"{"architecture": {"layers": ["dense", "relu", "relu"]}, "x": [["a"]], "x_train": [["b"]], "y_train": [1], "outputs": 2, "samples": 0}"#,
            ["/architecture/layers/2", "/outputs", "/samples", "/x/0/0", "/x_train/0/0"])
        try expect(
            "samples", #"{"kernel": {"type": "squared_exponential"}, "x": [["a"]], "x_train": [["b"]], "y_train": [1, 2], "kind": "ntk"}"#,
            ["/kind", "/x/0/0", "/x_train/0/0", "/y_train"])
    }

    @Test func pointsOfAnInfluence() throws {
        try expect(
            "analyses.influence", "{\(network), \"x_step\": [[1]], \"y_step\": [1, 2], \"learning_rate\": 0, \"grid\": {\"x\": [0, 1]}, \"x\": [[\"a\"]], \"seeds\": [-1]}",
            ["/grid/x", "/learning_rate", "/seeds/0", "/x", "/x/0/0", "/y_step"])
        try expect("analyses.influence", "{\(network), \"x_step\": [[1]], \"y_step\": [1], \"learning_rate\": 1, \"x\": null}", [""])
        // Whether a width is needed is not known.
        try expect(
            "analyses.influence", #"{"architecture": {"layers": ["dense"]}, "x_step": [[1]], "y_step": [1], "learning_rate": 1, "x": [[1]], "networks": ["infinit"], "seeds": [1]}"#,
            ["/networks/0"])
        try expect("analyses.influence", "{\(network), \"x_step\": [[1]], \"y_step\": [1], \"learning_rate\": 1, \"grid\": 1, \"x\": [[1]]}", ["/grid", "/x"])
    }

    @Test func anUploadOfADataset() throws {
        func expect(_ text: String, _ pointers: [String], _ location: SourceLocation = #_sourceLocation) throws {
            let path = temporary.path + "/upload.json"
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            let problem = #expect(throws: Service.Problem.self, sourceLocation: location) { try DatasetUpload(path: path, type: .json, query: try Query(nil), blobs: blobs) }
            #expect(problem?.faults.map(\.pointer.description).sorted() == pointers, "\(problem?.faults ?? [])", sourceLocation: location)
        }
        try expect(#"{"name": 3, "inputs": [[1], ["a"], [2]], "targets": [1, "b"], "labels": []}"#, ["/inputs/1/0", "/labels", "/name", "/targets", "/targets/1"])
        try expect(#"{"name": 3, "generator": {"type": "two_points", "rows": 3, "features": 2, "noise": 1}}"#, ["/generator/features", "/generator/noise", "/generator/rows", "/name"])
        try expect(#"{"generator": {"type": "sphere", "features": 1, "seed": -1}}"#, ["/generator/features", "/generator/rows", "/generator/seed"])
        try expect(#"{"name": 3, "generator": {"type": "gaussian", "rows": 10000000, "features": 100000}}"#, ["/generator", "/name"])
    }

    /// They are no fault where they say what is.
    @Test func theTwoPointsMayHaveTheMembersOfOthers() throws {
        let path = temporary.path + "/upload.json"
        let text = #"{"generator": {"type": "two_points", "rows": 2, "features": 1, "noise": 0, "seed": 1}}"#
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        #expect(try DatasetUpload(path: path, type: .json, query: try Query(nil), blobs: blobs).metadata.rows == 2)
    }

    @Test func aDescriptionOfAnArchitecture() throws {
        let faults = Faults()
        let body = try JSONParser.parse(#"{"architecture": {"layers": ["dense", "relu", "relu"]}, "input_shape": [0], "rows": 0, "columns": 3}"#)
        #expect(ArchitectureDescription(try #require(ObjectReader(body, at: .root, faults: faults)), threads: 1) == nil)
        #expect(faults.all.map(\.pointer.description).sorted() == ["/input_shape/0", "/rows"])
    }
}
