import COpenBLAS
import Foundation

/// K + s I = L Lᵀ of a symmetric positive definite K [n, n] (LAPACK `dpotrf`; n³/3 operations).
///
/// The factor overwrites the matrix: L lies in what row-major order calls the upper triangle, as Lᵀ, with its diagonal. The
/// strict lower triangle still holds K, whose diagonal is kept aside, so that products with K and ``restored()`` need no copy.
///
/// Right-hand sides are the rows of a matrix [m, n], which is LAPACK's column-major [n, m]: predictors have the kernel of
/// test with training rows in this shape already.
public final class Cholesky {
    private let matrix: DenseMatrix
    /// The diagonal of K, without the ridge.
    public let kernelDiagonal: [Double]
    public let ridge: Double
    private let threads: Int

    public var order: Int { matrix.rows }

    /// Factors in place; `matrix` belongs to the factor from now on.
    /// - Parameter ridge: s, added to the diagonal.
    /// - Parameter threads: all of them go to each call of LAPACK.
    /// - Throws: ``FactorisationError``; after `notPositiveDefinite` the matrix is what it was.
    public init(overwriting matrix: DenseMatrix, ridge: Double = 0, threads: Int = 1) throws(FactorisationError) {
        precondition(matrix.rows == matrix.columns, "a factorisation wants a square matrix")
        try requireIndexRange(matrix.rows)
        if let place = matrix.firstNotFinite { throw .notFinite(row: place.row, column: place.column) }
        self.matrix = matrix
        self.ridge = ridge
        self.threads = threads
        kernelDiagonal = matrix.diagonal
        let n = blasint(matrix.rows)
        guard n > 0 else { return }
        for i in 0..<matrix.rows { matrix[i, i] += ridge }
        let status = BLASThreads.with(threads) { LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, Self.lower, n, matrix.base, n) }
        // A pivot that only rounding keeps above zero makes a factor whose solutions hold no correct digit.
        let rounding = Double(matrix.rows) * Double.ulpOfOne
        let weak = (0..<matrix.rows).first { matrix[$0, $0] * matrix[$0, $0] <= rounding * (kernelDiagonal[$0] + ridge) }
        if status != 0 || weak != nil {
            restore()
            throw .notPositiveDefinite(order: status > 0 ? Int(status) : (weak ?? 0) + 1)
        }
    }

    private static let lower = CChar(UInt8(ascii: "L"))

    /// ln det(K + s I).
    public var logDeterminant: Double { (0..<order).reduce(0) { $0 + 2 * log(matrix[$1, $1]) } }

    /// Rows b become (K + s I)⁻¹ b, in place; 2n²m operations for m rows (`dpotrs`).
    public func solve(rows: DenseMatrix) {
        precondition(rows.columns == order, "right-hand sides have one column per row of the factor")
        let (n, m) = (blasint(order), blasint(rows.rows))
        guard n > 0, m > 0 else { return }
        // For one right-hand side the blocks of `dpotrs` copy more than they save: the time is that of reading L twice.
        if m == 1 {
            BLASThreads.with(threads) {
                for transpose in [CblasNoTrans, CblasTrans] {
                    cblas_dtrsv(CblasColMajor, CblasLower, transpose, CblasNonUnit, n, matrix.base, n, rows.base, 1)
                }
            }
            return
        }
        _ = BLASThreads.with(threads) { LAPACKE_dpotrs_work(LAPACK_COL_MAJOR, Self.lower, n, m, matrix.base, n, rows.base, n) }
    }

    /// Rows b become L⁻¹ b, in place; n²m operations for m rows (`dtrsm`).
    public func solveLower(rows: DenseMatrix) {
        precondition(rows.columns == order, "right-hand sides have one column per row of the factor")
        let (n, m) = (blasint(order), blasint(rows.rows))
        guard n > 0, m > 0 else { return }
        BLASThreads.with(threads) {
            cblas_dtrsm(CblasColMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, n, m, 1, matrix.base, n, rows.base, n)
        }
    }

    /// The diagonal of (K + s I)⁻¹, in n³/3 operations and n² doubles for the inverse of L (`dtrtri`): entry i is the squared
    /// norm of column i of L⁻¹.
    public func inverseDiagonal() -> [Double] {
        let n = order
        guard n > 0 else { return [] }
        let inverse = matrix.copy()
        _ = BLASThreads.with(threads) {
            LAPACKE_dtrtri_work(
                LAPACK_COL_MAJOR, Self.lower, CChar(UInt8(ascii: "N")), blasint(n), inverse.base, blasint(n))
        }
        // Column i of L⁻¹ is row i of the memory, from the diagonal on.
        return (0..<n).map { i in
            let row = inverse.row(i)
            return (i..<n).reduce(0) { $0 + row[$1] * row[$1] }
        }
    }

    /// Rows x become rows of K x, without the ridge, from the triangle that the factor left alone (`dsymm`; 2n²m operations).
    public func kernelTimes(rows: DenseMatrix) -> DenseMatrix {
        precondition(rows.columns == order, "a product has one column per row of the kernel")
        let result = DenseMatrix(rows: rows.rows, columns: order)
        let (n, m) = (blasint(order), blasint(rows.rows))
        guard n > 0, m > 0 else { return result }
        BLASThreads.with(threads) {
            if m == 1 { return cblas_dsymv(CblasRowMajor, CblasLower, n, 1, matrix.base, n, rows.base, 1, 0, result.base, 1) }
            cblas_dsymm(CblasRowMajor, CblasRight, CblasLower, m, n, 1, matrix.base, n, rows.base, n, 0, result.base, n)
        }
        // BLAS read the factor's diagonal where K's belongs.
        for i in 0..<rows.rows {
            for j in 0..<order { result[i, j] += (kernelDiagonal[j] - matrix[j, j]) * rows[i, j] }
        }
        return result
    }

    /// K as it was, in the memory of the factor, which is not to be used afterwards.
    public consuming func restored() -> DenseMatrix {
        restore()
        return matrix
    }

    private func restore() {
        for i in 0..<order { matrix[i, i] = kernelDiagonal[i] }
        matrix.copyLowerTriangle()
    }
}
