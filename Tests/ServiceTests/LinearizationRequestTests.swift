import JSON
import Testing

@testable import Jobs
@testable import Service

@Suite struct LinearizationRequestTests {
    private let temporary = TemporaryDirectory()
    private let store: SQLiteJobStore
    private let blobs: BlobStore

    init() throws {
        let directory = try DataDirectory(path: temporary.path)
        store = try SQLiteJobStore(directory, role: .server)
        blobs = BlobStore(directory)
    }

    private func read(_ text: String) throws -> (request: LinearizationRequest?, reader: RequestReader) {
        let reader = try RequestReader(JSONParser.parse(text), kind: "linearizations", store: store, blobs: blobs)
        return (try LinearizationRequest(reader), reader)
    }

    private func pointers(_ text: String) throws -> [String] {
        let (request, reader) = try read(text)
        #expect((request == nil) == !reader.faults.isEmpty)
        return reader.faults.all.map(\.pointer.description).sorted()
    }

    private let network = #""architecture": {"layers": [{"type": "dense", "width": 2, "bias_std": 1}, "tanh", {"type": "dense", "width": 1}]}"#
    private let rows = #""x": [[1], [2]]"#
    private let given = #"[{"weight": [[1, 2]], "bias": [0, 1]}, {"weight": [[3], [4]]}]"#

    /// A worker reads from the stored specification what the server read from the client.
    @Test func theSpecificationReadsBackAsTheSameRequest() throws {
        let displacements = ["{}", #"{"seed": 3}"#, #"{"seed": 3, "relative_norm": 2}"#, given]
        let starts = ["", #", "seed": 4"#, #", "parameters": \#(given)"#]
        for displacement in displacements {
            for start in starts {
                let (request, reader) = try read("{\(network), \(rows), \"displacement\": \(displacement), \"scales\": [1, 0.5]\(start)}")
                let understood = try #require(request, "\(reader.faults.all)")
                var moved: [Blob] = []
                let text = try JobSpecification(understood, reader, movingTo: blobs, recording: &moved).text
                let again = try LinearizationRequest(specification: text, kind: "linearizations")
                #expect(again.json == understood.json)
                #expect(again.scales == [1, 0.5])
                #expect((again.parameters == nil) == !start.contains("parameters"))
            }
        }
    }

    @Test("left out, the displacement is random with the seed 0 and a tenth of the norm of the parameters")
    func defaultDisplacement() throws {
        let request = try #require(try read("{\(network), \(rows)}").request)
        #expect(request.json["displacement"] == ["seed": 0, "relative_norm": 0.1])
        #expect(request.scales == LinearizationRequest.defaultScales)
    }

    @Test func faultsPointAtWhatIsWrong() throws {
        let cases: [(text: String, pointers: [String])] = [
            ("{}", ["", ""]),
            ("{\(network), \(rows), \"displacement\": null}", ["/displacement"]),
            ("{\(network), \(rows), \"displacement\": 3}", ["/displacement"]),
            ("{\(network), \(rows), \"displacement\": []}", ["/displacement"]),
            ("{\(network), \(rows), \"displacement\": {\"inline\": {}}}", ["/displacement"]),
            ("{\(network), \(rows), \"displacement\": [{\"weight\": [[1, 2]], \"bias\": [0, 1]}, {\"weight\": [[3, 4]]}]}", ["/displacement/1/weight"]),
            ("{\(network), \(rows), \"displacement\": {\"seed\": -1, \"relative_norm\": 0}}", ["/displacement/relative_norm", "/displacement/seed"]),
            ("{\(network), \(rows), \"displacement\": {\"seed\": 1}, \"scales\": [1, 0, -1]}", ["/scales/1", "/scales/2"]),
            ("{\(network), \(rows), \"displacement\": {\"seed\": 1}, \"scales\": [1, 2, 1]}", ["/scales/2"]),
            ("{\(network), \(rows), \"displacement\": {\"seed\": 1}, \"scales\": []}", ["/scales"]),
            ("{\(network), \(rows), \"displacement\": {\"seed\": 1}, \"seed\": 1, \"parameters\": \(given)}", ["/seed"]),
            ("{\(rows), \"displacement\": {\"training\": {\"job\": \"none\"}}}", ["/displacement/training/job"]),
            ("{\(network), \(rows), \"displacement\": {\"training\": {}}}", ["/architecture", "/displacement/training"]),
            (
                #"{"architecture": {"layers": [{"type": "dense", "width": 1, "trainable": false}]}, "x": [[1]], "displacement": {"seed": 1}}"#,
                ["/architecture"]
            ),
        ]
        for (text, expected) in cases { #expect(try pointers(text) == expected, "\(text)") }
    }
}
