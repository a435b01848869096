import FiniteNetworks
import JSON
import Testing

@testable import Jobs
@testable import Service

/// Samples, slices through a loss and path kernels: what a client writes, and that a worker reads the same.
@Suite struct SampleRequestTests {
    private let temporary = TemporaryDirectory()
    private let store: SQLiteJobStore
    private let blobs: BlobStore

    init() throws {
        let directory = try DataDirectory(path: temporary.path)
        store = try SQLiteJobStore(directory, role: .server)
        blobs = BlobStore(directory)
    }

    private func read<Request: JobRequest>(_ text: String, as type: Request.Type) throws -> (request: Request?, reader: RequestReader) {
        let reader = try RequestReader(JSONParser.parse(text), kind: Request.endpoints[0].kind, store: store, blobs: blobs)
        return (try Request(reader), reader)
    }

    private func pointers<Request: JobRequest>(_ text: String, as type: Request.Type) throws -> [String] {
        let (request, reader) = try read(text, as: type)
        #expect((request == nil) == !reader.faults.isEmpty)
        return reader.faults.all.map(\.pointer.description).sorted()
    }

    private func readBack<Request: JobRequest>(_ text: String, as type: Request.Type) throws -> Request {
        let (request, reader) = try read(text, as: type)
        let original = try #require(request, "\(reader.faults.all)")
        var moved: [Blob] = []
        let specification = try JobSpecification(original, reader, movingTo: blobs, recording: &moved)
        let again = try Request(specification: specification.text, kind: Request.endpoints[0].kind)
        #expect(again.json == original.json)
        #expect(again.forecast(threads: 2) == original.forecast(threads: 2))
        return again
    }

    private let network = #""architecture": {"layers": [{"type": "dense", "width": 4}, "erf", {"type": "dense", "width": 2}]}"#
    private let points = #""x": [[1], [2], [3]]"#

    @Test func aWorkerReadsTheSameSamples() throws {
        let prior = try readBack("{\(network), \(points)}", as: SampleRequest.self)
        #expect((prior.samples, prior.outputs, prior.seed) == (10, 1, 0))
        let posterior = try readBack(
            "{\(network), \(points), \"x_train\": [[0], [4]], \"y_train\": [[1, 2, 3], [4, 5, 6]], \"kind\": \"ntk\", \"ridge_absolute\": 0.5, \"include\": [\"covariance\"]}",
            as: SampleRequest.self)
        #expect(posterior.outputs == 3 && posterior.training?.ridge == .absolute(0.5))
        #expect(try readBack("{\(network), \(points), \"process\": \"network\", \"seed\": 9}", as: SampleRequest.self).outputs == 2)
        let deep = try readBack(
            "{\"kernel\": {\"type\": \"squared_exponential\", \"variance\": 2}, \(points), \"process\": \"deep_gaussian\", \"widths\": [3, 4], \"outputs\": 2}", as: SampleRequest.self)
        guard case .deepGaussian(let process) = deep.source else { throw Mismatch() }
        #expect(process.layers.map(\.width) == [3, 4, 2])
    }

    private struct Mismatch: Error {}

    /// The rows of a slice's training are looked up with the slice, also where they become a file.
    @Test func aWorkerReadsTheSameSlice() throws {
        let rows = (0..<9000).map { "[\($0), 1]" }.joined(separator: ",")
        let targets = (0..<9000).map { "[\($0), 2]" }.joined(separator: ",")
        let training = "{\(network), \"x\": [\(rows)], \"y\": [\(targets)], \"optimizer\": {\"type\": \"sgd\", \"learning_rate\": 0.1}, \"steps\": 5}"
        let slice = try readBack(
            "{\"function\": {\"loss_slice\": \(training), \"normalization\": \"layer\", \"center\": \"initial\"}, \"grid\": {\"x\": [0, 1, 2], \"y\": [0, 1, 2]}}", as: FieldRequest.self)
        guard case .lossSlice(let request) = slice.function, case .blob = request.training.x.source else { throw Mismatch() }
        #expect(request.training.x.rows == 9000 && !request.isTrained && request.normalization == .layer)
    }

    @Test func aSlicesPointsAreTheRecordedSteps() throws {
        func slice(_ steps: Int, every: Int) throws -> (LossSliceRequest?, [String]) {
            let training = "{\(network), \"x\": [[1], [2]], \"y\": [[1, 2], [3, 4]], \"optimizer\": {\"type\": \"sgd\", \"learning_rate\": 0.1}, \"steps\": \(steps), \"record_every\": \(every)}"
            let text = "{\"function\": {\"loss_slice\": \(training), \"directions\": \"principal\"}, \"grid\": {\"x\": [0, 1, 2], \"y\": [0, 1, 2]}}"
            let (request, reader) = try read(text, as: FieldRequest.self)
            guard case .lossSlice(let slice) = request?.function else { return (nil, reader.faults.all.map(\.detail)) }
            return (slice, [])
        }
        #expect(try slice(10, every: 4).0?.recordedSteps == [0, 4, 8, 10])
        #expect(try slice(8, every: 4).0?.recordedSteps == [0, 4, 8])
        // The mend that a refusal names is one.
        for steps in [1000, 1001, 5000, 123_456] {
            let details = try slice(steps, every: 1).1
            let digits = try #require(details.first?.components(separatedBy: "record_every to ").last?.prefix { $0.isNumber })
            #expect(try slice(steps, every: try #require(Int(digits))).0 != nil, "\(details)")
        }
    }

    @Test func whatDoesNotGoTogetherIsNamed() throws {
        #expect(try pointers("{\(network), \"x\": [[1]], \"process\": \"network\", \"kind\": \"ntk\", \"include\": [\"covariance\"]}", as: SampleRequest.self) == ["/include", "/kind"])
        #expect(try pointers("{\(network), \"x\": [[1]], \"x_train\": [[1]]}", as: SampleRequest.self) == ["/x_train"])
        #expect(try pointers("{\(network), \"x\": [[1]], \"x_train\": [[1], [2]], \"y_train\": [1]}", as: SampleRequest.self) == ["/y_train"])
        #expect(try pointers("{\(network), \"x\": [[1]], \"x_train\": [[1, 2]], \"y_train\": [1], \"outputs\": 2}", as: SampleRequest.self) == ["/outputs", "/x_train"])
        #expect(try pointers("{\"kernel\": {\"type\": \"squared_exponential\", \"lengthscale\": 0}, \"x\": [[1]]}", as: SampleRequest.self) == ["/kernel/lengthscale"])
        #expect(try pointers("{\"training\": {\"job\": \"none\", \"run\": -1, \"seed\": 1}}", as: PathKernelRequest.self) == ["/training/job", "/training/run", "/training/seed"])
    }
}
