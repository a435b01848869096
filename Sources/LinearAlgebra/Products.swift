import COpenBLAS

extension DenseMatrix {
    /// Which operand of a product stands transposed.
    public enum Transposition: Sendable { case neither, first, second }

    /// C = α op(A) op(B) + β C (BLAS `dgemm`; 2mnk operations), where C is this matrix.
    ///
    /// - Parameter threads: all of them go to this product; nil when the caller holds BLAS already or is parallel itself.
    /// - Precondition: the shapes fit, and each side is within BLAS's 32-bit indices (``requireIndexRange(_:)``).
    public func setProduct(
        _ a: DenseMatrix, _ b: DenseMatrix, transposing: Transposition = .neither, scale alpha: Double = 1,
        adding beta: Double = 0, threads: Int?
    ) {
        let (m, k) = transposing == .first ? (a.columns, a.rows) : (a.rows, a.columns)
        let (k2, n) = transposing == .second ? (b.columns, b.rows) : (b.rows, b.columns)
        precondition(k == k2 && m == rows && n == columns, "the shapes of a product do not fit")
        guard m > 0, n > 0 else { return }
        let multiply = {
            cblas_dgemm(
                CblasRowMajor, transposing == .first ? CblasTrans : CblasNoTrans, transposing == .second ? CblasTrans : CblasNoTrans,
                blasint(m), blasint(n), blasint(k), alpha, a.base, blasint(max(1, a.columns)), b.base, blasint(max(1, b.columns)), beta,
                self.base, blasint(n))
        }
        if let threads { BLASThreads.with(threads, multiply) } else { multiply() }
    }

    /// op(A) op(B), in a matrix of its own.
    public static func product(
        _ a: DenseMatrix, _ b: DenseMatrix, transposing: Transposition = .neither, threads: Int?
    ) -> DenseMatrix {
        let result = DenseMatrix(
            rows: transposing == .first ? a.columns : a.rows, columns: transposing == .second ? b.rows : b.columns)
        result.setProduct(a, b, transposing: transposing, threads: threads)
        return result
    }

    /// C = α A Aᵀ + β C in both triangles (BLAS `dsyrk`: n²k operations, half of the general product), symmetric bit for bit,
    /// where C is this matrix.
    public func setGram(_ a: DenseMatrix, scale alpha: Double = 1, adding beta: Double = 0, threads: Int) {
        precondition(rows == columns && a.rows == rows, "the shapes of a Gram matrix do not fit")
        guard rows > 0 else { return }
        BLASThreads.with(threads) {
            cblas_dsyrk(
                CblasRowMajor, CblasLower, CblasNoTrans, blasint(rows), blasint(a.columns), alpha, a.base,
                blasint(max(1, a.columns)), beta, base, blasint(rows))
        }
        copyLowerTriangle()
    }

    /// Makes the upper triangle what the lower is.
    public func copyLowerTriangle() {
        precondition(rows == columns, "triangles belong to a square matrix")
        for i in 0..<rows {
            for j in 0..<i { base[j * columns + i] = base[i * columns + j] }
        }
    }
}

/// BLAS and LAPACK of this build count in 32 bits; memory is addressed in 64, so that only the sides are bounded.
/// - Throws: ``FactorisationError/tooLarge(rows:)``.
public func requireIndexRange(_ sides: Int...) throws(FactorisationError) {
    for side in sides where side > Int(Int32.max) { throw .tooLarge(rows: side) }
}
