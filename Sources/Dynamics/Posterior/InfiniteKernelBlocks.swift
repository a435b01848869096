import InfiniteNetworks
import LinearAlgebra

/// The kernels of an infinitely wide network that a prediction needs, computed here.
public struct InfiniteKernelBlocks {
    public var nngp: KernelBlocks?
    public var ntk: KernelBlocks?

    /// - Parameters:
    ///   - kinds: Which kernels to compute; one pass over the pairs serves both.
    ///   - test: The rows of test inputs; nil for none.
    ///   - covariance: Decides what is computed of test inputs with themselves.
    /// - Throws: `KernelError`.
    public init(
        of network: InfiniteNetwork, kinds: Set<KernelKind>, train: DenseMatrix, test: DenseMatrix?,
        covariance: PredictionProblem.Covariance, threads: Int, isCancelled: @Sendable () -> Bool = { false }
    ) throws(KernelError) {
        func blocks(_ x1: DenseMatrix, _ x2: DenseMatrix?) throws(KernelError) -> [KernelKind: DenseMatrix] {
            let results = Dictionary(
                uniqueKeysWithValues: kinds.map { ($0, DenseMatrix(rows: x1.rows, columns: (x2 ?? x1).rows)) })
            try network.compute(
                x1: x1.view, x2: x2?.view,
                into: KernelDestinations(
                    nngp: results[.nngp].map { KernelArrays(kernel: $0.base) }, ntk: results[.ntk].map { KernelArrays(kernel: $0.base) }),
                threads: threads, isCancelled: isCancelled)
            return results
        }
        let trainTrain = try blocks(train, nil)
        let testTrain = try test.map { x throws(KernelError) in try blocks(x, train) }
        var (testTest, diagonals): ([KernelKind: DenseMatrix], [KernelKind: [Double]]) = ([:], [:])
        if let test, covariance == .full { testTest = try blocks(test, nil) }
        if let test, covariance == .diagonal { diagonals = try Self.diagonals(of: network, kinds, test, threads: threads) }
        func kernel(_ kind: KernelKind) -> KernelBlocks? {
            trainTrain[kind].map {
                KernelBlocks(train: $0, testTrain: testTrain?[kind], testDiagonal: diagonals[kind], testTest: testTest[kind])
            }
        }
        (nngp, ntk) = (kernel(.nngp), kernel(.ntk))
    }

    /// The kernel of each row with itself [m].
    static func diagonals(
        of network: InfiniteNetwork, _ kinds: Set<KernelKind>, _ x: DenseMatrix, threads: Int
    ) throws(KernelError) -> [KernelKind: [Double]] {
        let results = Dictionary(uniqueKeysWithValues: kinds.map { ($0, DenseMatrix(rows: x.rows, columns: 1)) })
        // The diagonal comes before the tiles, so a single column is all that is computed beside it.
        let first = MatrixView(UnsafePointer(x.base), rows: min(1, x.rows), columns: x.columns)
        try network.compute(
            x1: x.view, x2: first,
            into: KernelDestinations(
                nngp: results[.nngp].map { KernelArrays(diagonal: $0.base) }, ntk: results[.ntk].map { KernelArrays(diagonal: $0.base) }),
            threads: threads)
        return results.mapValues(\.values)
    }
}
