import Foundation
import JSON
import Testing

@testable import Jobs
@testable import Service

/// Faults of rows and targets: each is told, whatever else is wrong with the data, and held against what is right.
@Suite struct EveryFaultOfRowsTests {
    private let temporary = TemporaryDirectory()
    private let store: SQLiteJobStore
    private let blobs: BlobStore

    init() throws {
        let directory = try DataDirectory(path: temporary.path)
        store = try SQLiteJobStore(directory, role: .server)
        blobs = BlobStore(directory)
        // Three rows of two features each, with classes; a column of one is constant, a row of the other.
        for (id, values) in [("column", [1.0, 2, 1, 3, 1, 4]), ("row", [1, 1, 2, 3, 4, 5])] {
            let inputs = try blobs.store(values, shape: [3, 2])
            let targets = try blobs.store([0, 1, 2], shape: [3])
            let metadata = DatasetMetadata(rows: 3, inputShape: [2], targetShape: [], classes: 3)
            _ = try store.insert(
                Dataset(id: id, name: "", metadata: metadata.json.ownString, inputs: inputs, targets: targets, sha256: "", bytes: inputs.bytes))
        }
    }

    private func read(_ kind: String, _ text: String) throws -> RequestReader {
        let reader = try RequestReader(JSONParser.parse(text), kind: kind, store: store, blobs: blobs)
        let request = try #require(JobRequests.type(of: kind)).init(reader)
        #expect((request == nil) == !reader.faults.isEmpty, "\(text)")
        return reader
    }

    private func expect(_ kind: String, _ text: String, _ pointers: [String], _ location: SourceLocation = #_sourceLocation) throws {
        let faults = try read(kind, text).faults.all
        #expect(faults.map(\.pointer.description).sorted() == pointers, "\(faults.map { "\($0.pointer): \($0.detail)" })", sourceLocation: location)
    }

    private let network = #""architecture": {"layers": [{"type": "dense", "width": 4}, "relu", {"type": "dense", "width": 1}]}"#
    private let classifier = #""architecture": {"layers": [{"type": "dense", "width": 4}, "relu", {"type": "dense", "width": 2}]}"#
    private let descent = #""optimizer": {"type": "sgd", "learning_rate": 0.1}, "steps": 5"#

    // MARK: Shapes

    @Test func rowsWithBadNumbersAreHeldAgainstOthers() throws {
        try expect("kernels.ntk", #"{\#(network), "x1": [["a", 2]], "x2": [[1, 2, 3]]}"#, ["/x1/0/0", "/x2"])
        try expect("kernels.ntk", #"{\#(network), "x1": [[1, 2]], "x2": [[1, "a", 3]]}"#, ["/x2", "/x2/0/1"])
        try expect("trainings", #"{\#(network), "x": [["a"], [1]], "y": [1, 2], "x_test": [[1, 2]], \#(descent)}"#, ["/x/0/0", "/x_test"])
        try expect("trainings", #"{\#(network), "x": [[1]], "y": [["a", 2]], \#(descent)}"#, ["/y", "/y/0/0"])
        try expect("kernels.empirical", #"{\#(network), "x1": [["a", 2]], "vectors": [[1, 2, 3]]}"#, ["/vectors", "/x1/0/0"])
        try expect("kernels.empirical", #"{\#(network), "x1": [[1, 2]], "x2": [["a", 2]], "vectors": [[1, "b"]]}"#, ["/vectors", "/vectors/0/1", "/x2/0/0"])
        try expect("kernels.empirical", #"{\#(network), "x1": [[1, 2]], "x2": 5, "vectors": [[1, 2]]}"#, ["/x2"])
        // Of which shape they should be is open where input_shape is.
        try expect("kernels.ntk", #"{\#(network), "x1": [[1, 2, 3, 4]], "x2": [[[1, 2], [3, 4]]], "input_shape": ["a"]}"#, ["/input_shape/0"])
    }

    @Test func pointsOfAnInfluenceBesideBadNumbers() throws {
        let step = #"\#(network), "x_step": [["a", 1]], "y_step": [1], "learning_rate": 1"#
        try expect("analyses.influence", #"{\#(step), "input_shape": [2], "grid": {"x": [0, 1, 3]}}"#, ["/grid", "/x_step/0/0"])
        try expect("analyses.influence", #"{\#(step), "x": [[1, 2, 3]]}"#, ["/x", "/x_step/0/0"])
        try expect("analyses.influence", #"{\#(network), "x_step": [[1]], "y_step": [[1, "a"]], "learning_rate": 1, "x": [[1]]}"#, ["/y_step", "/y_step/0/1"])
    }

    @Test func rowsThatDifferAreHeldAgainstTheInputShape() throws {
        try expect("kernels.ntk", #"{\#(network), "x1": [[1, 2], [1, 2, 3]], "input_shape": [3]}"#, ["/x1/0"])
        try expect("kernels.ntk", #"{\#(network), "x1": [[1, 2], [1]], "input_shape": [3]}"#, ["/x1/0", "/x1/1"])
        try expect("kernels.ntk", #"{\#(network), "x1": [[1, 2], []], "input_shape": [3]}"#, ["/x1/0", "/x1/1"])
        try expect("kernels.ntk", #"{\#(network), "x1": [[1, "a"], [1, 2]], "input_shape": [3]}"#, ["/x1", "/x1/0/1"])
        // Both hold as many numbers; still they are not rows of one shape.
        try expect("kernels.ntk", #"{\#(network), "x1": [[1, 2, 3, 4], [[1, 2], [3, 4]]], "input_shape": [4]}"#, ["/x1/1"])
        let path = temporary.path + "/upload.json"
        try #"{"inputs": [[1, 2], [1, 2, 3]], "input_shape": [3]}"#.write(toFile: path, atomically: true, encoding: .utf8)
        let problem = #expect(throws: Service.Problem.self) { try DatasetUpload(path: path, type: .json, query: try Query(nil), blobs: blobs) }
        #expect(problem?.faults.map(\.pointer.description) == ["/inputs/0"])
    }

    @Test func numbersBesideRowsHideNothingInThem() throws {
        try expect("kernels.ntk", #"{\#(network), "x1": [[[1, 2], 3, ["a"]], [[1, 2], [3, 4]]]}"#, ["/x1/0", "/x1/0/2/0"])
    }

    @Test func featuresOfGraphsThatCannotBeRead() throws {
        func graph(_ features: String, _ edges: String = "") -> String { #"{"features": [[\#(features)]], "edges": [\#(edges)]}"# }
        try expect("kernels.graph", #"{"x1": [\#(graph("1, 2", "[0, 3]"))], "x2": [\#(graph("1"))]}"#, ["/x1/0/edges/0/1", "/x2"])
        try expect("kernels.graph", #"{"x1": [\#(graph(#"1, "a""#)), \#(graph("1, 2, 3"))]}"#, ["/x1/0/features/0/1", "/x1/1/features"])
        // Held against x1, whose number of features is known.
        let several = [graph("1"), graph("1, 2"), graph("1, 2, 3")].joined(separator: ", ")
        try expect("kernels.graph", #"{"x1": [\#(graph("1, 2"))], "x2": [\#(several)]}"#, ["/x2/0/features", "/x2/2/features"])
        try expect("kernels.graph", #"{"x1": [\#(several)], "x2": [\#(graph("1, 2"))]}"#, ["/x1/1/features", "/x1/2/features"])
    }

    // MARK: Datasets

    @Test func aDatasetHasRowsWhateverIsWrongBesideThem() throws {
        let x = #""x": {"dataset": "row", "standardize": "z"}"#
        try expect(
            "trainings", #"{\#(network), \#(x), "y": [1, 2], "steps": 5, "optimizer": {"type": "sgd", "learning_rate": 1, "batch_size": 4}, "track": ["tangents"], "tangent_rows": [7]}"#,
            ["/optimizer/batch_size", "/tangent_rows/0", "/x/standardize", "/y"])
        try expect("predictions.select", #"{\#(x), "y": [1, 2, 3], "score": "k_fold", "folds": 4}"#, ["/folds", "/x/standardize"])
        try expect(
            "kernels.ntk", #"{\#(network), "x1": {"dataset": "row", "rows": {"from": 0, "to": 9}}, "x2": [[1, 2, 3]]}"#, ["/x1/rows/to", "/x2"])
        // Given rows are as many; of those that cannot be read nobody knows how many.
        let some = #""x": {"dataset": "row", "standardize": "z", "rows": {"from": 1, "to": 3}}"#
        try expect("trainings", #"{\#(network), \#(some), "y": {"dataset": "row", "standardize": "z"}, \#(descent)}"#, ["/x/standardize", "/y", "/y/standardize"])
        try expect("trainings", #"{\#(network), "x": {"dataset": "row", "rows": {"from": 9}}, "y": [1], \#(descent)}"#, ["/x/rows/from"])
    }

    @Test func dataWithoutSpreadAreToldBesideOtherFaults() throws {
        func expect(_ members: String, _ pointers: [String], _ location: SourceLocation = #_sourceLocation) throws {
            let reader = try read("kernels.ntk", "{\(network), \(members)}")
            let faults = try reader.references.standardizationFaults(beside: reader.faults.all, blobs: blobs)
            #expect(faults.all.map(\.pointer.description) == pointers, "\(faults.all)", sourceLocation: location)
        }
        let x1 = #""x1": {"dataset": "column", "standardize": "features"}"#
        try expect(#"\#(x1), "x2": {"dataset": "row", "standardize": "examples"}"#, ["/x1/standardize", "/x2/standardize"])
        try expect(#"\#(x1), "x2": [["a"]], "precision": "x""#, ["/precision", "/x2/0/0", "/x2", "/x1/standardize"])
        try expect(#"\#(x1), "x2": {"dataset": "row", "standardize": "features"}"#, ["/x1/standardize"])
    }

    // MARK: Classes

    @Test func targetsThatAreNoClassesHideNoOthers() throws {
        let x = #""x": [[1], [2], [3], [4]], "task": "classification", \#(descent)"#
        try expect("trainings", #"{\#(classifier), \#(x), "y": [0, 1, 7, 1.5]}"#, ["/y", "/y/3"])
        try expect("trainings", #"{\#(classifier), \#(x), "y": [0, 1.5, "a", -1]}"#, ["/y/1", "/y/2", "/y/3"])
        try expect("trainings", #"{\#(classifier), \#(x), "y": [[0], [1.5], ["a"], [3]]}"#, ["/y", "/y/1", "/y/2/0"])
        try expect("trainings", #"{\#(classifier), \#(x), "y": [0, 1, 1, 0], "x_test": [[1], [2]], "y_test": [5, 0.5]}"#, ["/y_test", "/y_test/1"])
        // Rows where classes are wanted, which are no rows of one length either.
        try expect("trainings", #"{\#(classifier), "x": [[1], [2]], "y": [[1, 2], [3]], "task": "classification", \#(descent)}"#, ["/y", "/y/1"])
        // A number is told as no class where it stands, and the others by their dataset.
        try expect(
            "trainings", #"{\#(classifier), "x": [[1], [2], [3]], "y": {"dataset": "row", "standardize": "z"}, "task": "classification", \#(descent)}"#,
            ["/y", "/y/standardize"])
        try expect(
            "analyses.influence", #"{\#(classifier), "x_step": [[1], [2]], "y_step": [5, 0.5], "task": "classification", "learning_rate": 1, "x": [[1]]}"#,
            ["/y_step", "/y_step/1"])
    }
}
