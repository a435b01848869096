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

    init(_ parameterization: Parameterization, trace: ShapeTrace, faults: Faults) {
        self.parameterization = parameterization
        self.faults = faults
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
            return affine(layer, dense.scales, shape, filter: [], to: input) { nil }
        case .convolution(let convolution):
            return affine(layer, convolution.scales, shape, filter: convolution.filter, to: input) { [faults] in
                Self.window(
                    layer, shape, convolution.filter, strides: convolution.strides, padding: convolution.padding, faults: faults)
            }
        case .pool(let pool):
            let window = Self.window(layer, shape, pool.window, strides: pool.strides, padding: pool.padding, faults: faults)
            guard let window else { return nil }
            return node(.pool(window, factors: factors(pool, window)), reading: [input], writing: output)
        case .globalPool(let operation):
            let extents = shape.input.positions
            guard let window = Self.window(layer, shape, extents, strides: extents, padding: .valid, faults: faults) else { return nil }
            return node(
                .pool(window, factors: [operation == .average ? 1 / Double(window.taps) : 1]), reading: [input], writing: output)
        case .flatten:
            // Row-major with channels last: the numbers stay where they are.
            return node(.sum, reading: [input], writing: output)
        case .layerNorm(let norm):
            let groups = NormalizedGroups(positions: shape.input.positions, axes: norm.axes)
            return node(.layerNorm(groups, epsilon: norm.epsilon), reading: [input], writing: output)
        case .nonlinearity(let nonlinearity):
            guard let function = ElementwiseFunction(nonlinearity) else { return nil }
            return append(function, shape: output, to: input)
        default:
            return input
        }
    }

    /// Where a window looks, unless its table would have too many entries.
    private static func window(
        _ layer: Layer, _ shape: LayerShape, _ window: [Int], strides: [Int], padding: Padding, faults: Faults
    ) -> PositionWindow? {
        // A global pool has one output, whose positions the trace does not list.
        let outputs = shape.output.positions.isEmpty ? window.map { _ in 1 } : shape.output.positions
        var (entries, overflows) = (1, false)
        for extent in outputs + window {
            let product = entries.multipliedReportingOverflow(by: extent)
            (entries, overflows) = (product.partialValue, overflows || product.overflow)
        }
        guard !overflows, entries <= PositionWindow.maximumEntries else {
            faults.add(
                layer.pointer,
                "\(layer.typeName) pairs more than \(PositionWindow.maximumEntries) output positions and taps; use a smaller window, strides, or smaller inputs.")
            return nil
        }
        return PositionWindow(input: shape.input.positions, output: outputs, window: window, strides: strides, padding: padding)
    }

    /// What an average divides by, per output position.
    private func factors(_ pool: Pool, _ window: PositionWindow) -> [Double] {
        (0..<window.outputs).map { output in
            guard pool.operation == .average else { return 1 }
            return 1 / Double(pool.normalizeEdges ? window.insideCount(at: output) : window.taps)
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

    private mutating func affine(
        _ layer: Layer, _ scales: AffineScales, _ shape: LayerShape, filter: [Int], to input: Int,
        window: () -> PositionWindow?
    ) -> Int? {
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
        let before = faults.count
        let window = window()
        guard faults.count == before else { return nil }
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
