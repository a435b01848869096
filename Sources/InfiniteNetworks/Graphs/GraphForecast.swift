/// What a job on graphs will take, told before it starts.
public struct GraphForecast: Sendable, Equatable {
    /// Bytes beside the results.
    public let workingBytes: Double
    /// Pairs of nodes times perceptron layers: the unit that time is proportional to, about 5 nanoseconds of a core.
    public let elements: Double
}

extension GraphNetwork {
    /// - Parameters:
    ///   - x1, x2: how many nodes each graph has; x2 nil: symmetric.
    ///   - dimension: features of a node.
    public func forecast(x1: [Int], x2: [Int]? = nil, dimension: Int, threads: Int) -> GraphForecast {
        let (n, m) = (x1.reduce(0.0) { $0 + Double($1) }, x2.map { $0.reduce(0.0) { $0 + Double($1) } })
        let pairs = m.map { n * $0 } ?? n * n / 2
        let largest = Double((x1 + (x2 ?? [])).max() ?? 0)
        let nodes = n + (m ?? 0)
        // Features as sent and their directions, deviations and colours of each block, and a pair's four matrices.
        let profiles = nodes * (16 * Double(dimension) + 16 * Double(max(1, blocks)) + 64)
        return GraphForecast(
            workingBytes: profiles + Double(threads) * 4 * 8 * largest * largest,
            elements: pairs * Double(max(1, blocks * perceptronLayers)))
    }
}
