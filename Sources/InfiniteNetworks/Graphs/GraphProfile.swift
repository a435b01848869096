import Foundation
import LinearAlgebra

/// What the kernels of a pair need of one of its graphs alone.
///
/// Features are taken at a power of two that brings the largest near 1, so that neither their squares nor the sums leave the
/// range of a double; ``scaled(_:with:)`` puts the powers back.
/// `@unchecked Sendable`: made by one thread; `deviations` and `own` are written by the graph's pass with itself only, before
/// any pair reads them.
final class GraphProfile: @unchecked Sendable {
    let graph: Graph
    /// By block, the colours of the nodes.
    let colours: [[Int]]
    /// By node, the factor c of the aggregation.
    let weights: [Double]
    /// The directions of the aggregated features [nodes, dimension].
    let units: NormalizedRows<Double>
    /// The sum of the features over the nodes.
    let featureSum: [Double]
    /// By block, the standard deviations of the nodes' pre-activations. Relu with weight variance 2 keeps them.
    var deviations: [[Double]]
    /// The kernel of the graph with itself, of the features as scaled.
    var own = 0.0
    private let exponent: Int

    init(_ graph: Graph, colours: [[Int]], _ network: GraphNetwork) throws(KernelError) {
        self.graph = graph
        self.colours = colours
        let weights = (0..<graph.nodes).map { network.weight(of: $0, in: graph) }
        self.weights = weights
        let largest = graph.features.reduce(0) { max($0, abs($1)) }
        let exponent = largest > 0 ? Int(largest.exponent) : 0
        self.exponent = exponent
        let dimension = graph.dimension
        let features = graph.features.map { scalbn($0, -exponent) }
        var sum = [Double](repeating: 0, count: dimension)
        var aggregated = [Double](repeating: 0, count: graph.features.count)
        for node in 0..<graph.nodes {
            for k in 0..<dimension {
                sum[k] += features[node * dimension + k]
                let total = graph.neighbours[node].reduce(0) { $0 + features[$1 * dimension + k] }
                aggregated[node * dimension + k] = weights[node] * total
            }
        }
        featureSum = sum
        let units = try aggregated.withUnsafeBufferPointer { buffer throws(KernelError) in
            guard let base = buffer.baseAddress else { preconditionFailure("a graph has a node, and a node a feature") }
            return try NormalizedRows(MatrixView(base, rows: graph.nodes, columns: dimension), as: .x1, isCancelled: { false })
        }
        self.units = units
        // A row of the engine for vectors has the deviation |x|/√d; here it is |x|.
        let size = Double(dimension).squareRoot()
        deviations = [(0..<graph.nodes).map { units.deviations[$0] * size }]
    }

    /// The value for the features as they came.
    func scaled(_ value: Double, with other: GraphProfile) -> Double { scalbn(value, exponent + other.exponent) }
}
