/// An undirected graph with a vector of features at each node.
public struct Graph: Sendable {
    /// Row-major [nodes, dimension].
    public let features: [Double]
    public let nodes: Int
    public let dimension: Int
    /// Of each node its neighbours and itself, ascending, each once.
    let neighbours: [[Int]]

    /// - Parameter edges: pairs of nodes. An edge holds both ways, and one that is named again changes nothing.
    public init(features: [Double], dimension: Int, edges: [(Int, Int)]) {
        precondition(
            dimension > 0 && !features.isEmpty && features.count % dimension == 0 && features.allSatisfy(\.isFinite),
            "the features of at least one node are rows of finite numbers, one for each dimension")
        self.features = features
        self.dimension = dimension
        nodes = features.count / dimension
        var sets = (0..<nodes).map { Set([$0]) }
        for (node, other) in edges {
            sets[node].insert(other)
            sets[other].insert(node)
        }
        neighbours = sets.map { $0.sorted() }
    }

    func row(_ node: Int) -> ArraySlice<Double> { features[node * dimension..<(node + 1) * dimension] }
}
