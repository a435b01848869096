/// The inputs of a network as the matrix that its first layers read, where products with it are faster packed than by BLAS.
struct PackedShape: Sendable, Equatable {
    private(set) var rows: Int
    let features: Int
    /// Columns of the widest product.
    let widest: Int

    /// - Returns: nil where no layer is served.
    init?(_ network: FiniteNetwork, examples: Int) {
        let layers = network.nodes.compactMap { node in
            if case .affine(let index) = node.operation, node.inputs == [0] { network.layers[index] } else { nil }
        }
        let faster = layers.filter { Self.isFaster($0, examples: examples) }
        guard let first = faster.first else { return nil }
        (rows, features) = (examples * first.positions, first.fanIn)
        widest = faster.filter { $0.fanIn == first.fanIn && $0.positions == first.positions }.map(\.fanOut).max() ?? first.fanOut
    }

    /// Whether a layer that reads the inputs of so many examples reads this matrix, and no wider product is made of it.
    func serves(_ layer: AffineLayer, examples: Int) -> Bool {
        layer.window == nil && rows == examples * layer.positions && features == layer.fanIn && layer.fanOut <= widest
    }

    /// The bounds are measured, on two AVX2 cores: at 128 columns BLAS, whose tiles these fill, is as fast in single precision, and a
    /// short side leaves nothing to gain.
    private static func isFaster(_ layer: AffineLayer, examples: Int) -> Bool {
        layer.window == nil && layer.fanOut <= 112 && min(examples * layer.positions, layer.fanIn) >= 32
    }

    /// The same for some of the rows.
    func with(rows: Int) -> PackedShape {
        var shape = self
        shape.rows = rows
        return shape
    }

    /// Elements of the inputs packed in both orders.
    var elements: Int {
        // Panels are longest in single precision.
        [(rows, features), (features, rows)].reduce(0) {
            $0 + PackedMatrix<Float>.panelElements(rows: $1.0, depth: $1.1) + PackedFactor<Float>.elements(depth: $1.1, widest: widest)
        }
    }
}
