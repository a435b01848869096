/// What the empirical neural tangent kernel of some rows is made of: for every trainable layer the rows it read and, for each
/// output, the derivatives of that output with respect to what it wrote.
///
/// A dense layer z = a x W + s b contributes Θ[(i, o), (j, q)] = (a² x_i·x_j + s²) (δ_io·δ_jq): Gram matrices and Hadamard
/// products, never a Jacobian (arXiv 2206.08720, structured derivatives). A layer over positions sums its positions into the
/// rows of its own Jacobian, [rows · outputs, fanIn · fanOut], which its kernel is the Gram matrix of.
struct KernelFactors<Scalar: NetworkScalar> {
    private struct Factor {
        let layer: AffineLayer
        /// [rows, features] of what the layer read; a row of a layer over positions and output o is that of (row, o).
        let left: [Scalar]
        /// [outputs, rows, fanOut]; empty for a layer over positions.
        let right: [Scalar]
        /// ∂ output/∂b, [outputs, rows, fanOut]; empty where there is no bias or right says it.
        let bias: [Scalar]
        let features: Int
    }

    let rows: Int
    let outputs: Int
    private var factors: [Factor] = []

    /// Reads the last forward pass of a tape, by one backward pass for each output. Values stay, deltas are overwritten.
    init(_ tape: NetworkTape<Scalar>, _ parameters: UnsafePointer<Scalar>) {
        rows = tape.count
        outputs = tape.network.outputCount
        let (network, rows, outputs) = (tape.network, rows, outputs)
        var lefts = [[Scalar]](repeating: [], count: network.layers.count)
        var rights = lefts
        var biases = lefts
        var seed = [Scalar](repeating: 0, count: rows * outputs)
        for output in 0..<outputs {
            for row in 0..<rows {
                for other in 0..<outputs { seed[row * outputs + other] = other == output ? 1 : 0 }
            }
            tape.backward(parameters, outputDelta: seed, gradient: nil) { index, delta in
                let layer = network.layers[index]
                guard layer.isTrainable else { return }
                guard layer.positions > 1 || layer.window != nil else {
                    rights[index] += UnsafeBufferPointer(start: delta, count: rows * layer.fanOut)
                    return
                }
                if lefts[index].isEmpty {
                    lefts[index] = [Scalar](repeating: 0, count: rows * outputs * layer.weight.count)
                    biases[index] = [Scalar](repeating: 0, count: layer.bias == nil ? 0 : outputs * rows * layer.fanOut)
                }
                tape.fillJacobian(
                    layer, tape.input(ofLayer: index), delta, output: output, of: outputs, into: &lefts[index], bias: &biases[index])
            }
        }
        for (index, layer) in network.layers.enumerated() where layer.isTrainable {
            let isSpread = layer.positions > 1 || layer.window != nil
            let left = isSpread
                ? lefts[index] : Array(UnsafeBufferPointer(start: tape.input(ofLayer: index), count: rows * layer.fanIn))
            // A layer that the output does not depend on was not visited.
            guard !left.isEmpty, isSpread || !rights[index].isEmpty else { continue }
            factors.append(
                Factor(
                    layer: layer, left: left, right: rights[index], bias: biases[index],
                    features: isSpread ? layer.weight.count : layer.fanIn))
        }
    }

    /// Θ of two ranges of the rows, [left · outputs, right · outputs] with the output running fastest.
    func full(_ left: Range<Int>, _ right: Range<Int>) -> [Double] {
        var kernel = [Double](repeating: 0, count: left.count * right.count * outputs * outputs)
        let width = right.count * outputs
        addBlocks(left, right, pairs: (0..<outputs).flatMap { o in (0..<outputs).map { (o, $0) } }) { o, q, i, j, value in
            kernel[(i * outputs + o) * width + j * outputs + q] += value
        }
        return kernel
    }

    /// The mean over outputs of Θ's diagonal blocks, [left, right].
    func mean(_ left: Range<Int>, _ right: Range<Int>) -> [Double] {
        var kernel = [Double](repeating: 0, count: left.count * right.count)
        let share = 1 / Double(outputs)
        addBlocks(left, right, pairs: (0..<outputs).map { ($0, $0) }) { _, _, i, j, value in
            kernel[i * right.count + j] += share * value
        }
        return kernel
    }

    private func addBlocks(
        _ left: Range<Int>, _ right: Range<Int>, pairs: [(Int, Int)], _ add: (_ o: Int, _ q: Int, _ i: Int, _ j: Int, Double) -> Void
    ) {
        for factor in factors {
            let (weight, bias) = (factor.layer.weightScale * factor.layer.weightScale, factor.layer.biasScale * factor.layer.biasScale)
            if factor.right.isEmpty {
                for (o, q) in pairs {
                    let gram = gram(factor.left, factor.features, left, right, from: (o, q), stride: outputs)
                    let biasGram = factor.bias.isEmpty ? nil : self.gram(factor.bias, factor.layer.fanOut, left, right, from: (o * rows, q * rows), stride: 1)
                    each(left, right) { i, j, at in add(o, q, i, j, weight * Double(gram[at]) + bias * (biasGram.map { Double($0[at]) } ?? 0)) }
                }
            } else {
                let inputs = gram(factor.left, factor.features, left, right, from: (0, 0), stride: 1)
                let offset = factor.layer.bias == nil ? 0 : bias
                for (o, q) in pairs {
                    let deltas = gram(factor.right, factor.layer.fanOut, left, right, from: (o * rows, q * rows), stride: 1)
                    each(left, right) { i, j, at in add(o, q, i, j, (weight * Double(inputs[at]) + offset) * Double(deltas[at])) }
                }
            }
        }
    }

    private func each(_ left: Range<Int>, _ right: Range<Int>, _ body: (Int, Int, Int) -> Void) {
        for i in 0..<left.count {
            for j in 0..<right.count { body(i, j, i * right.count + j) }
        }
    }

    /// Products of row `from.0 + stride · i` with row `from.1 + stride · j` of a matrix, for i in left and j in right.
    private func gram(
        _ matrix: [Scalar], _ columns: Int, _ left: Range<Int>, _ right: Range<Int>, from: (Int, Int), stride: Int
    ) -> [Scalar] {
        [Scalar](unsafeUninitializedCapacity: left.count * right.count) { target, count in
            count = left.count * right.count
            matrix.withUnsafeBufferPointer { matrix in
                // Neither is empty: a kernel has rows, and a layer has inputs.
                guard let base = matrix.baseAddress, let out = target.baseAddress else { return }
                Scalar.multiply(
                    base + (from.0 + stride * left.lowerBound) * columns, transposed: base + (from.1 + stride * right.lowerBound) * columns,
                    into: out, m: left.count, n: right.count, k: columns,
                    strides: (stride * columns, stride * columns, right.count))
            }
        }
    }
}

extension NetworkTape {
    /// Writes ∂ output/∂W (before the weight's scale) of every row into rows (row, output) of a layer's Jacobian, and ∂ output/∂b.
    fileprivate func fillJacobian(
        _ layer: AffineLayer, _ source: UnsafePointer<Scalar>, _ delta: UnsafePointer<Scalar>, output: Int, of outputs: Int,
        into jacobian: inout [Scalar], bias: inout [Scalar]
    ) {
        let count = count
        let positions = layer.positions
        jacobian.withUnsafeMutableBufferPointer { jacobian in
            guard let jacobian = jacobian.baseAddress else { return }
            eachBlock(of: layer, source) { patches, rows, first in
                for example in 0..<rows / positions {
                    let row = first / positions + example
                    Scalar.product(
                        patches + example * positions * layer.fanIn, transposed: true, delta + row * positions * layer.fanOut,
                        transposed: false, into: jacobian + (row * outputs + output) * layer.weight.count, m: layer.fanIn,
                        n: layer.fanOut, k: positions, alpha: 1, beta: 0)
                }
            }
        }
        guard layer.bias != nil else { return }
        bias.withUnsafeMutableBufferPointer { bias in
            guard let bias = bias.baseAddress else { return }
            for row in 0..<count {
                Scalar.columnSums(
                    delta + row * positions * layer.fanOut, rows: positions, columns: layer.fanOut, scale: 1, adds: false,
                    into: bias + (output * count + row) * layer.fanOut)
            }
        }
    }
}
