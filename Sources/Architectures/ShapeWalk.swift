import JSON

/// One walk through the layers, which goes on after a fault with what is still known.
struct ShapeWalk {
    let requirements: Requirements
    private var faults: Faults
    private(set) var trace: [LayerShape] = []
    /// What each layer stands on, at its first application.
    private(set) var inputs: [JSONPointer: PartialShape] = [:]
    /// Whether all shapes, repetitions and parameters are known.
    private(set) var isComplete = true
    /// Layers that were asked for their widths: once is enough, whatever stands on them.
    private var asked: Set<JSONPointer> = []
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
        // Layers of a preset have one pointer in common.
        if !layer.isFromPreset, inputs[layer.pointer] == nil { inputs[layer.pointer] = input }
        if requirements.isRefused(layer) { return input.withOpenPositions.with(.open) }
        let output = unchecked(layer, input)
        if output.shape == nil || layer.isOpen("times") || layer.isOpen("bias_std") { isComplete = false }
        guard let shape = output.shape else { return output }
        guard ShapeInference.fits(shape) else {
            faults.add(layer.pointer, "The output of \(layer.typeName), \(shape), has more than \(ShapeInference.maximumElements) elements.")
            return output.withOpenPositions
        }
        if let input = input.shape { trace.append(LayerShape(layer: layer, input: input, output: shape)) }
        return output
    }

    /// The output, whatever its size.
    private mutating func unchecked(_ layer: Layer, _ input: PartialShape) -> PartialShape {
        switch layer.kind {
        case .dense(let dense):
            askForWidth(of: input, layer)
            return input.with(layer.channels(dense.width, "width"))
        case .convolution(let convolution):
            askForWidth(of: input, layer)
            let grid = Grid(window: convolution.filter, strides: convolution.strides, padding: convolution.padding, name: "filter")
            return windowed(grid, layer, input, isTransposed: convolution.sharing == .transposed)
                .with(layer.channels(convolution.channels, "channels"))
        case .pool(let pool):
            return windowed(Grid(window: pool.window, strides: pool.strides, padding: pool.padding, name: "window"), layer, input)
        case .globalPool:
            wantPositions(layer, input)
            return input.withoutPositions(isFlattened: false)
        case .flatten: return input.withoutPositions(isFlattened: true)
        case .attention(let attention):
            wantPositions(layer, input)
            return input.with(layer.channels(attention.channels, "channels"))
        case .layerNorm(let norm):
            check(norm, layer, input)
            return input
        case .dropout, .nonlinearity, .identity: return input
        case .serial(let layers): return shape(after: layers, input)
        case .repeat(let times, let layers): return shape(after: layers, times: times, input)
        case .parallel(let branches, let combine): return shape(after: branches, combine, layer, input)
        case .unread(let typeName): return shape(afterUnread: typeName, input)
        }
    }

    /// In the standard parameterization a kernel depends on how wide a layer's input is.
    private mutating func askForWidth(of input: PartialShape, _ layer: Layer) {
        guard requirements.needsWidths, case .missing(let source) = input.channels, asked.insert(source).inserted else { return }
        faults.add(
            layer.pointer,
            "In the standard parameterization the kernel depends on the width of this layer's input, which is unknown; give the layer before it a width or channels.")
    }

    private func windowed(_ grid: Grid, _ layer: Layer, _ input: PartialShape, isTransposed: Bool = false) -> PartialShape {
        guard !grid.window.isEmpty else {
            wantPositions(layer, input)
            return withoutWindow(grid, layer, input, isTransposed: isTransposed)
        }
        guard grid.hasAxes(of: input, layer, faults) else {
            // Which of the two a mend will change, window or input, is open.
            return PartialShape(positions: .unknown, channels: input.channels)
        }
        var output = PartialShape(positions: .open(axes: grid.window.count), channels: input.channels)
        guard case .known(let extents) = input.positions, !layer.isOpen("padding") else { return output }
        if layer.isOpen(grid.name) {
            // Padded, the output is the same for any window.
            if grid.padding == .valid { return output }
        } else if !isTransposed, !grid.fits(extents, input, layer, faults) {
            return output
        }
        if !layer.isOpen("strides") { output.positions = .known(isTransposed ? grid.expanded(extents) : grid.reduced(extents)) }
        return output
    }

    /// Where a window cannot be read at all. A padded filter's output does not hang on it; strides of pools do.
    private func withoutWindow(_ grid: Grid, _ layer: Layer, _ input: PartialShape, isTransposed: Bool) -> PartialShape {
        guard case .known(let extents) = input.positions, grid.name == "filter", grid.padding != .valid, !isTransposed,
            !layer.isOpen("padding"), !layer.isOpen("strides"), grid.strides.isEmpty || grid.strides.count == extents.count
        else { return input.withOpenPositions }
        let strides = grid.strides.isEmpty ? extents.map { _ in 1 } : grid.strides
        return PartialShape(positions: .known(zip(extents, strides).map { ($0 - 1) / $1 + 1 }), channels: input.channels)
    }

    /// Every round: the second is the first to see what the first one leaves.
    private mutating func shape(after layers: [Layer], times: Int, _ input: PartialShape) -> PartialShape {
        let all = faults
        defer { faults = all }
        var shape = input
        var told: Set<JSONPointer> = []
        for _ in 0..<times where applications <= ArchitectureParser.maximumLayers {
            faults = Faults()
            let before = shape
            shape = self.shape(after: layers, shape)
            // A fault of one round is a fault of the next: it is told once.
            for fault in faults.all where !told.contains(fault.pointer) { all.add(fault.pointer, fault.detail) }
            told.formUnion(faults.all.lazy.map(\.pointer))
            if !told.isEmpty, shape == before { break }
        }
        return shape
    }

    private func wantPositions(_ layer: Layer, _ input: PartialShape) {
        guard input.axes == 0 else { return }
        faults.add(
            layer.pointer, "\(layer.typeName) works over positions, but its input \(input) has none; leave it out, or give an input_shape of [length, channels] or [height, width, channels].")
    }

    private func check(_ norm: LayerNorm, _ layer: Layer, _ input: PartialShape) {
        guard let positions = input.axes else { return }
        let rank = positions + 2
        let axes = norm.axes.map { $0 < 0 ? $0 + rank : $0 }
        let isValid = axes.allSatisfy { (1..<rank).contains($0) } && Set(axes).count == axes.count && axes.contains(rank - 1)
        if !isValid {
            faults.add(
                layer.pointer(to: "axes"), "The axes \(norm.axes) do not fit the input \(input): name axes from 1 to \(rank - 1) (1 is the first after the batch), each once, and among them the channels, \(rank - 1) or -1.")
        }
    }

    /// Functions and dropout keep the shape, whatever their members; what else there is could be anything.
    private func shape(afterUnread typeName: String?, _ input: PartialShape) -> PartialShape {
        guard let typeName else { return .unknown }
        return NonlinearityType(rawValue: typeName) != nil || typeName == LayerType.dropout.rawValue ? input : .unknown
    }
}

/// Parallel branches, each on what came in.
extension ShapeWalk {
    private mutating func shape(
        after branches: [[Layer]], _ combine: Combination, _ layer: Layer, _ input: PartialShape
    ) -> PartialShape {
        let outputs = branches.map { shape(after: $0, input) }
        let list = outputs.map(\.description).joined(separator: ", ")
        // Equal channels are a matter of the combination, which may be the fault.
        let channels =
            if layer.isOpen("combine") {
                PartialShape.Channels.open
            } else if combine == .concat {
                concatenated(outputs, layer, list)
            } else {
                common(outputs, combine, layer, list)
            }
        return PartialShape(positions: positions(of: outputs, layer, list), channels: channels)
    }

    /// The positions that all branches end with, as far as they are known; a fault where they differ.
    private func positions(of outputs: [PartialShape], _ layer: Layer, _ list: String) -> PartialShape.Positions {
        let axes = Set(outputs.compactMap(\.axes))
        let known = outputs.compactMap { output in
            if case .known(let extents) = output.positions { extents } else { nil }
        }
        guard axes.count <= 1, known.allSatisfy({ $0 == known[0] }) else {
            faults.add(layer.pointer, "The branches end in the shapes \(list); their spatial extents must be equal (padding \"same\" keeps them).")
            return axes.count == 1 ? outputs[0].withOpenPositions.positions : .unknown
        }
        if known.count == outputs.count { return .known(known[0]) }
        return axes.first.map { .open(axes: $0) } ?? .unknown
    }

    private func concatenated(_ outputs: [PartialShape], _ layer: Layer, _ list: String) -> PartialShape.Channels {
        var sum = 0
        for output in outputs {
            switch output.channels {
            case .known(let count): sum += count
            case .open: continue
            case .missing:
                // A finite network has been asked for its widths already.
                if requirements.purpose != .finiteNetwork {
                    faults.add(
                        layer.pointer, "A concat weighs each branch by its channels, but the branches end in \(list); give their last dense or conv layers a width or channels.")
                }
                return .open
            }
        }
        return outputs.contains { $0.channels == .open } ? .open : .known(sum)
    }

    private func common(_ outputs: [PartialShape], _ combine: Combination, _ layer: Layer, _ list: String) -> PartialShape.Channels {
        let known = outputs.compactMap { output in
            if case .known(let count) = output.channels { count } else { nil }
        }
        guard known.allSatisfy({ $0 == known[0] }) else {
            faults.add(layer.pointer, "The branches end in the shapes \(list); a \(combine.rawValue) needs equal channels, so change a width or the combination.")
            return .open
        }
        if outputs.contains(where: { $0.channels == .open }) { return .open }
        // An infinite branch without a width is as wide as the others.
        return known.first.map { .known($0) } ?? outputs[0].channels
    }
}
