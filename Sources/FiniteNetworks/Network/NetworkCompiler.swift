import Architectures
import JSON

/// Turns the layers of a document into nodes, walking the shapes that were inferred for them.
struct NetworkCompiler {
    private let parameterization: Parameterization
    private let faults: Faults
    private var shapes: ArraySlice<LayerShape>
    private(set) var nodes: [Node] = []
    private(set) var values: [ValueShape]
    private(set) var layers: [AffineLayer] = []
    private var parameters = 0
    /// Values that several branches read: nothing may be computed in place on them.
    private var shared: Set<Int> = []
    private var tables: PositionTables

    init(_ parameterization: Parameterization, trace: ShapeTrace, faults: Faults) {
        self.parameterization = parameterization
        self.faults = faults
        tables = PositionTables(faults: faults)
        shapes = trace.layers[...]
        values = [ValueShape(trace.input)]
    }

    /// - Returns: the number of the value after the last layer; nil with a fault of the first one that is refused.
    mutating func append(_ layers: [Layer], to input: Int) -> Int? {
        layers.reduce(input) { value, layer in value.flatMap { append(layer, to: $0) } }
    }

    /// The trace lists layers in the order of computation, a container after what it contains.
    private mutating func append(_ layer: Layer, to input: Int) -> Int? {
        switch layer.kind {
        case .serial(let inner):
            let output = append(inner, to: input)
            _ = shapes.popFirst()
            return output
        case .repeat(let times, let inner):
            let output = (0..<times).reduce(Optional(input)) { value, _ in value.flatMap { append(inner, to: $0) } }
            _ = shapes.popFirst()
            return output
        case .parallel(let branches, let combine):
            shared.insert(input)
            let ends = branches.compactMap { append($0, to: input) }
            guard ends.count == branches.count, let shape = shapes.popFirst() else { return nil }
            return node(combine == .sum ? .sum : .concat, reading: ends, writing: ValueShape(shape.output))
        default:
            guard let shape = shapes.popFirst() else { return nil }
            return append(leaf: layer, shape, to: input)
        }
    }

    private mutating func append(leaf layer: Layer, _ shape: LayerShape, to input: Int) -> Int? {
        let output = ValueShape(shape.output)
        switch layer.kind {
        case .dense(let dense):
            return affine(layer, dense.scales, shape, to: input)
        case .convolution(let convolution):
            return affine(layer, convolution.scales, shape, convolution, to: input)
        case .pool(let pool):
            return tables.window(layer, shape, pool.window, strides: pool.strides, padding: pool.padding).map { window in
                node(.pool(window, PoolShare(pool, window)), reading: [input], writing: output)
            }
        case .globalPool(let operation):
            let extents = shape.input.positions
            return tables.window(layer, shape, extents, strides: extents, padding: .valid).map { window in
                node(.pool(window, .fixed(operation == .average ? 1 / Double(window.taps) : 1)), reading: [input], writing: output)
            }
        case .flatten:
            // Row-major with channels last: the numbers stay where they are.
            return node(.sum, reading: [input], writing: output)
        case .layerNorm(let norm):
            return tables.groups(layer, shape, axes: norm.axes).map { groups in
                node(.layerNorm(groups, epsilon: norm.epsilon), reading: [input], writing: output)
            }
        case .nonlinearity(let nonlinearity):
            guard let function = ElementwiseFunction(nonlinearity) else { return nil }
            return append(function, shape: output, to: input)
        default:
            return input
        }
    }

    /// A rectifier right after its affine layer works in place where nothing else reads the layer's value.
    private mutating func append(_ function: ElementwiseFunction, shape: ValueShape, to input: Int) -> Int {
        if let slopes = function.invertibleRectifier, let last = nodes.last, last.output == input, !shared.contains(input),
            case .affine(let index) = last.operation, layers[index].rectifier == nil
        {
            layers[index].rectifier = slopes
            return input
        }
        return node(.nonlinearity(function), reading: [input], writing: shape)
    }

    /// - Parameter convolution: nil for a dense layer.
    private mutating func affine(
        _ layer: Layer, _ scales: AffineScales, _ shape: LayerShape, _ convolution: Convolution? = nil, to input: Int
    ) -> Int? {
        let filter = convolution?.filter ?? []
        let (inputs, outputs) = (shape.input.channels ?? 0, shape.output.channels ?? 0)
        var (fanIn, overflows) = (inputs, false)
        for extent in filter {
            let product = fanIn.multipliedReportingOverflow(by: extent)
            (fanIn, overflows) = (product.partialValue, overflows || product.overflow)
        }
        let size = fanIn.multipliedReportingOverflow(by: outputs)
        guard !overflows, !size.overflow, size.partialValue <= FiniteNetwork.maximumParameters - parameters else {
            faults.add(layer.pointer, "With \(layer.typeName) the network has more than \(FiniteNetwork.maximumParameters) parameters; make it narrower.")
            return nil
        }
        var window: PositionWindow?
        if let convolution {
            window = tables.window(layer, shape, filter, strides: convolution.strides, padding: convolution.padding)
            guard window != nil else { return nil }
        }
        let weight = parameters..<(parameters + size.partialValue)
        let hasBias = scales.biasStd > 0
        let bias = hasBias ? weight.upperBound..<(weight.upperBound + outputs) : nil
        parameters = (bias ?? weight).upperBound
        let isNTK = parameterization == .ntk
        let narrowed = scales.weightStd / Double(fanIn).squareRoot()
        layers.append(
            AffineLayer(
                pointer: layer.pointer, typeName: layer.typeName, input: shape.input, output: shape.output, fanIn: fanIn,
                fanOut: outputs, weightScale: isNTK ? narrowed : 1, biasScale: isNTK ? scales.biasStd : 1,
                weightDeviation: isNTK ? 1 : narrowed, biasDeviation: isNTK ? 1 : scales.biasStd,
                weightShape: filter + [inputs, outputs], weight: weight, bias: bias, isTrainable: scales.trainable,
                window: window, rectifier: nil))
        return node(.affine(layers.count - 1), reading: [input], writing: ValueShape(shape.output))
    }

    private mutating func node(_ operation: Node.Operation, reading inputs: [Int], writing shape: ValueShape) -> Int {
        values.append(shape)
        nodes.append(Node(operation: operation, inputs: inputs, output: values.count - 1))
        return values.count - 1
    }
}

extension ValueShape {
    /// Channels are known in a finite network.
    init(_ shape: Shape) {
        self.init(positions: shape.positions.reduce(1, *), channels: shape.channels ?? 0)
    }
}
