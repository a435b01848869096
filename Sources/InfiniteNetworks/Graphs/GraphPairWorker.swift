import LinearAlgebra

/// One thread's way through pairs of graphs. The state of a pair of nodes is that of the engine for vectors: the signed half
/// chord of their pre-activations, and T = Θ/(s s').
///
/// `fold`, `tangent` and the two scratch matrices hold [n1, n2] of the pair at hand.
final class GraphPairWorker {
    private let network: GraphNetwork
    private let fold: UnsafeMutablePointer<Double>
    private let tangent: UnsafeMutablePointer<Double>
    private let covariance: UnsafeMutablePointer<Double>
    private let partial: UnsafeMutablePointer<Double>
    private let constants = Rectifier(a: 0, b: 1).constants

    /// - Parameter nodes: of the largest graph.
    init(_ network: GraphNetwork, nodes: Int) {
        self.network = network
        let count = max(1, nodes * nodes)
        (fold, tangent) = (.allocate(capacity: count), .allocate(capacity: count))
        (covariance, partial) = (.allocate(capacity: count), .allocate(capacity: count))
    }

    deinit {
        for buffer in [fold, tangent, covariance, partial] { buffer.deallocate() }
    }

    /// The kernel of two graphs, of their features as scaled. A graph with itself also finds its deviations.
    func kernel(_ left: GraphProfile, _ right: GraphProfile, _ isCancelled: () -> Bool) throws(KernelError) -> Double {
        try start(left, right, isCancelled)
        var sum = network.jumpingKnowledge ? zip(left.featureSum, right.featureSum).reduce(0) { $0 + $1.0 * $1.1 } : 0
        for block in 0..<network.blocks {
            for _ in 0..<network.perceptronLayers { try perceptronLayer(left.graph.nodes, right.graph.nodes, isCancelled) }
            if network.jumpingKnowledge { sum += total(left.deviations[block], right.deviations[block]) }
            if block + 1 < network.blocks { try aggregate(left, right, into: block + 1, isCancelled) }
        }
        if !network.jumpingKnowledge { sum += total(left.deviations[max(0, network.blocks - 1)], right.deviations[max(0, network.blocks - 1)]) }
        return 2 * sum
    }

    /// S = Θ = c c' A F (A' F')ᵀ: half chords from the Gram rows, and where those are ill-conditioned from the features.
    private func start(_ left: GraphProfile, _ right: GraphProfile, _ isCancelled: () -> Bool) throws(KernelError) {
        let (n, m, d) = (left.graph.nodes, right.graph.nodes, left.graph.dimension)
        for row in 0..<n {
            if isCancelled() { throw .cancelled }
            Double.multiply(
                left.units.unit(row), transposed: right.units.unit(0), into: partial, m: 1, n: m, k: d, strides: (d, d, m))
            let target = fold + row * m
            if Double.foldCosines(partial, count: m, fold: target) < Double.directChord {
                for j in 0..<m where abs(target[j]) < Double.directChord && left.deviations[0][row] > 0 && right.deviations[0][j] > 0 {
                    target[j] = target[j].sign == .plus
                        ? Double.nearChord(left.units.unit(row), right.units.unit(j), count: d)
                        : -Double.farChord(left.units.unit(row), right.units.unit(j), count: d)
                }
            }
            joinEqual(left, right, row: row, block: 0)
            for j in 0..<m { tangent[row * m + j] = cosine(target[j]) }
        }
    }

    /// S' = κ(S), Θ' = Θ κ̇(S) + S', pair of nodes by pair of nodes.
    private func perceptronLayer(_ n: Int, _ m: Int, _ isCancelled: () -> Bool) throws(KernelError) {
        for row in 0..<n {
            if isCancelled() { throw .cancelled }
            let (fold, tangent) = (self.fold + row * m, self.tangent + row * m)
            constants.withUnsafeBufferPointer { constants in
                guard let base = constants.baseAddress else { return }
                // The rectifier reads no coefficients of rows: any readable place will do.
                Double.run(.rectifier, constants: base, row: base, columns: base, stride: 0, count: m, fold: fold, tangent: tangent)
            }
            for j in 0..<m { tangent[j] += cosine(fold[j]) }
        }
    }

    /// Sums over the neighbours on both sides, of S and of Θ, and the half chords of what comes out.
    private func aggregate(
        _ left: GraphProfile, _ right: GraphProfile, into block: Int, _ isCancelled: () -> Bool
    ) throws(KernelError) {
        let (n, m) = (left.graph.nodes, right.graph.nodes)
        try sums(left, right, of: fold, at: block - 1, Double.covariance, isCancelled)
        if left === right { left.deviations.append((0..<n).map { covariance[$0 * m + $0].squareRoot() }) }
        let (rows, columns) = (left.deviations[block], right.deviations[block])
        for row in 0..<n {
            let (source, target) = (covariance + row * m, fold + row * m)
            for j in 0..<m {
                let size = rows[row] * columns[j]
                source[j] = size > 0 ? min(1, source[j] / size) : 0
            }
            _ = Double.foldCosines(source, count: m, fold: target)
            joinEqual(left, right, row: row, block: block)
        }
        try sums(left, right, of: tangent, at: block - 1, Double.scaled, isCancelled)
        for row in 0..<n {
            for j in 0..<m {
                let size = rows[row] * columns[j]
                tangent[row * m + j] = size > 0 ? covariance[row * m + j] / size : 0
            }
        }
    }

    private typealias Unscaled = (
        _ row: Double, _ columns: UnsafePointer<Double>, _ count: Int, UnsafePointer<Double>, UnsafeMutablePointer<Double>
    ) -> Void

    /// c_u c_v Σ over the neighbours of both, of what `unscaled` makes of the state, into `covariance`.
    private func sums(
        _ left: GraphProfile, _ right: GraphProfile, of state: UnsafeMutablePointer<Double>, at block: Int,
        _ unscaled: Unscaled, _ isCancelled: () -> Bool
    ) throws(KernelError) {
        let (n, m) = (left.graph.nodes, right.graph.nodes)
        right.deviations[block].withUnsafeBufferPointer { columns in
            guard let base = columns.baseAddress else { return }
            for row in 0..<n { unscaled(left.deviations[block][row], base, m, state + row * m, partial + row * m) }
        }
        for row in 0..<n {
            if isCancelled() { throw .cancelled }
            // `state` is spent: a row of it holds the sum over the left neighbours.
            let gathered = state + row * m
            gathered.update(repeating: 0, count: m)
            for neighbour in left.graph.neighbours[row] {
                let source = partial + neighbour * m
                for j in 0..<m { gathered[j] += source[j] }
            }
            for (j, neighbours) in right.graph.neighbours.enumerated() {
                let sum = neighbours.reduce(0) { $0 + gathered[$1] }
                covariance[row * m + j] = left.weights[row] * right.weights[j] * sum
            }
        }
    }

    /// Nodes of one colour are one variable.
    private func joinEqual(_ left: GraphProfile, _ right: GraphProfile, row: Int, block: Int) {
        let colour = left.colours[block][row]
        let target = fold + row * right.graph.nodes
        for (j, other) in right.colours[block].enumerated() where other == colour { target[j] = 0 }
    }

    /// Σ s_u s_v T.
    private func total(_ rows: [Double], _ columns: [Double]) -> Double {
        var sum = 0.0
        for (row, deviation) in rows.enumerated() {
            let source = tangent + row * columns.count
            var inner = 0.0
            for j in columns.indices { inner += columns[j] * source[j] }
            sum += deviation * inner
        }
        return sum
    }

    private func cosine(_ fold: Double) -> Double {
        fold.sign == .plus ? 1 - 2 * fold : -(1 + 2 * fold)
    }
}
