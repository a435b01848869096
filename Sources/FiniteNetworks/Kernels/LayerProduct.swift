/// What one layer contributes to the kernel between rows of two sets of factors.
///
/// Of a layer over positions the double sum is taken in the cheaper of two orders: pairs of positions, whose Gram matrices of
/// patches and of derivatives are multiplied and summed, or the derivatives of the layer's weight, made for a few output
/// channels at a time.
struct LayerProduct<Scalar: NetworkScalar>: Sendable {
    let left: KernelFactors<Scalar>
    let right: KernelFactors<Scalar>
    let leftRows: Range<Int>
    let rightRows: Range<Int>
    let number: Int
    let mode: KernelOutputs
    let layer: AffineLayer
    /// Whether the two are the same rows: then only what lies right of the diagonal's block is written.
    let isSymmetric: Bool

    init(
        _ left: KernelFactors<Scalar>, _ leftRows: Range<Int>, _ right: KernelFactors<Scalar>, _ rightRows: Range<Int>, layer number: Int,
        _ mode: KernelOutputs, isSymmetric: Bool = false
    ) {
        (self.left, self.right, self.leftRows, self.rightRows) = (left, right, leftRows, rightRows)
        (self.number, self.mode, self.isSymmetric) = (number, mode, isSymmetric)
        layer = left.factors[number].layer
    }

    var terms: [(plane: Int, pairs: [(left: Int, right: Int)])] { mode.terms(of: left.held, outputs: left.network.outputCount) }
    /// The mean over outputs takes this share of each.
    var share: Double { mode == .mean ? 1 / Double(left.network.outputCount) : 1 }

    /// Adds the contribution to planes whose corner is the pair of the first rows.
    ///
    /// - Throws: `CancellationError`.
    func add(to planes: KernelPlanes<Scalar>, work: KernelWork) throws(CancellationError) {
        if prefersPairs { try addPairs(to: planes, work) } else { try addGradients(to: planes, work) }
    }

    /// Operations of either order, for a pair of rows.
    var prefersPairs: Bool {
        let (p, fanIn, fanOut) = (Double(layer.positions), Double(layer.fanIn), Double(layer.fanOut))
        let pairs = Double(terms.reduce(0) { $0 + $1.pairs.count })
        // Multiplying and summing the Gram matrices is bound by memory and costs about as much as 16 more channels.
        let byPairs = p * p * (fanIn + pairs * (fanOut + 16))
        let byGradients = fanIn * fanOut * (pairs + p * Double(left.held.count) * (1 / Double(leftRows.count) + 1 / Double(rightRows.count)))
        return byPairs <= byGradients
    }

    /// Rows of the left set by the piece of work that they make: few enough for several threads, many enough for BLAS.
    func strips(of height: Int) -> [Range<Int>] {
        stride(from: 0, to: leftRows.count, by: height).map { $0..<min($0 + height, leftRows.count) }
    }

    static func delta(_ factors: KernelFactors<Scalar>, _ number: Int, output: Int, row: Int) -> UnsafePointer<Scalar> {
        let factor = factors.factors[number]
        let size = factor.layer.positions * factor.layer.fanOut
        return UnsafePointer(factor.deltas.start) + ((output - factors.held.lowerBound) * factors.rows + row) * size
    }

    /// The patches of rows [rows, positions, fanIn]: what the layer read, or gathered in `scratch`.
    static func patches(
        _ factors: KernelFactors<Scalar>, _ number: Int, _ rows: Range<Int>, scratch: UnsafeMutablePointer<Scalar>
    ) -> UnsafePointer<Scalar> {
        let factor = factors.factors[number]
        let source = UnsafePointer(factor.inputs.start) + rows.lowerBound * factor.elements
        guard let window = factor.layer.window else { return source }
        Loops.gather(source, window, channels: factor.layer.input.channels ?? 0, count: rows.count, into: scratch)
        return UnsafePointer(scratch)
    }
}

extension LayerProduct {
    /// Positions of one side of a block of pairs.
    private static var blockPositions: Int { 1024 }

    private final class PairScratch {
        let leftPatches, rightPatches, inputs, deltas, sums: ScalarMemory<Scalar>

        init(_ product: LayerProduct, height: Int, width: Int) {
            let (p, gathers) = (product.layer.positions, product.layer.window != nil)
            leftPatches = ScalarMemory(gathers ? height * p * product.layer.fanIn : 0)
            rightPatches = ScalarMemory(gathers ? width * p * product.layer.fanIn : 0)
            inputs = ScalarMemory(height * p * width * p)
            deltas = ScalarMemory(height * p * width * p)
            sums = ScalarMemory(width * p)
        }
    }

    fileprivate func addPairs(to planes: KernelPlanes<Scalar>, _ work: KernelWork) throws(CancellationError) {
        let p = layer.positions
        let most = leftRows.count <= 256 ? 32 : 128
        let height = min(leftRows.count, max(1, min(most, Self.blockPositions / p)))
        let width = p == 1 ? rightRows.count : min(rightRows.count, max(1, Self.blockPositions / p))
        let strips = strips(of: height)
        try work.run(strips.count) { PairScratch(self, height: height, width: width) } _: { scratch, number in
            let strip = strips[number]
            let rows = leftRows.lowerBound + strip.lowerBound..<leftRows.lowerBound + strip.upperBound
            let patches = Self.patches(left, self.number, rows, scratch: scratch.leftPatches.start)
            for first in stride(from: isSymmetric ? strip.lowerBound : 0, to: rightRows.count, by: width) {
                let block = first..<min(first + width, rightRows.count)
                addBlock(rows, patches, block, to: planes.part(row: strip.lowerBound, column: first), scratch)
            }
        }
    }

    private func addBlock(
        _ rows: Range<Int>, _ patches: UnsafePointer<Scalar>, _ block: Range<Int>, to planes: KernelPlanes<Scalar>, _ scratch: PairScratch
    ) {
        let (p, first) = (layer.positions, rightRows.lowerBound + block.lowerBound)
        let (m, n) = (rows.count * p, block.count * p)
        let columns = Self.patches(right, number, first..<first + block.count, scratch: scratch.rightPatches.start)
        let inputs = scratch.inputs.start
        Scalar.product(
            patches, transposed: false, columns, transposed: true, into: inputs, m: m, n: n, k: layer.fanIn,
            alpha: Scalar(layer.weightScale * layer.weightScale * share), beta: 0)
        if layer.bias != nil { Loops.shift(inputs, by: Scalar(layer.biasScale * layer.biasScale * share), count: m * n) }
        for (plane, pairs) in terms {
            for (place, pair) in pairs.enumerated() {
                Scalar.product(
                    Self.delta(left, number, output: pair.left, row: rows.lowerBound), transposed: false,
                    Self.delta(right, number, output: pair.right, row: first), transposed: true, into: scratch.deltas.start, m: m, n: n,
                    k: layer.fanOut, alpha: 1, beta: place == 0 ? 0 : 1)
            }
            for row in 0..<rows.count {
                let target = planes.row(row, of: plane)
                let at = row * p * n
                guard p > 1 else {
                    Scalar.multiply(inputs + at, scratch.deltas.start + at, into: target, adds: true, count: n)
                    continue
                }
                Scalar.multiply(inputs + at, scratch.deltas.start + at, into: scratch.deltas.start + at, adds: false, count: p * n)
                Scalar.columnSums(scratch.deltas.start + at, rows: p, columns: n, scale: 1, adds: false, into: scratch.sums.start)
                Loops.addGroupSums(scratch.sums.start, of: p, count: block.count, to: target)
            }
        }
    }
}

extension Loops {
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    static func shift<Scalar: NetworkScalar>(_ values: UnsafeMutablePointer<Scalar>, by offset: Scalar, count: Int) {
        for i in 0..<count { values[i] += offset }
    }

    /// target[i] += the sum of group i of `size` values.
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    static func addGroupSums<Scalar: NetworkScalar>(
        _ values: UnsafePointer<Scalar>, of size: Int, count: Int, to target: UnsafeMutablePointer<Scalar>
    ) {
        for i in 0..<count {
            var sum = Scalar.zero
            for j in i * size..<(i + 1) * size { sum += values[j] }
            target[i] += sum
        }
    }
}
