import JSON
import Testing

@testable import Jobs
@testable import Service

@Suite struct KernelRequestTests {
    private let temporary = TemporaryDirectory()
    private let store: SQLiteJobStore
    private let blobs: BlobStore
    private let directory: DataDirectory

    init() throws {
        directory = try DataDirectory(path: temporary.path)
        store = try SQLiteJobStore(directory, role: .server)
        blobs = BlobStore(directory)
    }

    private func reader(_ text: String, kind: String = "kernels") throws -> RequestReader {
        try RequestReader(JSONParser.parse(text), kind: kind, store: store, blobs: blobs)
    }

    private func request(_ text: String) throws -> KernelRequest {
        let reader = try reader(text)
        guard let request = try KernelRequest(reader) else { throw Service.Problem.invalidDocument(reader.faults) }
        return request
    }

    private func pointers(_ text: String) -> [String] {
        do {
            _ = try request(text)
            return []
        } catch let problem as Service.Problem {
            return problem.faults.map(\.pointer.description)
        } catch {
            return ["\(error)"]
        }
    }

    private let layers = #""architecture": {"layers": [{"type": "dense", "bias_std": 0.1}, "relu", "dense"]}"#

    @Test func everyFaultIsNamedAtOnce() {
        let faults = pointers(
            #"{"kinds": ["nngp", "ntp"], "architecture": {"layers": ["relu"]}, "x1": [[1, 2], [3]], "x2": [[1]], "precision": "float16", "color": 1}"#)
        #expect(Set(faults) == ["/kinds/1", "/architecture/layers/0", "/x1/1", "/precision", "/color"])
    }

    @Test func whatBelongsTogetherIsChecked() {
        #expect(pointers("{\"kinds\": [\"ntk\"], \(layers), \"x1\": [[1, 2]], \"x2\": [[1]]}") == ["/x2"])
        #expect(pointers("{\"kinds\": [\"ntk\"], \(layers), \"x1\": [[1]], \"x2\": [[1]], \"include\": [\"diagonal\", \"spectrum\"]}") == ["/include/1"])
        #expect(pointers("{\"kinds\": [\"ntk\"], \(layers), \"x1\": [[1, 2]], \"input_shape\": [3]}") == ["/x1"])
        #expect(pointers("{\(layers), \"x1\": [[1]]}") == [""])
        #expect(pointers("{\"kinds\": [\"ntk\"], \(layers), \"x1\": null, \"x2\": null}") == ["/x1"])
        #expect(pointers("{\"kinds\": [\"ntk\"], \(layers), \"x1\": {\"dataset\": \"none\"}}") == ["/x1/dataset"])
    }

    @Test func whatHasPositionsHasNoMatrixAfterEachLayer() {
        let image = #""x1": [[1, 2, 3, 4]], "input_shape": [2, 2, 1]"#
        let network = #""architecture": {"layers": [{"type": "conv", "filter": [2, 2]}, "relu", "flatten", "dense"]}"#
        #expect(pointers("{\"kinds\": [\"ntk\"], \(network), \(image)}").isEmpty)
        #expect(pointers("{\"kinds\": [\"ntk\"], \(network), \(image), \"include\": [\"cosine\", \"layers\"]}") == ["/include/1"])
        #expect(pointers("{\"kinds\": [\"ntk\"], \(network), \"x1\": [[1, 2]]}") == ["/architecture/layers/0/filter"])
    }

    @Test func theSpecificationReadsBackAsTheSameRequest() throws {
        let reader = try reader("{\"kinds\": [\"nngp\", \"ntk\"], \(layers), \"x1\": [[1, 2], [3, 4]], \"include\": [\"cosine\"], \"precision\": \"float32\"}")
        let first = try #require(try KernelRequest(reader))
        var moved: [Blob] = []
        let specification = try JobSpecification(first, reader, movingTo: blobs, recording: &moved)
        let second = try KernelRequest(specification: specification.text, kind: "kernels")
        #expect(second.json == first.json)
        #expect(second.x1.stored == first.x1.stored)
        #expect(moved.isEmpty)
        #expect(second.kinds == first.kinds && second.include == first.include)
    }

    /// The number of rows that a refusal promises is the largest whose forecast stays within the limit.
    @Test(arguments: [100 << 20, 200 << 20, 1 << 30], [
        #""architecture": {"layers": [{"type": "dense", "bias_std": 0.1}, "relu", "dense"]}, "x1": [[1, 2]], "include": ["spectrum"]"#,
        #""architecture": {"preset": "cntk", "depth": 5}, "x1": [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]], "input_shape": [4, 4, 1]"#,
        #""architecture": {"preset": "myrtle5"}, "x1": [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]], "input_shape": [4, 4, 1]"#,
    ])
    func aRefusalNamesTheLargestSizeThatFits(_ limit: Int, _ members: String) throws {
        let request = try request("{\"kinds\": [\"ntk\"], \(members)}")
        var huge = request
        huge.x1 = DataReference(source: request.x1.source, rows: 10_000_000, shape: request.x1.shape)
        let forecast = huge.forecast(threads: 2)
        #expect(forecast.peakBytes > limit)
        do throws(Service.Problem) {
            try huge.check(forecast, limit: limit, threads: 2)
            Issue.record("a job beyond the limit was let in")
        } catch {
            let problem: Service.Problem = error
            let rows = try #require(problem.members.first { $0.name == "largest_rows" }.flatMap { member -> Int? in
                if case .number(let number) = member.value { number.integer } else { nil }
            })
            #expect(huge.forecast(size: rows, threads: 2).peakBytes <= limit)
            #expect(huge.forecast(size: rows + 1, threads: 2).peakBytes > limit)
        }
    }

    @Test func aForecastBeyondAnIntIsTheLargestInt() throws {
        var request = try request("{\"kinds\": [\"ntk\"], \(layers), \"x1\": [[1, 2]]}")
        request.x1 = DataReference(source: request.x1.source, rows: Int.max / 2, shape: [2])
        #expect(request.forecast(threads: 2).resultBytes == Int.max)
        #expect(request.forecast(threads: 2).peakBytes == Int.max)
    }

    @Test func largeInlineInputsAreKeptBesideTheJob() throws {
        let row = "[" + (0..<20_000).map(String.init).joined(separator: ", ") + "]"
        let reader = try reader("{\(layers), \"x1\": [\(row)]}", kind: "kernels.ntk")
        let first = try #require(try KernelRequest(reader))
        var moved: [Blob] = []
        let text = try JobSpecification(first, reader, movingTo: blobs, recording: &moved).text
        #expect(moved.count == 1)
        #expect(text.utf8.count < 2000)
        let second = try KernelRequest(specification: text, kind: "kernels.ntk")
        #expect(second.kinds == [.ntk])
        #expect(try RowLoader.values(of: second.x1, blobs: blobs) == RowLoader.values(of: first.x1, blobs: blobs))
    }
}
