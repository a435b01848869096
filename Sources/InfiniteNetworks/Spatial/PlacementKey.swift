import Architectures
import JSON

/// What a layer's ``Placement`` is made from. Layers that look alike, as the rounds of a `repeat` do, share one.
enum PlacementKey: Hashable {
    case pointwise(Int)
    case window(positions: [Int], outputs: [Int], window: [Int], strides: [Int], padding: Padding, isTransposed: Bool)

    /// Nil for a layer that looks up no positions.
    init?(_ layer: Layer, _ shape: LayerShape) {
        let positions = shape.input.positions
        switch layer.kind {
        case .dense: self = .pointwise(positions.reduce(1, *))
        case .convolution(let convolution):
            self = .window(
                positions: positions, outputs: shape.output.positions, window: convolution.filter, strides: convolution.strides,
                padding: convolution.padding, isTransposed: convolution.sharing == .transposed)
        case .pool(let pool):
            self = .window(
                positions: positions, outputs: shape.output.positions, window: pool.window, strides: pool.strides, padding: pool.padding,
                isTransposed: false)
        case .globalPool:
            let all = positions.reduce(1, *)
            self = .window(positions: [all], outputs: [1], window: [all], strides: [1], padding: .valid, isTransposed: false)
        default: return nil
        }
    }

    var placement: Placement {
        switch self {
        case .pointwise(let positions): Placement(pointwise: positions)
        case .window(let positions, let outputs, let window, let strides, let padding, let isTransposed):
            Placement(
                positions: positions, outputs: outputs, window: window, strides: strides, padding: padding, isTransposed: isTransposed)
        }
    }

    /// Numbers of its table, in floating point as they may be beyond any memory.
    private var entries: Double {
        switch self {
        case .pointwise(let positions): Double(positions)
        case .window(_, let outputs, let window, _, _, _): (outputs + window).reduce(1) { $0 * Double($1) }
        }
    }
}

extension PlacementKey {
    /// Numbers in the tables of a network: half a gigabyte.
    static let maximumEntries = 0x1p26

    /// The first layer with which the tables of a network would be too large: a short document must not ask for more memory
    /// than there is.
    static func fault(in trace: ShapeTrace) -> Fault? {
        var (known, entries): (Set<PlacementKey>, Double) = ([], 0)
        for entry in trace.layers {
            // Pools and normalizations keep numbers of each position of their own.
            switch entry.layer.kind {
            case .pool: entries += entry.output.positions.reduce(1) { $0 * Double($1) }
            case .layerNorm: entries += entry.input.positions.reduce(1) { $0 * Double($1) }
            default: break
            }
            if let key = PlacementKey(entry.layer, entry), known.insert(key).inserted { entries += key.entries }
            guard entries > maximumEntries else { continue }
            return Fault(
                entry.layer.pointer,
                "With \(entry.layer.typeName) the network's layers look up more positions than its tables hold, \(Int(maximumEntries)) in all; use a smaller window, strides, or smaller inputs.")
        }
        return nil
    }
}
