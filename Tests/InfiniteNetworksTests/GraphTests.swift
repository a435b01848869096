import LinearAlgebra
import Synchronization
import Testing

@testable import InfiniteNetworks

/// Graph neural tangent kernels (arXiv 1905.13192).
struct GraphTests {
    static let triangle = Graph(features: [0, 1, 0, 1, 0, 1], dimension: 2, edges: [(0, 1), (1, 2), (0, 2)])
    static let path = Graph(features: [1, 0, 0, 1, 1, 0], dimension: 2, edges: [(0, 1), (1, 2)])
    /// Five nodes, real features, a node without edges, a loop and an edge named twice.
    static let tree = Graph(
        features: [0.3, -1.2, 2.1, 0.4, 0.3, -1.2, -0.7, 0.1, 1.5, 1.5], dimension: 2,
        edges: [(0, 1), (1, 2), (1, 3), (3, 1), (2, 2)])
    /// Opposite and zero features.
    static let opposite = Graph(features: [1, -2, -1, 2, 0, 0], dimension: 2, edges: [(0, 2)])

    private struct Results {
        var kernel: [Double]
        var cosine: [Double]
        var diagonal: [Double]
    }

    private func compute(_ network: GraphNetwork, _ x1: [Graph], _ x2: [Graph]? = nil, threads: Int = 1) throws -> Results {
        let count = x1.count * (x2 ?? x1).count
        var results = Results(
            kernel: .init(repeating: .nan, count: count), cosine: .init(repeating: .nan, count: count),
            diagonal: .init(repeating: .nan, count: x1.count))
        try results.kernel.withUnsafeMutableBufferPointer { kernel in
            try results.cosine.withUnsafeMutableBufferPointer { cosine in
                try results.diagonal.withUnsafeMutableBufferPointer { diagonal in
                    try network.compute(
                        x1: x1, x2: x2,
                        into: GraphKernelArrays(
                            kernel: #require(kernel.baseAddress), cosine: cosine.baseAddress, diagonal: diagonal.baseAddress),
                        threads: threads)
                }
            }
        }
        return results
    }

    /// In 40-digit arithmetic by the published recursion: the upper triangle over triangle, path, tree and opposite. Of the
    /// second and third network the values of triangle and path are the published golden ones (324, 100.23132204065, ...).
    static let references: [(GraphNetwork, [Double])] = [
        (GraphNetwork(layers: 1, perceptronLayers: 1, jumpingKnowledge: false, scaling: .uniform),
         [162.0, 54.0, -26.999999999999995004, -36.0, 50.0, 68.600000000000004863, -4.0, 192.68000000000001384, 25.399999999999999689, 10.0]),
        (GraphNetwork(layers: 2, perceptronLayers: 1, jumpingKnowledge: false, scaling: .uniform),
         [324.0, 100.23132204064852622, 66.483327885363616075, 57.310672441431109041, 97.630492736691122533, 136.27806163674251956, 19.466445664519785741, 378.20706978137350229, 112.71815956051294628, 100.0]),
        (GraphNetwork(layers: 2, perceptronLayers: 2, jumpingKnowledge: true, scaling: .uniform),
         [504.0, 147.60675372369667973, 148.81217828096536443, 115.59244626639344321, 153.28866416728381767, 213.81047753973994688, 45.06534479529428205, 579.45288269836177759, 186.06610535054175321, 162.73239544735162686]),
        (GraphNetwork(layers: 4, perceptronLayers: 1, jumpingKnowledge: false, scaling: .degree),
         [72.0, 25.392240703697620793, 47.184242275171231886, 48.451344457247259444, 36.142705119733311981, 63.345377760879435576, 21.040696908228834122, 181.77884488929024708, 70.443008259449942713, 93.714172725658849835]),
        (GraphNetwork(layers: 3, perceptronLayers: 2, jumpingKnowledge: true, scaling: .degree),
         [162.0, 57.230831752043678246, 93.677593852179939774, 96.072050329565665605, 80.58346463741294249, 142.94284651251098571, 42.391116618605196465, 393.4332938367978867, 142.77811050437651885, 187.5739598597274742]),
    ]

    @Test(arguments: references)
    func agreesWithFortyDigits(network: GraphNetwork, expected: [Double]) throws {
        let graphs = [Self.triangle, Self.path, Self.tree, Self.opposite]
        let results = try compute(network, graphs)
        var next = 0
        for i in graphs.indices {
            for j in i..<graphs.count {
                let (value, reference) = (results.kernel[i * 4 + j], expected[next])
                let scale = (results.diagonal[i] * results.diagonal[j]).squareRoot()
                #expect(abs(value - reference) <= 1e-13 * max(abs(reference), 1e-2 * scale), "[\(i), \(j)] \(value) against \(reference)")
                #expect(value == results.kernel[j * 4 + i])
                next += 1
            }
            #expect(results.diagonal[i] == results.kernel[i * 4 + i] && results.cosine[i * 4 + i] == 1)
        }
    }

    private func randomGraphs(_ count: Int, _ generator: inout SplitMix) -> [Graph] {
        (0..<count).map { _ in
            let nodes = Int.random(in: 1...12, using: &generator)
            let edges = (0..<nodes).map { _ in
                (Int.random(in: 0..<nodes, using: &generator), Int.random(in: 0..<nodes, using: &generator))
            }
            return Graph(features: generator.matrix(nodes, 3).flatMap(\.self), dimension: 3, edges: edges)
        }
    }

    static let networks = [
        GraphNetwork(layers: 1, perceptronLayers: 1), GraphNetwork(layers: 3, perceptronLayers: 2),
        GraphNetwork(layers: 3, perceptronLayers: 1, jumpingKnowledge: true, scaling: .degree),
    ]

    @Test(arguments: networks)
    func isPositiveSemidefiniteAndTheSameInAnyTiling(network: GraphNetwork) throws {
        var generator = SplitMix(state: 51)
        let graphs = randomGraphs(20, &generator)
        let whole = try compute(network, graphs)
        #expect(try compute(network, graphs, threads: 3).kernel == whole.kernel)
        let spectrum = try whole.kernel.withUnsafeBufferPointer {
            try Spectrum(of: MatrixView(try #require($0.baseAddress), rows: 20, columns: 20))
        }
        #expect(try #require(spectrum.smallest) > -1e-13 * (try #require(spectrum.largest)))
        let part = try compute(network, Array(graphs[..<7]), Array(graphs[7...]))
        for i in 0..<7 {
            for j in 7..<20 {
                let scale = (whole.diagonal[i] * whole.diagonal[j]).squareRoot()
                #expect(abs(part.kernel[i * 13 + j - 7] - whole.kernel[i * 20 + j]) <= 1e-14 * scale)
            }
        }
    }

    /// Renaming the nodes changes nothing, and relu networks are homogeneous: the features' scale comes out squared.
    @Test(arguments: networks)
    func knowsNeitherNamesNorScales(network: GraphNetwork) throws {
        var generator = SplitMix(state: 52)
        for graph in randomGraphs(10, &generator) {
            let order = Array(0..<graph.nodes).shuffled(using: &generator)
            var features = graph.features
            var edges: [(Int, Int)] = []
            for node in 0..<graph.nodes {
                for k in 0..<3 { features[order[node] * 3 + k] = graph.features[node * 3 + k] }
            }
            for node in 0..<graph.nodes { edges += graph.neighbours[node].map { (order[node], order[$0]) } }
            let renamed = Graph(features: features, dimension: 3, edges: edges)
            let results = try compute(network, [graph, renamed])
            #expect(abs(results.kernel[1] - results.kernel[0]) <= 1e-13 * results.kernel[0])
            for scale in [1e-140, 1e140] {
                let scaled = Graph(features: graph.features.map { $0 * scale }, dimension: 3, edges: (0..<graph.nodes).flatMap { node in graph.neighbours[node].map { (node, $0) } })
                let value = try compute(network, [scaled]).kernel[0]
                #expect(abs(value / scale / scale / results.kernel[0] - 1) < 1e-13)
            }
        }
    }

    @Test func refusesWhatLeavesTheRange() {
        let graph = Graph(features: [1e200], dimension: 1, edges: [])
        #expect(throws: KernelError.overflow(.ntk, .x1, row: 0, layer: 1, name: "graph")) {
            try compute(GraphNetwork(layers: 2, perceptronLayers: 1), [graph])
        }
    }

    @Test func stopsWhenCancelled() {
        var value = 0.0
        #expect(throws: KernelError.cancelled) {
            try GraphNetwork(layers: 2, perceptronLayers: 1).compute(
                x1: [Self.path], into: GraphKernelArrays(kernel: &value), isCancelled: { true })
        }
    }

    /// Progress counts each graph with itself, then the pairs, up to the end.
    @Test func tellsItsProgress() throws {
        let told = Mutex<[[Int]]>([])
        var values = [Double](repeating: 0, count: 9)
        try values.withUnsafeMutableBufferPointer { values in
            try GraphNetwork(layers: 2, perceptronLayers: 1).compute(
                x1: [Self.path, Self.tree, Self.triangle], into: GraphKernelArrays(kernel: #require(values.baseAddress)),
                progress: { done, total in told.withLock { $0.append([done, total]) } })
        }
        #expect(told.withLock(\.self) == (1...6).map { [$0, 6] })
    }
}
