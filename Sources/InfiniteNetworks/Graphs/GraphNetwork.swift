import LinearAlgebra

/// An infinitely wide graph neural network, known by its neural tangent kernel (GNTK): blocks of neighbourhood aggregation and
/// a multilayer perceptron with relu, and at the end the sum over the nodes.
///
/// With A the adjacency with self-loops, F the node features, c_u = 1 (uniform) or 1/degree, and (κ, κ̇) the relu dual with
/// weight variance 2,
/// - aggregation: S(u, v) = c_u c_v Σ S(w, w') over the neighbours w of u and w' of v, Θ likewise; at first S = Θ from F Fᵀ,
/// - each layer of the perceptron: S' = κ(S), Θ' = Θ κ̇(S) + S',
/// - kernel of two graphs: 2 Σ Θ(u, v), or with jumping knowledge 2 Σ (F Fᵀ + the Θ of every block).
///
/// Source: Du, Hou, Póczos, Salakhutdinov, Wang and Xu 2019 (arXiv 1905.13192), with the layers counted as in their code.
public struct GraphNetwork: Sendable, Equatable {
    public enum Scaling: String, Sendable, CaseIterable { case uniform, degree }

    /// The input and the blocks: `layers` − 1 blocks.
    public let layers: Int
    /// Layers of a block's perceptron.
    public let perceptronLayers: Int
    public let jumpingKnowledge: Bool
    public let scaling: Scaling

    public init(layers: Int, perceptronLayers: Int, jumpingKnowledge: Bool = false, scaling: Scaling = .uniform) {
        precondition(layers > 0 && perceptronLayers > 0, "a network has an input and its blocks a layer")
        self.layers = layers
        self.perceptronLayers = perceptronLayers
        self.jumpingKnowledge = jumpingKnowledge
        self.scaling = scaling
    }

    var blocks: Int { layers - 1 }

    func weight(of node: Int, in graph: Graph) -> Double {
        scaling == .degree ? 1 / Double(graph.neighbours[node].count) : 1
    }
}

/// The kernels of graphs; each array is wanted where its pointer is given.
///
/// `@unchecked Sendable` because several threads write through the pointers, and it holds because each element is written by
/// one pair only, and the owner promises memory of the given size that outlives the computation and that nobody else touches
/// meanwhile.
public struct GraphKernelArrays: @unchecked Sendable {
    /// [n1, n2], row-major.
    public var kernel: UnsafeMutablePointer<Double>
    /// K_ij/√(K_ii K_jj) [n1, n2]; 0 where a graph's kernel with itself is 0.
    public var cosine: UnsafeMutablePointer<Double>?
    /// The kernel of each graph of x1 with itself [n1].
    public var diagonal: UnsafeMutablePointer<Double>?

    public init(
        kernel: UnsafeMutablePointer<Double>, cosine: UnsafeMutablePointer<Double>? = nil, diagonal: UnsafeMutablePointer<Double>? = nil
    ) {
        self.kernel = kernel
        self.cosine = cosine
        self.diagonal = diagonal
    }
}

extension GraphNetwork {
    /// The kernel of the graphs x1 and x2 (nil: of x1 with itself, a symmetric matrix bit for bit).
    ///
    /// Time O(Σ n_i n_j (blocks · (perceptron layers + mean degree) + features)) over the pairs of graphs of n_i and n_j nodes;
    /// memory beyond the results O(threads · n_max²). Against 40 digits the relative error is up to 1e-14, also of a graph
    /// with itself: nodes that see the same features are known to coincide (``NodeColours``). Nodes deeper in the network whose
    /// neighbourhoods nearly coincide, at a distance below 1e-7 of their size, may lose half the digits of their κ̇.
    ///
    /// - Parameters:
    ///   - threads: how many pairs of graphs are worked on at once.
    ///   - progress: completed and total pairs; called from any thread, one call at a time, in order.
    ///   - isCancelled: asked many times during a pair, from any thread.
    /// - Throws: ``KernelError``. The arrays then hold an unspecified part of the results.
    public func compute(
        x1: [Graph], x2: [Graph]? = nil, into arrays: GraphKernelArrays, threads: Int = 1,
        progress: @Sendable (Int, Int) -> Void = { _, _ in }, isCancelled: @Sendable () -> Bool = { false }
    ) throws(KernelError) {
        let graphs = x1 + (x2 ?? [])
        BLASThreads.callersAreParallel()
        let profiles = try profiles(of: graphs)
        let (rows, columns) = (x1.count, x2?.count ?? x1.count)
        let pairs = x2 == nil ? rows * (rows - 1) / 2 : rows * columns
        let counter = WorkCounter(total: graphs.count + pairs, threads: threads)
        let largest = graphs.map(\.nodes).max() ?? 0
        let makeWorker: @Sendable () -> GraphPairWorker = { GraphPairWorker(self, nodes: largest) }

        try counter.run(graphs.count, makeWorker, progress, isCancelled) { worker, index throws(KernelError) in
            let profile = profiles[index]
            profile.own = try worker.kernel(profile, profile, isCancelled)
            let (input, row) = index < rows ? (KernelError.Input.x1, index) : (.x2, index - rows)
            guard profile.scaled(profile.own, with: profile).isFinite else {
                throw .overflow(.ntk, input, row: row, layer: blocks, name: "graph")
            }
            if index < rows { arrays.diagonal?[index] = profile.scaled(profile.own, with: profile) }
            if x2 == nil { arrays.store(profile.own, profile, profile, row * columns + row) }
        }
        try counter.run(pairs, makeWorker, progress, isCancelled) { worker, index throws(KernelError) in
            let (i, j) = x2 == nil ? strictPair(index) : (index / columns, index % columns)
            let (left, right) = (profiles[i], profiles[x2 == nil ? j : rows + j])
            let value = try worker.kernel(left, right, isCancelled)
            arrays.store(value, left, right, i * columns + j)
            if x2 == nil { arrays.store(value, left, right, j * columns + i) }
        }
    }
}

extension GraphNetwork {
    private func profiles(of graphs: [Graph]) throws(KernelError) -> [GraphProfile] {
        var profiles: [GraphProfile] = []
        for (graph, colours) in zip(graphs, NodeColours.levels(max(1, blocks), of: graphs)) {
            profiles.append(try GraphProfile(graph, colours: colours, self))
        }
        return profiles
    }
}

extension GraphKernelArrays {
    fileprivate func store(_ value: Double, _ left: GraphProfile, _ right: GraphProfile, _ index: Int) {
        kernel[index] = left.scaled(value, with: right)
        guard let cosine else { return }
        let size = left.own.squareRoot() * right.own.squareRoot()
        cosine[index] = left === right ? (size > 0 ? 1 : 0) : (size > 0 ? min(1, max(-1, value / size)) : 0)
    }
}
