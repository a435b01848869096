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
    /// Iterations without progress after which a singular kernel is given up.
    public var patience = 25

    /// - Parameter tolerance: Positive.
    public init(tolerance: Double = 1e-6) { self.tolerance = tolerance }

    /// X, and how well it solves the equations.
    public struct Solution {
        /// [n, k].
        public var values: DenseMatrix
        /// K X, without the ridge [n, k].
        public var fit: DenseMatrix
        public var iterations: Int
        /// The largest of the columns' ‖b − (K + s I) x‖ / ‖b‖, computed from X itself.
        public var residual: Double
    }

    /// - Parameters:
    ///   - name: Of the kernel, for what is thrown.
    ///   - right: B [n, k].
    /// - Throws: `notPositiveDefinite` where there is no progress and K + s I is zero to rounding in a direction that was tried;
    ///   `noConvergence` beyond the limit, or where rounding lets X come no closer; `notFinite`; `cancelled`; what reading the kernel throws.
    public func solve(
        _ kernel: KernelRows, name: String = "kernel", ridge: Double, _ right: DenseMatrix, threads: Int, progress: (Int, Double) -> Void = { _, _ in },
        isCancelled: CancellationCheck = { false }
    ) throws(DynamicsError) -> Solution {
        guard kernel.diagonal.allSatisfy(\.isFinite) else { throw .notFinite("the diagonal of the \(name) is not finite") }
        let preconditioner = try PartialCholesky(kernel, ridge: ridge, rank: rank, threads: threads, isCancelled: isCancelled)
        func singular(_ quotient: Double) throws(DynamicsError) -> DynamicsError {
            .notPositiveDefinite(
                try self.singular(kernel, name, ridge: ridge, preconditioner, quotient: quotient, threads: threads, isCancelled: isCancelled))
        }
        guard preconditioner.shift > 0 else { throw try singular(ridge + (kernel.diagonal.min() ?? 0)) }
        let rounding = try rounding(kernel, ridge: ridge, preconditioner)
        let norms = dots(right, right).map { $0.squareRoot() }
        let x = DenseMatrix(rows: right.rows, columns: right.columns)
        let r = right.copy()
        var z = preconditioner.solve(r)
        var p = z.copy()
        var rz = dots(r, z)
        var iteration = 0
        var best = (residual: Double.infinity, iteration: 0)
        var confirmed = Double.infinity
        // pᵀ(K + s I)p / pᵀp, which is never below the smallest eigenvalue; of solved columns it would be one of rounding errors.
        var leastQuotient = Double.infinity
        while true {
            let residuals = relative(r, norms)
            // A maximum would pass over what is not a number.
            let residual = residuals.allSatisfy(\.isFinite) ? residuals.reduce(0, max) : .infinity
            guard residual.isFinite else { throw .notFinite("the conjugate gradients left the range of float64; scale the kernel or the targets") }
            progress(iteration, residual)
            if residual <= tolerance {
                // The recursion knows nothing of its rounding errors: where X is large it goes on to shrink without X getting better.
                let fit = try product(kernel, ridge: 0, x, threads: threads, isCancelled: isCancelled)
                for i in 0..<r.count { r.base[i] = right.base[i] - fit.base[i] - ridge * x.base[i] }
                let actual = relative(r, norms).reduce(0, max)
                if actual <= tolerance { return Solution(values: x, fit: fit, iterations: iteration, residual: actual) }
                guard actual < confirmed / 2, iteration < iterationLimit else {
                    throw .noConvergence(iterations: iteration, residual: actual, tolerance: tolerance)
                }
                confirmed = actual
                best = (actual, iteration)
                z = preconditioner.solve(r)
                p = z.copy()
                rz = dots(r, z)
                continue
            }
            if residual < best.residual { best = (residual, iteration) }
            // A direction in which the matrix is zero to rounding hurts only targets that ask for it.
            guard leastQuotient > rounding || (leastQuotient > 0 && iteration - best.iteration < patience && iteration < iterationLimit) else {
                throw try singular(leastQuotient)
            }
            guard iteration < iterationLimit else {
                throw .noConvergence(iterations: iteration, residual: residual, tolerance: tolerance)
            }
            let q = try product(kernel, ridge: ridge, p, threads: threads, isCancelled: isCancelled)
            let pq = dots(p, q)
            for (j, squares) in dots(p, p).enumerated() where residuals[j] > tolerance && squares > 0 {
                leastQuotient = min(leastQuotient, pq[j] / squares)
            }
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
    func product(
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

    private func relative(_ r: DenseMatrix, _ norms: [Double]) -> [Double] {
        zip(dots(r, r), norms).map { $1 > 0 ? $0.squareRoot() / $1 : 0 }
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
