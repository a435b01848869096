import Architectures
import JSON

/// A network of finite width, compiled for one shape of inputs: values [examples, positions, channels] that flow through
/// nodes, and one flat vector of parameters.
///
/// Parameters lie layer by layer in the order of computation, each layer's weight before its bias. weight[i][j] maps input i
/// to output j, and a convolution's weight is [filter extents, input channels, output channels]; both are row-major, so
/// either is a matrix [fan_in, fan_out].
public struct FiniteNetwork: Sendable {
    public let architecture: Architecture
    /// [d], [length, channels] or [height, width, channels]
    public let inputShape: [Int]
    /// The layers with parameters, in the order of computation; a `repeat` is written out.
    public let layers: [AffineLayer]
    let nodes: [Node]
    /// Shapes of all values; number 0 is the input.
    let values: [ValueShape]
    /// The number of the value that is the network's output.
    let output: Int

    public var parameterCount: Int { layers.last?.parameters.upperBound ?? 0 }
    /// Numbers in one example.
    public var inputCount: Int { values[0].elements }
    /// Numbers in the output for one example.
    public var outputCount: Int { values[output].elements }

    /// More parameters than any memory holds, and far from overflow.
    static let maximumParameters = 1 << 40

    /// Compiles an architecture that was parsed from a document.
    ///
    /// - Parameters:
    ///   - inputShape: the shape of one row, which stands at `inputPointer` in the document.
    ///   - faults: every layer that has no finite form here, or does not fit its input, by its pointer.
    /// - Returns: nil where a fault was recorded.
    public init?(_ architecture: Architecture, inputShape: [Int], at inputPointer: JSONPointer = .root, faults: Faults) {
        let before = faults.count
        FiniteForms.check(architecture.layers, faults: faults)
        let trace = ShapeInference.infer(architecture, inputShape: inputShape, at: inputPointer, for: .finiteNetwork, faults: faults)
        guard let trace, faults.count == before else { return nil }
        var compiler = NetworkCompiler(architecture.parameterization, trace: trace, faults: faults)
        let output = compiler.append(architecture.layers, to: 0)
        guard faults.count == before else { return nil }
        self.architecture = architecture
        self.inputShape = inputShape
        self.output = output
        layers = compiler.layers
        nodes = compiler.nodes
        values = compiler.values
    }

    /// Sums over layers as the trainable ones see them: the parameters that training moves.
    public var trainableRanges: [Range<Int>] { layers.filter(\.isTrainable).map(\.parameters) }
}

/// Which layers have a finite form here.
enum FiniteForms {
    /// Looks at each layer as it stands in the document, once however often it is repeated.
    static func check(_ layers: [Layer], faults: Faults) {
        for layer in layers {
            switch layer.kind {
            case .attention: refuse(layer, "use dense and conv layers, or ask for its infinite kernel", faults)
            case .convolution(let convolution) where convolution.sharing != .shared: refuse(layer, "use conv", faults)
            case .dropout: refuse(layer, "networks are trained without noise; leave the layer out", faults)
            case .serial(let inner), .repeat(_, let inner): check(inner, faults: faults)
            case .parallel(let branches, let combine):
                if combine == .product {
                    faults.add(
                        layer.pointer.appending("combine"),
                        "The product of parallel branches has no finite form here; combine them by \"sum\" or \"concat\".")
                }
                for branch in branches { check(branch, faults: faults) }
            default: break
            }
        }
    }

    private static func refuse(_ layer: Layer, _ mend: String, _ faults: Faults) {
        faults.add(layer.pointer, "\(layer.typeName) has no finite form here; \(mend).")
    }
}
