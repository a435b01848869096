/// What the empirical neural tangent kernel of some rows is made of: for every trainable layer what it read and, for each
/// output, the derivatives of that output with respect to what it wrote.
///
/// A layer z_p = a x_p W + s b at positions p contributes Θ[(i, o), (j, q)] = Σ_{p, p'} (a² x_ip·x_jp' + s²) (δ_iop·δ_jqp'): Gram
/// matrices and Hadamard products, never the network's Jacobian (arXiv 2206.08720, structured derivatives).
struct KernelFactors<Scalar: NetworkScalar>: Sendable {
    struct Factor: Sendable {
        let index: Int
        let layer: AffineLayer
        /// [rows, elements] of the value that the layer read: positions and channels.
        let inputs: ScalarMemory<Scalar>
        let elements: Int
        /// [lanes, rows, positions, fanOut]
        let deltas: ScalarMemory<Scalar>
    }

    let network: FiniteNetwork
    let rows: Int
    /// The outputs whose derivatives are held, one lane each.
    let held: Range<Int>
    let factors: [Factor]

    init(_ network: FiniteNetwork, rows: Int, outputs: Range<Int>) {
        (self.network, self.rows, held) = (network, rows, outputs)
        var factors: [Factor] = []
        for node in network.nodes {
            guard case .affine(let index) = node.operation, network.layers[index].isTrainable else { continue }
            let (layer, elements) = (network.layers[index], network.values[node.inputs[0]].elements)
            factors.append(
                Factor(
                    index: index, layer: layer, inputs: ScalarMemory(rows * elements), elements: elements,
                    deltas: ScalarMemory(outputs.count * rows * layer.positions * layer.fanOut)))
        }
        self.factors = factors
    }

    /// Reads the last forward pass of a tape with all its outputs. Values stay, deltas are overwritten.
    init(_ tape: NetworkTape<Scalar>, _ parameters: UnsafePointer<Scalar>) {
        self.init(tape.network, rows: tape.count, outputs: 0..<tape.network.outputCount)
        fill(tape, parameters, at: 0)
    }

    /// Takes the rows of a tape's last forward pass as rows from `first` on, by a backward pass for every ``NetworkTape/lanes``
    /// outputs. Different rows may be filled by different threads.
    func fill(_ tape: NetworkTape<Scalar>, _ parameters: UnsafePointer<Scalar>, at first: Int) {
        let (count, outputs) = (tape.count, network.outputCount)
        for factor in factors {
            Loops.copy(
                tape.input(ofLayer: factor.index), into: factor.inputs.start + first * factor.elements, count: count * factor.elements)
        }
        let numbers = Dictionary(uniqueKeysWithValues: factors.enumerated().map { ($1.index, $0) })
        for start in stride(from: held.lowerBound, to: held.upperBound, by: tape.lanes) {
            let lanes = min(tape.lanes, held.upperBound - start)
            var seeds = [Scalar](repeating: 0, count: lanes * count * outputs)
            for lane in 0..<lanes {
                for row in 0..<count { seeds[(lane * count + row) * outputs + start + lane] = 1 }
            }
            tape.backward(parameters, outputDeltas: seeds, lanes: lanes) { index, delta in
                guard let number = numbers[index] else { return }
                let factor = factors[number]
                let size = factor.layer.positions * factor.layer.fanOut
                for lane in 0..<lanes {
                    let target = ((start + lane - held.lowerBound) * rows + first) * size
                    Loops.copy(delta + lane * count * size, into: factor.deltas.start + target, count: count * size)
                }
            }
        }
    }

    /// Θ of two ranges of the rows, [left · outputs, right · outputs] with the output running fastest.
    func full(_ left: Range<Int>, _ right: Range<Int>) -> [Double] {
        let (k, planes) = (held.count, planes(left, right, .full))
        var kernel = [Double](repeating: 0, count: planes.count)
        for (at, value) in planes.enumerated() {
            let (plane, i, j) = (at / (left.count * right.count), at / right.count % left.count, at % right.count)
            kernel[(i * k + plane / k) * right.count * k + j * k + plane % k] = Double(value)
        }
        return kernel
    }

    /// The mean over outputs of Θ's diagonal blocks, [left, right].
    func mean(_ left: Range<Int>, _ right: Range<Int>) -> [Double] { planes(left, right, .mean).map(Double.init) }

    private func planes(_ left: Range<Int>, _ right: Range<Int>, _ mode: KernelOutputs) -> [Scalar] {
        var planes = [Scalar](repeating: 0, count: mode.planes(of: held.count) * left.count * right.count)
        planes.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            let target = KernelPlanes(start: base, rows: left.count, columns: right.count)
            for number in factors.indices {
                let product = LayerProduct(self, left, self, right, layer: number, mode)
                // Work that cannot be cancelled does not throw.
                try? product.add(to: target, work: .alone)
            }
        }
        return planes
    }
}

/// Matrices [rows, columns], one after another, that products are added to.
///
/// The memory is the caller's. Unchecked: threads write different rows of it.
struct KernelPlanes<Scalar: NetworkScalar>: @unchecked Sendable {
    /// The corner of the part that is written.
    let start: UnsafeMutablePointer<Scalar>
    /// Elements from one plane to the next, and from one row to the next.
    let planeStride: Int
    let rowStride: Int

    init(start: UnsafeMutablePointer<Scalar>, rows: Int, columns: Int) {
        (self.start, planeStride, rowStride) = (start, rows * columns, columns)
    }

    private init(start: UnsafeMutablePointer<Scalar>, planeStride: Int, rowStride: Int) {
        (self.start, self.planeStride, self.rowStride) = (start, planeStride, rowStride)
    }

    /// The part that begins at a row and a column of each plane.
    func part(row: Int, column: Int) -> KernelPlanes {
        KernelPlanes(start: start + row * rowStride + column, planeStride: planeStride, rowStride: rowStride)
    }

    func row(_ row: Int, of plane: Int) -> UnsafeMutablePointer<Scalar> { start + plane * planeStride + row * rowStride }
}
