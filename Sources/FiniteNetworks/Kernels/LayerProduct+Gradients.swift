extension LayerProduct {
    /// Numbers of the slices of gradients that are held at a time: 64 MB in float64.
    static var gradientElements: Int { 1 << 23 }

    /// The layer's contribution as the Gram matrix of ∂ output/∂(W, b), for a slice of output channels after another.
    func addGradients(to planes: KernelPlanes<Scalar>, _ work: KernelWork) throws(CancellationError) {
        let lanes = mode == .full ? left.held.count : 1
        let rows = leftRows.count + (isSymmetric ? 0 : rightRows.count)
        let slice = min(layer.fanOut, max(1, Self.gradientElements / max(1, lanes * rows * (layer.fanIn + 1))))
        let ours = ScalarMemory<Scalar>(lanes * leftRows.count * (layer.fanIn + 1) * slice)
        let theirs = isSymmetric ? ours : ScalarMemory<Scalar>(lanes * rightRows.count * (layer.fanIn + 1) * slice)
        for channel in stride(from: 0, to: layer.fanOut, by: slice) {
            let channels = channel..<min(channel + slice, layer.fanOut)
            for outputs in mode == .full ? [Array(left.held)] : left.held.map({ [$0] }) {
                for (lane, output) in outputs.enumerated() {
                    let size = (layer.fanIn + 1) * channels.count
                    try fill(left, leftRows, output, channels, into: ours, at: lane * leftRows.count * size, work)
                    guard !isSymmetric else { continue }
                    try fill(right, rightRows, output, channels, into: theirs, at: lane * rightRows.count * size, work)
                }
                try multiply(ours, theirs, outputs, channels, to: planes, work)
            }
        }
    }

    private final class GradientScratch {
        let patches, deltas: ScalarMemory<Scalar>

        init(_ layer: AffineLayer, channels: Int) {
            patches = ScalarMemory(layer.window == nil ? 0 : layer.positions * layer.fanIn)
            deltas = ScalarMemory(layer.positions * channels)
        }
    }

    /// Writes a · ∂ output/∂W and s · ∂ output/∂b of every row, [rows, fanIn + 1, channels]; a bias is one more input.
    private func fill(
        _ factors: KernelFactors<Scalar>, _ rows: Range<Int>, _ output: Int, _ channels: Range<Int>,
        into target: ScalarMemory<Scalar>, at start: Int, _ work: KernelWork
    ) throws(CancellationError) {
        let (p, size) = (layer.positions, (layer.fanIn + 1) * channels.count)
        try work.run(rows.count) { GradientScratch(layer, channels: channels.count) } _: { scratch, index in
            let row = rows.lowerBound + index
            let patches = Self.patches(factors, number, row..<row + 1, scratch: scratch.patches.start)
            Loops.takeColumns(
                Self.delta(factors, number, output: output, row: row) + channels.lowerBound, stride: layer.fanOut,
                columns: channels.count, into: scratch.deltas.start, adds: false, rows: p)
            let gradient = target.start + start + index * size
            Scalar.product(
                patches, transposed: true, scratch.deltas.start, transposed: false, into: gradient, m: layer.fanIn, n: channels.count, k: p,
                alpha: Scalar(layer.weightScale), beta: 0)
            Scalar.columnSums(
                scratch.deltas.start, rows: p, columns: channels.count, scale: Scalar(layer.bias == nil ? 0 : layer.biasScale), adds: false,
                into: gradient + layer.fanIn * channels.count)
        }
    }

    private func multiply(
        _ ours: ScalarMemory<Scalar>, _ theirs: ScalarMemory<Scalar>, _ outputs: [Int], _ channels: Range<Int>,
        to planes: KernelPlanes<Scalar>, _ work: KernelWork
    ) throws(CancellationError) {
        let size = (layer.fanIn + 1) * channels.count
        let strips = strips(of: 64)
        let lanes = Dictionary(uniqueKeysWithValues: outputs.enumerated().map { ($1, $0) })
        try work.run(strips.count) { ScalarMemory<Scalar>(64 * rightRows.count) } _: { scratch, index in
            let strip = strips[index]
            let first = isSymmetric ? strip.lowerBound : 0
            let columns = rightRows.count - first
            for (plane, pairs) in terms {
                for pair in pairs {
                    guard let mine = lanes[pair.left], let other = lanes[pair.right] else { continue }
                    Scalar.product(
                        ours.start + (mine * leftRows.count + strip.lowerBound) * size, transposed: false,
                        theirs.start + (other * rightRows.count + first) * size, transposed: true, into: scratch.start, m: strip.count,
                        n: columns, k: size, alpha: Scalar(share), beta: 0)
                    for row in 0..<strip.count {
                        Loops.add(
                            scratch.start + row * columns, into: planes.row(strip.lowerBound + row, of: plane) + first, count: columns)
                    }
                }
            }
        }
    }
}
