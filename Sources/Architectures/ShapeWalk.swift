import JSON

/// One walk through the layers, which goes on after a fault with what is still known.
struct ShapeWalk {
    let requirements: Requirements
    let faults: Faults
    private(set) var trace: [LayerShape] = []
    /// What each layer stands on, at its first application.
    private(set) var inputs: [JSONPointer: PartialShape] = [:]
    /// Applications of layers: a document with too many is at fault already, and not walked to its end.
    private var applications = 0

    init(requirements: Requirements, faults: Faults) {
        (self.requirements, self.faults) = (requirements, faults)
    }

    mutating func shape(after layers: [Layer], _ input: PartialShape) -> PartialShape {
        layers.reduce(input) { shape(after: $1, $0) }
    }

    private mutating func shape(after layer: Layer, _ input: PartialShape) -> PartialShape {
        applications += 1
        if inputs[layer.pointer] == nil { inputs[layer.pointer] = input }
        let result = requirements.isRefused(layer) ? input.opened : unchecked(layer, input)
        let output = layer.isFaulty ? result.opened : result
        guard case .known(let shape) = output else { return output }
        guard ShapeInference.fits(shape) else {
            faults.add(layer.pointer, "The output of \(layer.typeName), \(shape), has more than \(ShapeInference.maximumElements) elements.")
            return output.opened
        }
        if case .known(let input) = input { trace.append(LayerShape(layer: layer, input: input, output: shape)) }
        return output
    }

    /// The output, whatever its size.
    private mutating func unchecked(_ layer: Layer, _ input: PartialShape) -> PartialShape {
        switch layer.kind {
        case .dense(let dense): shape(after: dense, layer, input)
        case .convolution(let convolution): shape(after: convolution, layer, input)
        case .pool(let pool):
            windowed(Grid(window: pool.window, strides: pool.strides, padding: pool.padding, name: "window"), layer, input) { grid, shape in
                grid.reduced(shape, layer, faults).map { Shape(positions: $0, channels: shape.channels) }
            }
        case .globalPool: withPositions(layer, input) { Shape(positions: [], channels: $0.channels) } ?? .axes(0)
        case .flatten: input.map { Shape(positions: [], channels: $0.elements) } ?? .axes(0)
        case .attention(let attention):
            withPositions(layer, input) { Shape(positions: $0.positions, channels: attention.channels) } ?? input.opened
        case .layerNorm(let norm): checked(norm, layer, input)
        case .dropout, .nonlinearity, .identity: input
        case .serial(let layers): shape(after: layers, input)
        case .repeat(let times, let layers): shape(after: layers, times: times, input)
        case .parallel(let branches, let combine): shape(after: branches, combine, layer, input)
        case .unread(let typeName): shape(afterUnread: typeName, input)
        }
    }

    private func shape(after dense: Dense, _ layer: Layer, _ input: PartialShape) -> PartialShape {
        guard case .known(let shape) = input else { return input }
        requirements.checkFanIn(of: layer, shape)
        return .known(Shape(positions: shape.positions, channels: dense.width))
    }

    private func shape(after convolution: Convolution, _ layer: Layer, _ input: PartialShape) -> PartialShape {
        if case .known(let shape) = input { requirements.checkFanIn(of: layer, shape) }
        let grid = Grid(window: convolution.filter, strides: convolution.strides, padding: convolution.padding, name: "filter")
        return windowed(grid, layer, input) { grid, shape in
            let positions = convolution.sharing == .transposed ? grid.expanded(shape) : grid.reduced(shape, layer, faults)
            return positions.map { Shape(positions: $0, channels: convolution.channels) }
        }
    }

    private func windowed(_ grid: Grid, _ layer: Layer, _ input: PartialShape, _ output: (Grid, Shape) -> Shape?) -> PartialShape {
        // Which of the two a mend will change, window or input, is open.
        guard grid.hasAxes(of: input, layer, faults) else { return .unknown }
        guard case .known(let shape) = input, let result = output(grid, shape) else { return .axes(grid.window.count) }
        return .known(result)
    }

    private mutating func shape(after layers: [Layer], times: Int, _ input: PartialShape) -> PartialShape {
        var shape = input
        for _ in 0..<times where applications <= ArchitectureParser.maximumLayers {
            // A fault of one round is a fault of the next: it is told once.
            let before = faults.count
            shape = self.shape(after: layers, shape)
            guard faults.count == before else { return shape.opened }
        }
        return shape
    }

    /// Nil where there are no positions, with a fault, or none that are known.
    private func withPositions(_ layer: Layer, _ input: PartialShape, _ output: (Shape) -> Shape) -> PartialShape? {
        guard input.axes == 0 else { return input.map(output) }
        faults.add(
            layer.pointer, "\(layer.typeName) works over positions, but its input \(input) has none; leave it out, or give an input_shape of [length, channels] or [height, width, channels].")
        return nil
    }

    private func checked(_ norm: LayerNorm, _ layer: Layer, _ input: PartialShape) -> PartialShape {
        guard let positions = input.axes else { return input }
        let rank = positions + 2
        let axes = norm.axes.map { $0 < 0 ? $0 + rank : $0 }
        let isValid = axes.allSatisfy { (1..<rank).contains($0) } && Set(axes).count == axes.count && axes.contains(rank - 1)
        if !isValid {
            faults.add(
                layer.pointer(to: "axes"), "The axes \(norm.axes) do not fit the input \(input): name axes from 1 to \(rank - 1) (1 is the first after the batch), each once, and among them the channels, \(rank - 1) or -1.")
        }
        return input
    }

    /// Layers whose type is known but not their members: they keep the number of axes, all but the containers.
    private func shape(afterUnread typeName: String?, _ input: PartialShape) -> PartialShape {
        guard let typeName else { return .unknown }
        if NonlinearityType(rawValue: typeName) != nil { return input }
        return switch LayerType(rawValue: typeName) {
        case .dropout: input
        case .serial, .repeat, .parallel, nil: .unknown
        default: input.opened
        }
    }
}

extension PartialShape {
    /// Of a known shape; nil where it is not.
    func map(_ transform: (Shape) -> Shape) -> PartialShape? {
        if case .known(let shape) = self { .known(transform(shape)) } else { nil }
    }
}

/// Parallel branches, each on what came in.
extension ShapeWalk {
    mutating func shape(after branches: [[Layer]], _ combine: Combination, _ layer: Layer, _ input: PartialShape) -> PartialShape {
        let outputs = branches.map { shape(after: $0, input) }
        let axes = Set(outputs.compactMap(\.axes))
        let known = outputs.compactMap { output in
            if case .known(let shape) = output { shape } else { nil }
        }
        let list = outputs.map(\.description).joined(separator: ", ")
        guard axes.count <= 1, known.allSatisfy({ $0.positions == known[0].positions }) else {
            faults.add(layer.pointer, "The branches end in the shapes \(list); their spatial extents must be equal (padding \"same\" keeps them).")
            return axes.count == 1 ? outputs[0].opened : .unknown
        }
        let open = axes.first.map(PartialShape.axes) ?? .unknown
        let channels = known.compactMap(\.channels)
        // Equal channels are a matter of the combination, which may be the fault.
        if layer.isFaulty { return open }
        if combine == .concat {
            guard known.count == outputs.count else { return open }
            guard channels.count == known.count else {
                // A finite network has been asked for its widths already.
                if requirements.purpose != .finiteNetwork {
                    faults.add(
                        layer.pointer, "A concat weighs each branch by its channels, but the branches end in \(list); give their last dense or conv layers a width or channels.")
                }
                return open
            }
            return .known(Shape(positions: known[0].positions, channels: channels.reduce(0, +)))
        }
        guard channels.allSatisfy({ $0 == channels[0] }) else {
            faults.add(layer.pointer, "The branches end in the shapes \(list); a \(combine.rawValue) needs equal channels, so change a width or the combination.")
            return open
        }
        return known.count == outputs.count ? .known(Shape(positions: known[0].positions, channels: channels.first)) : open
    }
}
