extension NetworkTape {
    /// Loads the rows `inputs` [count, inputCount] and computes their outputs [count, outputCount].
    @discardableResult
    public func forward(
        _ parameters: UnsafePointer<Scalar>, _ inputs: UnsafePointer<Scalar>, count: Int
    ) -> UnsafePointer<Scalar> {
        load(inputs, count: count)
        return forward(parameters)
    }

    /// Computes the outputs of the loaded rows, keeping what the other passes need; the memory is the tape's.
    ///
    /// O(count · parameters) for dense layers, by BLAS, times their positions for convolutions.
    @discardableResult
    public func forward(_ parameters: UnsafePointer<Scalar>) -> UnsafePointer<Scalar> {
        if isShared {
            eachPart { part, _ in part.forward(parameters) }
        } else {
            for node in network.nodes { forward(node, parameters) }
        }
        return outputs
    }

    private func forward(_ node: Node, _ parameters: UnsafePointer<Scalar>) {
        let source = value(node.inputs[0])
        let target = buffer(values[node.output])
        let (input, output) = (network.values[node.inputs[0]], network.values[node.output])
        switch node.operation {
        case .affine(let index):
            let layer = network.layers[index]
            multiply(layer, source, parameters + layer.weight.lowerBound, adds: false, factor: 1, into: target)
            finish(layer, parameters, target)
        case .pool(let window, let share):
            Loops.pool(source, window, share, channels: input.channels, count: count, into: target)
        case .nonlinearity(let function):
            Scalar.evaluate(function, source, value: target, first: slopes[node.output - 1], second: nil, count: count * output.elements)
        case .layerNorm(let groups, let epsilon):
            Loops.normalize(
                source, groups, input, epsilon: epsilon, count: count, into: target, inverse: buffer(slopes[node.output - 1]))
        case .sum:
            Loops.copy(source, into: target, count: count * output.elements)
            for other in node.inputs.dropFirst() { Loops.add(value(other), into: target, count: count * output.elements) }
        case .concat:
            var offset = 0
            for part in node.inputs {
                let channels = network.values[part].channels
                Loops.copyColumns(
                    value(part), columns: channels, into: target + offset, stride: output.channels, rows: count * output.positions)
                offset += channels
            }
        }
    }

    /// target = factor · weightScale · patches(source) W, added to what is there if `adds`. [examples, positions, fanOut]
    func multiply(
        _ layer: AffineLayer, _ source: UnsafePointer<Scalar>, _ weight: UnsafePointer<Scalar>, adds: Bool, factor: Scalar,
        into target: UnsafeMutablePointer<Scalar>
    ) {
        let scale = factor * Scalar(layer.weightScale)
        if isFew(layer), !adds {
            Scalar.fewForward(
                source, weight, scale: scale, rows: count * layer.positions, inputs: layer.fanIn, outputs: layer.fanOut, into: target)
            return
        }
        if !adds, let packed = packedRows(of: layer, source) {
            load(weight, columns: layer.fanOut, into: packed.factor)
            return packed.multiply(panels: 0..<packed.panelCount, columns: layer.fanOut, scale: scale, into: target)
        }
        eachBlock(of: layer, source) { patches, rows, first in
            Scalar.product(
                patches, transposed: false, weight, transposed: false, into: target + first * layer.fanOut, m: rows,
                n: layer.fanOut, k: layer.fanIn, alpha: scale, beta: adds ? 1 : 0)
        }
    }

    /// Whether the last forward pass has so few rows that the layer's weight is better read by our own loops.
    func isFew(_ layer: AffineLayer) -> Bool { layer.window == nil && count * layer.positions <= Self.fewRows }

    /// Hands over the rows of a layer's patch matrix [rows, fanIn], block by block, with the number of the first row.
    func eachBlock(
        of layer: AffineLayer, _ source: UnsafePointer<Scalar>, scratch: Int = 0,
        _ body: (_ patches: UnsafePointer<Scalar>, _ rows: Int, _ first: Int) -> Void
    ) {
        guard let window = layer.window else { return body(source, count * layer.positions, 0) }
        let (block, channels) = (block(of: layer), layer.input.channels ?? 0)
        let patches = patches(scratch)
        for first in stride(from: 0, to: count, by: block) {
            let examples = min(block, count - first)
            Loops.gather(source + first * window.inputs * channels, window, channels: channels, count: examples, into: patches)
            body(patches, examples * window.outputs, first * window.outputs)
        }
    }

    /// Adds the bias and applies the rectifier that follows.
    private func finish(_ layer: AffineLayer, _ parameters: UnsafePointer<Scalar>, _ target: UnsafeMutablePointer<Scalar>) {
        let bias = layer.bias.map { parameters + $0.lowerBound }
        let (rows, scale) = (count * layer.positions, Scalar(layer.biasScale))
        if let slopes = layer.rectifier {
            Scalar.addBiasRectify(
                target, bias, scale: scale, rows: rows, columns: layer.fanOut, a: Scalar(slopes.a), b: Scalar(slopes.b))
        } else if let bias {
            Scalar.addBias(target, bias, scale: scale, rows: rows, columns: layer.fanOut)
        }
    }
}
