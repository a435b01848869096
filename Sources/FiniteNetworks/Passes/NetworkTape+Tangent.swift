extension NetworkTape {
    /// The first derivative of the outputs along a direction v of parameters, d/dε f(w + εv) at 0 (forward mode, a
    /// Jacobian-vector product), and with `curvature` the second, d²/dε² f(w + εv). Both are [count, outputCount].
    ///
    /// For every value x with derivatives x' and x'' the next ones are z' = x'W + xV and z'' = x''W + 2x'V for an affine
    /// layer, φ' z' and φ'' z'² + φ' z'' for a nonlinearity. Costs two or four forward passes.
    /// - Parameter direction: v, laid out as the parameters are; entries of frozen layers count as the others do.
    @discardableResult
    public func pushForward(
        _ parameters: UnsafePointer<Scalar>, along direction: UnsafePointer<Scalar>, curvature: Bool = false
    ) -> (first: UnsafePointer<Scalar>, second: UnsafePointer<Scalar>?) {
        prepare(\.tangents)
        if curvature { prepare(\.curvatures) }
        if isShared { eachPart { part, _ in part.pushForward(parameters, along: direction, curvature: curvature) } }
        for node in network.nodes where !isShared && dependsOnParameters[node.output] {
            if case .affine(let index) = node.operation {
                pushForward(network.layers[index], node, parameters, direction, curvature: curvature)
            } else {
                pushForward(node, curvature: curvature)
            }
        }
        // Outputs that depend on no parameter keep the zeros their buffers began with.
        return (
            UnsafePointer(buffer(tangents[network.output])), curvature ? UnsafePointer(buffer(curvatures[network.output])) : nil
        )
    }

    private func pushForward(
        _ layer: AffineLayer, _ node: Node, _ parameters: UnsafePointer<Scalar>, _ direction: UnsafePointer<Scalar>, curvature: Bool
    ) {
        let input = node.inputs[0]
        let (first, weight) = (buffer(tangents[node.output]), layer.weight.lowerBound)
        multiply(layer, value(input), direction + weight, adds: false, factor: 1, into: first)
        let rows = count * layer.positions
        if let bias = layer.bias {
            Scalar.addBias(first, direction + bias.lowerBound, scale: Scalar(layer.biasScale), rows: rows, columns: layer.fanOut)
        }
        if dependsOnParameters[input] {
            multiply(layer, buffer(tangents[input]), parameters + weight, adds: true, factor: 1, into: first)
        }
        if curvature {
            let second = buffer(curvatures[node.output])
            if dependsOnParameters[input] {
                multiply(layer, buffer(tangents[input]), direction + weight, adds: false, factor: 2, into: second)
                multiply(layer, buffer(curvatures[input]), parameters + weight, adds: true, factor: 1, into: second)
            } else {
                second.update(repeating: 0, count: rows * layer.fanOut)
            }
        }
        guard let slopes = layer.rectifier else { return }
        for target in curvature ? [first, buffer(curvatures[node.output])] : [first] {
            Scalar.rectifierSlope(
                target, value(node.output), a: Scalar(slopes.a), b: Scalar(slopes.b), count: rows * layer.fanOut)
        }
    }

    /// Layers without parameters.
    private func pushForward(_ node: Node, curvature: Bool) {
        switch node.operation {
        case .nonlinearity(let function): pushForward(function, node, curvature: curvature)
        case .layerNorm(let groups, _):
            let input = node.inputs[0]
            Loops.normalizeForward(
                buffer(tangents[input]), curvature ? buffer(curvatures[input]) : nil, output: value(node.output),
                inverse: buffer(slopes[node.output - 1]), groups, network.values[node.output], count: count,
                into: buffer(tangents[node.output]), curvature ? buffer(curvatures[node.output]) : nil)
        default:
            // Linear: both derivatives go through as the values do.
            pushLinear(node, \.tangents)
            if curvature { pushLinear(node, \.curvatures) }
        }
    }

    private func pushForward(_ function: ElementwiseFunction, _ node: Node, curvature: Bool) {
        let (input, elements) = (node.inputs[0], count * network.values[node.output].elements)
        let (slope, tangent) = (buffer(slopes[node.output - 1]), buffer(tangents[input]))
        Scalar.multiply(tangent, slope, into: buffer(tangents[node.output]), adds: false, count: elements)
        guard curvature else { return }
        let second = buffer(curvatures[node.output])
        // φ'' first, then times x'², then φ' x'' is added.
        Scalar.evaluate(function, value(input), value: nil, first: nil, second: second, count: elements)
        Scalar.multiply(second, tangent, into: second, adds: false, count: elements)
        Scalar.multiply(second, tangent, into: second, adds: false, count: elements)
        Scalar.multiply(buffer(curvatures[input]), slope, into: second, adds: true, count: elements)
    }

    private func pushLinear(_ node: Node, _ buffers: KeyPath<NetworkTape, [UnsafeMutablePointer<Scalar>?]>) {
        let list = self[keyPath: buffers]
        let (target, shape) = (buffer(list[node.output]), network.values[node.output])
        let first = buffer(list[node.inputs[0]])
        switch node.operation {
        case .pool(let window, let share):
            Loops.pool(first, window, share, channels: shape.channels, count: count, into: target)
        case .sum:
            Loops.copy(first, into: target, count: count * shape.elements)
            for other in node.inputs.dropFirst() { Loops.add(buffer(list[other]), into: target, count: count * shape.elements) }
        case .concat:
            var offset = 0
            for part in node.inputs {
                let channels = network.values[part].channels
                Loops.copyColumns(
                    buffer(list[part]), columns: channels, into: target + offset, stride: shape.channels, rows: count * shape.positions)
                offset += channels
            }
        case .affine, .nonlinearity, .layerNorm: break
        }
    }
}
