import Architectures

extension FiniteNetwork {
    /// Whether every layer reads what the one before it wrote, so that parameters in order say which layer they are of.
    public var isSequential: Bool { nodes.allSatisfy { $0.inputs == [$0.output - 1] } }

    /// A name for each layer with parameters: its place among the layers of the document, then, with dots between, in what holds
    /// it: the place in a `serial`, the round and the place in a `repeat`, the branch and the place in a `parallel`.
    /// `["0", "2.0.0", "2.0.2", "3"]` for a residual block of two dense layers between two others. So are the modules named of a
    /// Sequential of PyTorch that holds others.
    public var layerNames: [String] { Self.names(architecture.layers, in: "") }

    private static func names(_ layers: [Layer], in prefix: String) -> [String] {
        layers.enumerated().flatMap { place, layer in
            let name = "\(prefix)\(place)"
            switch layer.kind {
            case .dense, .convolution: return [name]
            case .serial(let inner): return names(inner, in: "\(name).")
            case .repeat(let times, let inner): return (0..<times).flatMap { names(inner, in: "\(name).\($0).") }
            case .parallel(let branches, _): return branches.enumerated().flatMap { names($1, in: "\(name).\($0).") }
            default: return []
            }
        }
    }
}
