import LinearAlgebra

/// (K + s I) X = B by preconditioned conjugate gradients, for kernels too large to factor: memory for a few vectors per column,
/// the preconditioner, and one strip of the kernel at a time (Hestenes and Stiefel 1952; preconditioned as in Saad, "Iterative
/// Methods for Sparse Linear Systems", algorithm 9.1). All columns share each pass over the kernel.
public struct ConjugateGradients {
    /// Of the residual of each column, relative to its right-hand side.
    public var tolerance: Double
    public var iterationLimit = 1000
    /// Rows of the kernel in the preconditioner.
    public var rank = 200
    /// Rows of the kernel in memory at a time.
    public var strip = 256

    public init(tolerance: Double = 1e-6) { self.tolerance = tolerance }

    public struct Solution {
        /// [n, k].
        public var values: DenseMatrix
        public var iterations: Int
        /// The largest of the columns' ‖b − (K + s I) x‖ / ‖b‖.
        public var residual: Double
    }

    /// - Parameter right: B [n, k].
    /// - Throws: `noConvergence` beyond the limit, and of a kernel that is zero; `notFinite`; `cancelled`; what reading the kernel throws.
    public func solve(
        _ kernel: KernelRows, ridge: Double, _ right: DenseMatrix, threads: Int, progress: (Int, Double) -> Void = { _, _ in },
        isCancelled: CancellationCheck = { false }
    ) throws(DynamicsError) -> Solution {
        let preconditioner = try PartialCholesky(kernel, ridge: ridge, rank: rank, threads: threads, isCancelled: isCancelled)
        guard preconditioner.shift > 0 else { throw .noConvergence(iterations: 0, residual: 1, tolerance: tolerance) }
        let norms = dots(right, right).map { $0.squareRoot() }
        let x = DenseMatrix(rows: right.rows, columns: right.columns)
        let r = right.copy()
        var z = preconditioner.solve(r)
        let p = z.copy()
        var rz = dots(r, z)
        var iteration = 0
        while true {
            let residual = relative(r, norms)
            guard residual.isFinite else { throw .notFinite("the conjugate gradients left the range of float64; scale the kernel or the targets") }
            progress(iteration, residual)
            if residual <= tolerance { return Solution(values: x, iterations: iteration, residual: residual) }
            guard iteration < iterationLimit else {
                throw .noConvergence(iterations: iteration, residual: residual, tolerance: tolerance)
            }
            let q = try product(kernel, ridge: ridge, p, threads: threads, isCancelled: isCancelled)
            let pq = dots(p, q)
            // A column that is solved has no direction left.
            let alpha = zip(rz, pq).map { $1 > 0 ? $0 / $1 : 0 }
            add(alpha, p, to: x)
            add(alpha.map(-), q, to: r)
            z = preconditioner.solve(r)
            let next = dots(r, z)
            let beta = zip(next, rz).map { $1 > 0 ? $0 / $1 : 0 }
            for i in 0..<p.rows { for j in 0..<p.columns { p[i, j] = z[i, j] + beta[j] * p[i, j] } }
            rz = next
            iteration += 1
        }
    }

    /// (K + s I) x of columns x [n, k]: each element left of the diagonal is read once and used twice.
    public func product(
        _ kernel: KernelRows, ridge: Double, _ x: DenseMatrix, threads: Int, isCancelled: CancellationCheck = { false }
    ) throws(DynamicsError) -> DenseMatrix {
        let (n, k) = (kernel.count, x.columns)
        let result = x.copy()
        for i in 0..<result.count { result.base[i] *= ridge }
        for start in stride(from: 0, to: n, by: strip) {
            if isCancelled() { throw .cancelled }
            let rows = start..<min(n, start + strip)
            let tile = DenseMatrix(rows: rows.count, columns: rows.upperBound)
            try kernel.read(rows, 0..<rows.upperBound, tile.base)
            let left = DenseMatrix(MatrixView(UnsafePointer(x.base), rows: rows.upperBound, columns: k))
            let own = DenseMatrix(MatrixView(UnsafePointer(x.row(start)), rows: rows.count, columns: k))
            let down = DenseMatrix.product(tile, left, threads: threads)
            for i in 0..<down.count { result.base[start * k + i] += down.base[i] }
            guard start > 0 else { continue }
            let up = DenseMatrix.product(tile, own, transposing: .first, threads: threads)
            for i in 0..<start * k { result.base[i] += up.base[i] }
        }
        return result
    }

    private func relative(_ r: DenseMatrix, _ norms: [Double]) -> Double {
        let relatives = zip(dots(r, r), norms).map { $1 > 0 ? $0.squareRoot() / $1 : 0 }
        // A maximum would pass over what is not a number.
        return relatives.allSatisfy(\.isFinite) ? relatives.reduce(0, max) : .infinity
    }

    /// Of each column with its like.
    private func dots(_ a: DenseMatrix, _ b: DenseMatrix) -> [Double] {
        var result = [Double](repeating: 0, count: a.columns)
        for i in 0..<a.rows { for j in 0..<a.columns { result[j] += a[i, j] * b[i, j] } }
        return result
    }

    private func add(_ scale: [Double], _ a: DenseMatrix, to b: DenseMatrix) {
        for i in 0..<a.rows { for j in 0..<a.columns { b[i, j] += scale[j] * a[i, j] } }
    }
}
