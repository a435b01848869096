import LinearAlgebra

/// A Nyström approximation K ≈ F Fᵀ of rank r from r rows of the kernel, each the one that the rows before explain least
/// (Cholesky with pivots, stopped early; Harbrecht, Peters and Schneider 2012), and (F Fᵀ + σ I)⁻¹ for a preconditioner.
struct PartialCholesky {
    /// Fᵀ [r, n].
    let factor: DenseMatrix
    /// Of the kernel, where nothing but rounding was left before the rows ran out.
    let kernelRank: Int?
    private let core: Cholesky
    /// Zero only of a kernel without trace that no ridge is added to.
    let shift: Double
    private let threads: Int

    /// Diagonal elements up to this share of the trace are what rounding left of zero.
    private static let rounding = 1e-14

    /// O(r² n) operations, and r rows of the kernel.
    init(
        _ kernel: KernelRows, ridge: Double, rank: Int, threads: Int, isCancelled: CancellationCheck
    ) throws(DynamicsError) {
        let n = kernel.count
        var (left, rows): ([Double], [[Double]]) = (kernel.diagonal, [])
        let trace = left.reduce(0, +)
        while rows.count < min(rank, n) {
            if isCancelled() { throw .cancelled }
            let pivot = left.indices.reduce(0) { left[$1] > left[$0] ? $1 : $0 }
            guard left[pivot] > trace * Self.rounding else { break }
            var row = [Double](repeating: 0, count: n)
            try row.withUnsafeMutableBufferPointer { buffer throws(DynamicsError) in
                if let base = buffer.baseAddress { try kernel.read(pivot..<pivot + 1, 0..<n, base) }
            }
            for earlier in rows {
                let weight = earlier[pivot]
                for i in 0..<n { row[i] -= weight * earlier[i] }
            }
            let root = left[pivot].squareRoot()
            for i in 0..<n {
                row[i] /= root
                left[i] = max(0, left[i] - row[i] * row[i])
            }
            left[pivot] = 0
            rows.append(row)
        }
        kernelRank = rows.count == n || left.allSatisfy { $0 <= trace * Self.rounding } ? rows.count : nil
        factor = DenseMatrix(rows: rows.count, columns: n, values: rows.flatMap { $0 })
        // The mean of what the rows leave unexplained stands for it.
        shift = max(ridge + left.reduce(0, +) / Double(max(1, n)), trace / Double(max(1, n)) * Self.rounding)
        self.threads = threads
        let gram = DenseMatrix(rows: rows.count, columns: rows.count)
        gram.setGram(factor, threads: threads)
        let ridge = shift
        core = try DynamicsError.rethrowing { () throws(FactorisationError) in
            try Cholesky(overwriting: gram, ridge: ridge, threads: threads)
        }
    }

    /// (F Fᵀ + σ I)⁻¹ x of columns x [n, k], by Woodbury's identity; 4 n r k operations.
    func solve(_ x: DenseMatrix) -> DenseMatrix {
        let inner = DenseMatrix.product(factor, x, threads: threads).transposed()
        core.solve(rows: inner)
        let result = x.copy()
        result.setProduct(factor, inner.transposed(), transposing: .first, scale: -1, adding: 1, threads: threads)
        for i in 0..<result.count { result.base[i] /= shift }
        return result
    }

    /// F Fᵀ x of rows x [k, n].
    func product(rows x: DenseMatrix) -> DenseMatrix {
        DenseMatrix.product(DenseMatrix.product(x, factor, transposing: .second, threads: threads), factor, threads: threads)
    }
}
