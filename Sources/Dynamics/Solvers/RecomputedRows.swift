import InfiniteNetworks
import LinearAlgebra

extension KernelRows {
    /// The kernel of an infinitely wide network on the rows of `x`, computed anew whenever it is read: memory for the inputs
    /// alone.
    /// - Throws: `KernelError` for inputs that have no kernel.
    public init(
        of network: InfiniteNetwork, kind: KernelKind, _ x: DenseMatrix, threads: Int, isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws(KernelError) {
        let diagonal = try InfiniteKernelBlocks.diagonals(of: network, [kind], x, threads: threads)
        self.init(count: x.rows, diagonal: diagonal[kind] ?? []) { rows, columns, target throws(DynamicsError) in
            func slice(_ range: Range<Int>) -> MatrixView<Double> {
                MatrixView(UnsafePointer(x.row(range.lowerBound)), rows: range.count, columns: x.columns)
            }
            let arrays = KernelArrays(kernel: target)
            do throws(KernelError) {
                try network.compute(
                    x1: slice(rows), x2: slice(columns),
                    into: kind == .nngp ? KernelDestinations(nngp: arrays) : KernelDestinations(ntk: arrays), threads: threads,
                    isCancelled: isCancelled)
            } catch .cancelled { throw .cancelled } catch { throw .notFinite("\(error)") }
        }
    }
}
