import Synchronization

// A tape whose inputs stay may pack them for the layers that read them, and share its passes among threads: each thread has a
// tape of its own for some of the examples, which lies in the whole's memory. Gradients, which sum over all examples, are shared
// out piece by piece once all deltas are there.
extension NetworkTape {
    /// Prepares for many passes over the loaded inputs, until others are loaded: packs them where that makes passes faster, and with
    /// several threads shares the passes out, with BLAS on one thread each.
    ///
    /// A pass comes to the same numbers every time; to the last bit they depend on the number of threads.
    func packInputs(threads: Int) {
        guard let shape = PackedShape(network, examples: count), threads == 1 || canShare(shape, threads) else { return }
        let x = value(0)
        packedShape = shape
        let deltas = PackedFactor<Scalar>(depth: shape.rows, widest: shape.widest)
        packedFeatures = PackedMatrix(x, rows: shape.features, stride: 1, depthStride: shape.features, factor: deltas)
        packedDeltas = layersOfInputs.first { network.layers[$0].isTrainable }.map { ($0, deltas) }
        let weights = PackedFactor<Scalar>(depth: shape.features, widest: shape.widest)
        guard threads > 1 else {
            packedRows = PackedMatrix(x, rows: shape.rows, stride: shape.features, depthStride: 1, factor: weights)
            return
        }
        let team = ThreadTeam(count: threads)
        self.team = team
        parts = (0..<threads).map { part in
            let examples = count * part / threads..<count * (part + 1) / threads
            let tape = NetworkTape(partOf: self, examples)
            let rows = shape.rows / count * examples.count
            tape.packedShape = shape.with(rows: rows)
            tape.packedRows = PackedMatrix(tape.value(0), rows: rows, stride: shape.features, depthStride: 1, factor: weights)
            tape.packedDeltas = packedDeltas
            tape.place = (team, part, shape.rows / count * examples.lowerBound)
            return (tape, examples.lowerBound)
        }
    }

    /// The layers that read the packed inputs.
    private var layersOfInputs: [Int] {
        network.nodes.compactMap { node in
            if case .affine(let index) = node.operation, reads(network.layers[index], value(node.inputs[0])) { index } else { nil }
        }
    }

    /// Whether passes are shared by threads of ours, so that BLAS is to have one.
    var isShared: Bool { !parts.isEmpty }

    /// Every thread needs examples enough, and gradients must come in pieces that are small beside that of the packed layers.
    private func canShare(_ shape: PackedShape, _ threads: Int) -> Bool {
        let packed = shape.features * shape.widest
        return count >= 64 * threads
            && network.layers.allSatisfy { $0.window == nil && (shape.serves($0, examples: count) || 2 * $0.weight.count <= packed) }
    }

    /// Has every part do the same at once; they write to memory of their own, and all have ended when the call returns.
    func eachPart(_ body: (_ part: NetworkTape, _ first: Int) -> Void) {
        guard let team else { return }
        withoutActuallyEscaping(body) { body in
            nonisolated(unsafe) let (parts, body) = (parts, body)
            team.run { body(parts[$0].tape, parts[$0].first) }
        }
    }

    /// Has the packed inputs' factor take a weight: each of those that share a pass takes some rows for all.
    func load(_ weight: UnsafePointer<Scalar>, columns: Int, into factor: PackedFactor<Scalar>) {
        guard let place else { return factor.load(weight, rows: 0..<factor.depth, columns: columns) }
        let (team, member) = (place.team, place.member)
        // Others may still be reading what was loaded before.
        team.meet(member)
        factor.load(
            weight, rows: factor.depth * member / team.count..<factor.depth * (member + 1) / team.count, columns: columns)
        team.meet(member)
    }

    /// Packs a part's deltas of one layer for its gradient, while they are in its core's caches.
    func packDeltas(_ delta: UnsafePointer<Scalar>, layer index: Int, rows: Int) {
        guard let place, let packedDeltas, index == packedDeltas.layer else { return }
        let columns = network.layers[index].fanOut
        // Where the rows of the whole begin, in whose memory the part lies.
        packedDeltas.factor.load(delta - place.firstRow * columns, rows: place.firstRow..<place.firstRow + rows, columns: columns)
    }

    /// Writes all gradients from the deltas of a backward pass, shared out in pieces; what a piece comes to does not depend on the
    /// thread that takes it.
    func shareGradients(into gradient: UnsafeMutablePointer<Scalar>) {
        var pieces: [() -> Void] = []
        var panels: [() -> Void] = []
        for node in network.nodes where dependsOnTrainable[node.output] {
            guard case .affine(let index) = node.operation, network.layers[index].isTrainable else { continue }
            let (layer, source) = (network.layers[index], value(node.inputs[0]))
            let (delta, weight) = (UnsafePointer(buffer(deltas[node.output])), gradient + network.layers[index].weight.lowerBound)
            // The parts have packed one layer's deltas; another that reads the inputs takes BLAS.
            if let packed = packedFeatures, index == packedDeltas?.layer {
                panels = (0..<packed.panelCount).map { panel in
                    {
                        packed.multiply(
                            panels: panel..<panel + 1, columns: layer.fanOut, scale: Scalar(layer.weightScale), into: weight)
                    }
                }
            } else {
                pieces.append { self.writeWeightGradient(layer, source, delta, into: weight) }
            }
            pieces.append { self.writeBiasGradient(layer, delta, gradient) }
        }
        // The small ones last, so that threads end together. Pieces read what no other writes, and write to places of their own.
        nonisolated(unsafe) let all = pieces + panels
        let next = Atomic<Int>(0)
        team?.run { _ in
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard index < all.count else { return }
                all[index]()
            }
        }
    }

    /// The packed inputs in the order of forward passes, if this is a layer that reads them.
    func packedRows(of layer: AffineLayer, _ source: UnsafePointer<Scalar>) -> PackedMatrix<Scalar>? {
        reads(layer, source) ? packedRows : nil
    }

    /// The same in the order of gradients.
    func packedFeatures(of layer: AffineLayer, _ source: UnsafePointer<Scalar>) -> PackedMatrix<Scalar>? {
        reads(layer, source) ? packedFeatures : nil
    }

    private func reads(_ layer: AffineLayer, _ source: UnsafePointer<Scalar>) -> Bool {
        guard let packedShape, source == value(0) else { return false }
        return packedShape.serves(layer, examples: count)
    }
}
