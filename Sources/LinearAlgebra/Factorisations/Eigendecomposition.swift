import COpenBLAS

/// K = Σ λ_j v_j v_jᵀ of a symmetric K [n, n] (LAPACK `dsyevd`; about 9n³ operations with the vectors).
public final class Eigendecomposition {
    /// Descending.
    public let values: [Double]
    /// Row j is the eigenvector of `values[j]`, of norm 1.
    public let vectors: DenseMatrix

    public var order: Int { values.count }

    /// The largest order whose workspace of 2n² + 6n + 1 doubles LAPACK can still index in 32 bits. Beyond it `dsyevd` is
    /// known to return zeros, so this type refuses.
    public static let largestOrder = 32_766

    /// Bytes LAPACK takes beside the matrix itself.
    public static func workspaceBytes(order n: Int) -> Int { (2 * n * n + 6 * n + 1) * 8 + (5 * n + 3) * 4 }

    /// Decomposes in place; `matrix` becomes ``vectors``. Only its lower triangle is read.
    /// - Parameter threads: all of them go to the one decomposition.
    /// - Throws: ``FactorisationError``.
    public init(overwriting matrix: DenseMatrix, threads: Int = 1) throws(FactorisationError) {
        precondition(matrix.rows == matrix.columns, "a decomposition wants a square matrix")
        let n = matrix.rows
        vectors = matrix
        guard n > 0 else {
            values = []
            return
        }
        guard n <= Self.largestOrder else { throw .tooLarge(rows: n) }
        if let place = matrix.firstNotFinite { throw .notFinite(row: place.row, column: place.column) }
        var ascending = [Double](repeating: 0, count: n)
        // Row-major lower is column-major upper, and LAPACK's columns of vectors are rows here: no transpose is made.
        let status = ascending.withUnsafeMutableBufferPointer { values in
            BLASThreads.with(threads) {
                LAPACKE_dsyevd(
                    LAPACK_COL_MAJOR, CChar(UInt8(ascii: "V")), CChar(UInt8(ascii: "U")), Int32(n), matrix.base, Int32(n), values.baseAddress)
            }
        }
        guard status == 0 else { throw .noConvergence(code: Int(status)) }
        values = ascending.reversed()
        for i in 0..<n / 2 {
            let (first, second) = (matrix.row(i), matrix.row(n - 1 - i))
            for j in 0..<n { swap(&first[j], &second[j]) }
        }
    }

    /// What rounding alone may make of an eigenvalue that is zero: n ε λ_max.
    public var rounding: Double { Double(order) * Double.ulpOfOne * max(0, values.first ?? 0) }

    /// How many eigenvalues stand above rounding.
    public var rank: Int { values.prefix { $0 > rounding }.count }
}
