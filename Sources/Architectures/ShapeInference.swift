import JSON

/// Carries an input shape through an architecture, recording where a layer does not fit what it is given.
///
/// Along a list the first misfit ends the inference, as what follows has no shape; branches are looked at each on its own. Where
/// a purpose refuses layers there is none at all: what comes after them would be faulted for shapes that a mend will change.
public enum ShapeInference {
    /// Elements of one example at one layer: beyond any memory, and far from overflow.
    static let maximumElements = 1 << 40

    /// - Parameters:
    ///   - inputShape: [d], [length, channels] or [height, width, channels], as it stands at `pointer` in the document.
    ///   - purpose: a finite network, and a kernel in the standard parameterization, depend on widths; they are then required.
    /// - Returns: nil where a fault was recorded. Complexity: O(layers with repetitions written out).
    public static func infer(
        _ architecture: Architecture, inputShape: [Int], at pointer: JSONPointer, for purpose: Purpose, faults: Faults
    ) -> ShapeTrace? {
        let before = faults.count
        let input = Self.input(inputShape, at: pointer, faults: faults)
        let requirements = Requirements(architecture: architecture, purpose: purpose, faults: faults)
        guard requirements.check(), let input else { return nil }
        var walk = ShapeWalk(requirements: requirements, faults: faults)
        guard let output = walk.shape(after: architecture.layers, input), faults.count == before else { return nil }
        return ShapeTrace(input: input, output: output, layers: walk.trace)
    }

    private static func input(_ shape: [Int], at pointer: JSONPointer, faults: Faults) -> Shape? {
        guard (1...3).contains(shape.count) else {
            faults.add(pointer, "An input shape is [d], [length, channels] or [height, width, channels]; this one has \(shape.count) axes.")
            return nil
        }
        if let index = shape.firstIndex(where: { $0 < 1 }) {
            faults.add(pointer.appending(index), "An extent must be at least 1, not \(shape[index]).")
            return nil
        }
        let result = Shape(positions: shape.dropLast(), channels: shape[shape.count - 1])
        guard fits(result) else {
            faults.add(pointer, "An input of this shape has more than \(maximumElements) elements.")
            return nil
        }
        return result
    }

    static func fits(_ shape: Shape) -> Bool {
        var elements = 1
        for extent in shape.positions + [shape.channels ?? 1] {
            let (product, overflow) = elements.multipliedReportingOverflow(by: extent)
            guard !overflow, product <= maximumElements else { return false }
            elements = product
        }
        return true
    }
}

/// One walk through the layers.
struct ShapeWalk {
    let requirements: Requirements
    let faults: Faults
    var trace: [LayerShape] = []

    mutating func shape(after layers: [Layer], _ input: Shape) -> Shape? {
        var shape = input
        for layer in layers {
            guard let output = self.shape(after: layer, shape) else { return nil }
            guard ShapeInference.fits(output) else {
                faults.add(layer.pointer, "The output of \(layer.typeName), \(output), has more than \(ShapeInference.maximumElements) elements.")
                return nil
            }
            trace.append(LayerShape(layer: layer, input: shape, output: output))
            shape = output
        }
        return shape
    }

    private mutating func shape(after layer: Layer, _ input: Shape) -> Shape? {
        switch layer.kind {
        case .dense(let dense):
            requirements.checkFanIn(of: layer, input)
            return Shape(positions: input.positions, channels: dense.width)
        case .convolution(let convolution):
            requirements.checkFanIn(of: layer, input)
            let grid = Grid(window: convolution.filter, strides: convolution.strides, padding: convolution.padding, name: "filter")
            let positions = convolution.sharing == .transposed ? grid.expanded(input, layer, faults) : grid.reduced(input, layer, faults)
            return positions.map { Shape(positions: $0, channels: convolution.channels) }
        case .pool(let pool):
            let grid = Grid(window: pool.window, strides: pool.strides, padding: pool.padding, name: "window")
            return grid.reduced(input, layer, faults).map { Shape(positions: $0, channels: input.channels) }
        case .globalPool: return withPositions(input, layer) { Shape(positions: [], channels: $0.channels) }
        case .flatten: return Shape(positions: [], channels: input.elements)
        case .attention(let attention): return withPositions(input, layer) { Shape(positions: $0.positions, channels: attention.channels) }
        case .layerNorm(let norm): return checkAxes(norm, layer, input)
        case .dropout, .nonlinearity, .identity: return input
        case .serial(let layers): return shape(after: layers, input)
        case .repeat(let times, let layers): return shape(after: layers, times: times, input)
        case .parallel(let branches, let combine): return shape(after: branches, combine, layer, input)
        }
    }

    private mutating func shape(after layers: [Layer], times: Int, _ input: Shape) -> Shape? {
        var shape = input
        for _ in 0..<times {
            // A fault of one round is a fault of the next: it is told once.
            let before = faults.count
            guard let output = self.shape(after: layers, shape) else { return nil }
            shape = output
            guard faults.count == before else { return shape }
        }
        return shape
    }

    private mutating func shape(after branches: [[Layer]], _ combine: Combination, _ layer: Layer, _ input: Shape) -> Shape? {
        var outputs: [Shape] = []
        for branch in branches {
            if let output = shape(after: branch, input) { outputs.append(output) }
        }
        guard outputs.count == branches.count, let first = outputs.first else { return nil }
        let known = outputs.compactMap(\.channels)
        let list = outputs.map(\.description).joined(separator: ", ")
        guard outputs.allSatisfy({ $0.positions == first.positions }) else {
            faults.add(layer.pointer, "The branches end in the shapes \(list); their spatial extents must be equal (padding \"same\" keeps them).")
            return nil
        }
        if combine == .concat {
            guard known.count == outputs.count else {
                faults.add(
                    layer.pointer, "A concat weighs each branch by its channels, but the branches end in \(list); give their last dense or conv layers a width or channels.")
                return nil
            }
            return Shape(positions: first.positions, channels: known.reduce(0, +))
        }
        guard known.allSatisfy({ $0 == known[0] }) else {
            faults.add(layer.pointer, "The branches end in the shapes \(list); a \(combine.rawValue) needs equal channels, so change a width or the combination.")
            return nil
        }
        return Shape(positions: first.positions, channels: known.first)
    }

    private func withPositions(_ input: Shape, _ layer: Layer, _ output: (Shape) -> Shape) -> Shape? {
        guard input.positions.isEmpty else { return output(input) }
        faults.add(
            layer.pointer, "\(layer.typeName) works over positions, but its input \(input) has none; leave it out, or give an input_shape of [length, channels] or [height, width, channels].")
        return nil
    }

    private func checkAxes(_ norm: LayerNorm, _ layer: Layer, _ input: Shape) -> Shape? {
        let rank = input.positions.count + 2
        let axes = norm.axes.map { $0 < 0 ? $0 + rank : $0 }
        let isValid = axes.allSatisfy { (1..<rank).contains($0) } && Set(axes).count == axes.count && axes.contains(rank - 1)
        guard isValid else {
            faults.add(
                layer.pointer(to: "axes"), "The axes \(norm.axes) do not fit the input \(input): name axes from 1 to \(rank - 1) (1 is the first after the batch), each once, and among them the channels, \(rank - 1) or -1.")
            return nil
        }
        return input
    }
}
