import JSON
import Testing

@testable import Jobs
@testable import Service

@Suite struct GraphKernelRequestTests {
    private let temporary = TemporaryDirectory()
    private let store: SQLiteJobStore
    private let blobs: BlobStore

    init() throws {
        let directory = try DataDirectory(path: temporary.path)
        store = try SQLiteJobStore(directory, role: .server)
        blobs = BlobStore(directory)
    }

    private func reader(_ text: String) throws -> RequestReader {
        try RequestReader(JSONParser.parse(text), kind: "kernels.graph", store: store, blobs: blobs)
    }

    /// What a worker reads is what the client sent, whether it lies in the job's row or beside it.
    @Test(arguments: [3, 3000])
    func theSpecificationReadsBackAsTheSameGraphs(nodes: Int) throws {
        let features = (0..<nodes).map { "[\($0), \(-$0), 1.5]" }.joined(separator: ", ")
        let edges = (1..<nodes).map { "[\($0 - 1), \($0)]" }.joined(separator: ", ")
        let reader = try reader(
            #"{"x1": [{"features": [\#(features)], "edges": [\#(edges)]}, {"features": [[1, 2, 3]], "edges": []}], "layers": 3, "scaling": "degree"}"#)
        let first = try #require(try GraphKernelRequest(reader))
        var moved: [Blob] = []
        let text = try JobSpecification(first, reader, movingTo: blobs, recording: &moved).text
        let second = try GraphKernelRequest(specification: text, kind: "kernels.graph")
        #expect(second.network == first.network && second.json == first.json)
        #expect(text.utf8.count < 100_000)
        for request in [first, second] {
            let graphs = try request.x1.load(blobs)
            #expect(graphs.map(\.nodes) == [nodes, 1])
            #expect(graphs[0].features == (0..<nodes).flatMap { [Double($0), -Double($0), 1.5] })
            #expect(graphs[1].features == [1, 2, 3])
        }
    }

    @Test func aForecastGrowsWithTheGraphs() throws {
        let graph = #"{"features": [[1], [2]], "edges": []}"#
        let request = try #require(try GraphKernelRequest(try reader(#"{"x1": [\#(graph), \#(graph), \#(graph)], "include": ["cosine", "spectrum"]}"#)))
        let forecasts = (1...3).map { request.forecast(size: $0, threads: 2) }
        #expect(forecasts.map(\.resultBytes) == [8 + 8 + 8, 64 + 16, 144 + 24])
        #expect(forecasts[0].peakBytes < forecasts[2].peakBytes)
        #expect(try #require(forecasts[0].operations) < (try #require(forecasts[2].operations)))
    }
}
