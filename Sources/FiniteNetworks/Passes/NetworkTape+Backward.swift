/// A step of plain gradient descent that a backward pass takes as it goes, for layers with few rows: their weights are read
/// and written once.
struct Descent<Scalar: NetworkScalar> {
    let parameters: UnsafeMutablePointer<Scalar>
    /// The parameters that drift is measured from.
    let start: UnsafePointer<Scalar>
    let rate: Scalar
    /// By layer, Σ (w − start)² over weight and bias after the step.
    let distances: UnsafeMutablePointer<Double>
}

extension NetworkTape {
    /// Carries ∂L/∂outputs back through the last forward pass (reverse mode, a vector-Jacobian product).
    ///
    /// - Parameters:
    ///   - outputDelta: ∂L/∂outputs [count, outputCount].
    ///   - gradient: where ∂L/∂parameters is written, all of a layer's at once; frozen layers' entries are left alone. Nil:
    ///     deltas only.
    ///   - visit: called for every affine layer, last one first, with ∂L/∂z [count, positions, fanOut] before the rectifier
    ///     that may follow it; the memory is the tape's, until the next backward pass. Frozen layers below all trainable ones are not visited.
    public func backward(
        _ parameters: UnsafePointer<Scalar>, outputDelta: UnsafePointer<Scalar>, gradient: UnsafeMutablePointer<Scalar>?,
        visit: ((_ layer: Int, _ delta: UnsafePointer<Scalar>) -> Void)? = nil
    ) {
        backward(parameters, outputDelta: outputDelta, gradient: gradient, descent: nil, visit: visit)
    }

    /// - Parameter descent: layers with few rows take this step instead of writing their gradient (``isFew(_:)``).
    func backward(
        _ parameters: UnsafePointer<Scalar>, outputDelta: UnsafePointer<Scalar>, gradient: UnsafeMutablePointer<Scalar>?,
        descent: Descent<Scalar>?, visit: ((Int, UnsafePointer<Scalar>) -> Void)? = nil
    ) {
        carryBack(parameters, outputDelta, lanes: 1, gradient: gradient, descent: descent, visit: visit)
    }

    /// Carries several functions of the outputs back at once: the products of all of them are one product each.
    ///
    /// - Parameters:
    ///   - outputDeltas: [lanes, count, outputCount], for at most the tape's ``lanes``.
    ///   - visit: with deltas [lanes, count, positions, fanOut].
    func backward(
        _ parameters: UnsafePointer<Scalar>, outputDeltas: UnsafePointer<Scalar>, lanes: Int,
        visit: (_ layer: Int, _ delta: UnsafePointer<Scalar>) -> Void
    ) {
        precondition(lanes <= self.lanes, "a tape was given more functions than it has deltas for")
        withoutActuallyEscaping(visit) {
            carryBack(parameters, outputDeltas, lanes: lanes, gradient: nil, descent: nil, visit: $0)
        }
    }

    private func carryBack(
        _ parameters: UnsafePointer<Scalar>, _ outputDelta: UnsafePointer<Scalar>, lanes: Int, gradient: UnsafeMutablePointer<Scalar>?,
        descent: Descent<Scalar>?, visit: ((Int, UnsafePointer<Scalar>) -> Void)?
    ) {
        prepare(\.deltas)
        // A visitor wants whole layers, one after the other.
        if isShared, lanes == 1, visit == nil {
            eachPart { part, first in
                part.carryBack(
                    parameters, outputDelta + first * network.outputCount, lanes: 1, gradient: nil, descent: nil, visit: nil)
            }
            if let gradient { shareGradients(into: gradient) }
            return
        }
        Loops.copy(outputDelta, into: buffer(deltas[network.output]), count: lanes * count * network.outputCount)
        for (node, firsts) in zip(network.nodes, writesFirst).reversed() where dependsOnTrainable[node.output] {
            let delta = buffer(deltas[node.output])
            if case .affine(let index) = node.operation {
                backward(
                    index, node, delta, lanes: lanes, writesFirst: firsts[0], parameters, gradient: gradient, descent: descent,
                    visit: visit)
            } else {
                backward(node, delta, lanes: lanes, writesFirst: firsts)
            }
        }
    }

    private func backward(
        _ index: Int, _ node: Node, _ delta: UnsafeMutablePointer<Scalar>, lanes: Int, writesFirst: Bool,
        _ parameters: UnsafePointer<Scalar>, gradient: UnsafeMutablePointer<Scalar>?, descent: Descent<Scalar>?, visit: ((Int, UnsafePointer<Scalar>) -> Void)?
    ) {
        let layer = network.layers[index]
        let rows = count * layer.positions
        if let slopes = layer.rectifier {
            eachLane(lanes, rows * layer.fanOut) {
                Scalar.rectifierSlope(
                    delta + $0, value(node.output), a: Scalar(slopes.a), b: Scalar(slopes.b), count: rows * layer.fanOut)
            }
        }
        packDeltas(delta, layer: index, rows: rows)
        visit?(index, UnsafePointer(delta))
        let source = value(node.inputs[0])
        let sourceDelta = dependsOnTrainable[node.inputs[0]] ? deltas[node.inputs[0]] : nil
        if let descent, layer.isTrainable, isFew(layer) {
            step(layer, index, source, delta, sourceDelta, adds: !writesFirst, descent, rows: rows)
            return
        }
        if let sourceDelta {
            pullBack(
                layer, parameters + layer.weight.lowerBound, delta, examples: lanes * count, into: sourceDelta, adds: !writesFirst)
        }
        guard layer.isTrainable, let gradient else { return }
        let weight = gradient + layer.weight.lowerBound
        if let packed = packedFeatures(of: layer, source) {
            packed.multiply(delta, columns: layer.fanOut, scale: Scalar(layer.weightScale), into: weight)
        } else {
            writeWeightGradient(layer, source, delta, into: weight)
        }
        writeBiasGradient(layer, delta, gradient)
    }

    /// ∂L/∂W = weightScale · patchesᵀ ∂L/∂z, by BLAS.
    func writeWeightGradient(
        _ layer: AffineLayer, _ source: UnsafePointer<Scalar>, _ delta: UnsafePointer<Scalar>, into target: UnsafeMutablePointer<Scalar>
    ) {
        eachBlock(of: layer, source) { patches, rows, first in
            Scalar.product(
                patches, transposed: true, delta + first * layer.fanOut, transposed: false, into: target, m: layer.fanIn,
                n: layer.fanOut, k: rows, alpha: Scalar(layer.weightScale), beta: first == 0 ? 0 : 1)
        }
    }

    func writeBiasGradient(_ layer: AffineLayer, _ delta: UnsafePointer<Scalar>, _ gradient: UnsafeMutablePointer<Scalar>) {
        guard let bias = layer.bias else { return }
        Scalar.columnSums(
            delta, rows: count * layer.positions, columns: layer.fanOut, scale: Scalar(layer.biasScale), adds: false,
            into: gradient + bias.lowerBound)
    }

    private func step(
        _ layer: AffineLayer, _ index: Int, _ source: UnsafePointer<Scalar>, _ delta: UnsafePointer<Scalar>,
        _ sourceDelta: UnsafeMutablePointer<Scalar>?, adds: Bool, _ descent: Descent<Scalar>, rows: Int
    ) {
        let weight = layer.weight.lowerBound
        descent.distances[index] = Scalar.fewDescend(
            source, delta, descent.parameters + weight, start: descent.start + weight, scale: Scalar(layer.weightScale),
            rate: descent.rate, rows: rows, inputs: layer.fanIn, outputs: layer.fanOut, xDelta: sourceDelta, adds: adds)
        guard let bias = layer.bias else { return }
        Scalar.columnSums(
            delta, rows: rows, columns: layer.fanOut, scale: -descent.rate * Scalar(layer.biasScale), adds: true,
            into: descent.parameters + bias.lowerBound)
        descent.distances[index] += Scalar.squaredDistance(
            descent.parameters + bias.lowerBound, descent.start + bias.lowerBound, count: bias.count)
    }

    /// ∂L/∂source = weightScale · (∂L/∂z Wᵀ), put back from patches to where they came from.
    private func pullBack(
        _ layer: AffineLayer, _ weight: UnsafePointer<Scalar>, _ delta: UnsafePointer<Scalar>, examples count: Int,
        into target: UnsafeMutablePointer<Scalar>, adds: Bool
    ) {
        func product(_ delta: UnsafePointer<Scalar>, rows: Int, into target: UnsafeMutablePointer<Scalar>, adds: Bool) {
            Scalar.product(
                delta, transposed: false, weight, transposed: true, into: target, m: rows, n: layer.fanIn, k: layer.fanOut,
                alpha: Scalar(layer.weightScale), beta: adds ? 1 : 0)
        }
        guard let window = layer.window else { return product(delta, rows: count * layer.positions, into: target, adds: adds) }
        let (block, channels) = (block(of: layer), layer.input.channels ?? 0)
        let patches = patches(1)
        if !adds { target.update(repeating: 0, count: count * window.inputs * channels) }
        for first in stride(from: 0, to: count, by: block) {
            let examples = min(block, count - first)
            product(delta + first * window.outputs * layer.fanOut, rows: examples * window.outputs, into: patches, adds: false)
            Loops.scatter(patches, window, channels: channels, count: examples, into: target + first * window.inputs * channels)
        }
    }

    /// Layers without parameters.
    private func backward(_ node: Node, _ delta: UnsafeMutablePointer<Scalar>, lanes: Int, writesFirst: [Bool]) {
        let examples = lanes * count
        let shape = network.values[node.output]
        var offset = 0
        for (input, isFirst) in zip(node.inputs, writesFirst) {
            let channels = network.values[input].channels
            defer { offset += channels }
            guard dependsOnTrainable[input] else { continue }
            let target = buffer(deltas[input])
            let elements = examples * network.values[input].elements
            switch node.operation {
            case .affine: break
            case .pool(let window, let share):
                if isFirst { target.update(repeating: 0, count: elements) }
                Loops.spread(delta, window, share, channels: shape.channels, count: examples, into: target)
            case .nonlinearity:
                eachLane(lanes, count * shape.elements) {
                    Scalar.multiply(
                        delta + $0, buffer(slopes[node.output - 1]), into: target + $0, adds: !isFirst, count: count * shape.elements)
                }
            case .layerNorm(let groups, _):
                eachLane(lanes, count * shape.elements) {
                    Loops.normalizeBackward(
                        delta + $0, output: value(node.output), inverse: buffer(slopes[node.output - 1]), groups, shape, count: count,
                        into: target + $0, adds: !isFirst)
                }
            case .sum: Loops.put(delta, into: target, adds: !isFirst, count: elements)
            case .concat:
                Loops.takeColumns(
                    delta + offset, stride: shape.channels, columns: channels, into: target, adds: !isFirst,
                    rows: examples * shape.positions)
            }
        }
    }

    /// Where each lane of a value's deltas begins.
    @inline(__always)
    private func eachLane(_ lanes: Int, _ elements: Int, _ body: (_ offset: Int) -> Void) {
        for lane in 0..<lanes { body(lane * elements) }
    }
}
