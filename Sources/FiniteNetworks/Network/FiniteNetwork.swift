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
    ///   - faults: every layer that has no finite form here or, where all have one, does not fit its input, by its pointer.
    /// - Returns: nil where a fault was recorded.
    public init?(_ architecture: Architecture, inputShape: [Int], at inputPointer: JSONPointer = .root, faults: Faults) {
        guard !architecture.isDraft else { return nil }
        self.init(draft: architecture, inputShape: inputShape, at: inputPointer, faults: faults)
    }

    /// Of a draft too, whose own faults were recorded before: what it would be once they are mended, where they change neither
    /// shapes nor parameters. For checks alone.
    public init?(draft architecture: Architecture, inputShape: [Int], at inputPointer: JSONPointer = .root, faults: Faults) {
        let before = faults.count
        let survey = ShapeInference.survey(architecture, inputShape: inputShape, at: inputPointer, for: .finiteNetwork, faults: faults)
        guard let trace = survey.draftTrace, faults.count == before else { return nil }
        var compiler = NetworkCompiler(architecture.parameterization, trace: trace, faults: faults)
        let output = compiler.append(architecture.layers, to: 0)
        guard let output, faults.count == before else { return nil }
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
