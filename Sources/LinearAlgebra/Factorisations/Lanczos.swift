import COpenBLAS
import Foundation

/// The largest eigenvalue of a symmetric operator that is known by its products only (Lanczos' method with every new vector
/// made orthogonal to all before it).
public enum Lanczos {
    /// What the products so far say of the largest eigenvalue.
    public struct Estimate: Sendable, Equatable {
        /// The largest Ritz value: never above the eigenvalue, but for rounding.
        public var value: Double
        /// An eigenvalue lies within `error · value` of the value: the norm |β s| of the Ritz vector's residual (Parlett, "The
        /// Symmetric Eigenvalue Problem", 13.2).
        public var error: Double
    }

    /// - Parameters:
    ///   - tolerance: Of the relative error; the kernels of wide networks reach 1e-10 long before the limit.
    ///   - limit: The most products; with n of them the value is exact.
    ///   - apply: Takes a row [1, n] and gives the operator's product with it; it may overwrite what it takes.
    /// - Throws: ``FactorisationError/noConvergence(code:)`` if LAPACK's `dstev` fails.
    public static func largestEigenvalue(
        order n: Int, tolerance: Double = 1e-10, limit: Int = 120, apply: (DenseMatrix) -> DenseMatrix
    ) throws(FactorisationError) -> Estimate {
        guard n > 0 else { return Estimate(value: 0, error: 0) }
        var basis: [DenseMatrix] = [start(n)]
        var (alphas, betas): ([Double], [Double]) = ([], [])
        while true {
            let last = basis[basis.count - 1]
            let next = apply(last.copy())
            alphas.append(dot(next, last))
            // Twice is enough (Kahan, in Parlett, "The Symmetric Eigenvalue Problem").
            for _ in 0..<2 { for vector in basis { subtract(dot(next, vector), vector, from: next) } }
            let beta = dot(next, next).squareRoot()
            let (ritz, tail) = try largestRitz(alphas, betas)
            let residual = beta * abs(tail)
            if basis.count == min(n, limit) || residual <= tolerance * abs(ritz) {
                // With as many vectors as dimensions what is left of the residual is rounding.
                return Estimate(value: ritz, error: basis.count == n || residual == 0 ? 0 : residual / abs(ritz))
            }
            betas.append(beta)
            for i in 0..<n { next.base[i] /= beta }
            basis.append(next)
        }
    }

    /// A fixed start with a part in every direction that could matter: quasi-random, so that no symmetry of the data hides one.
    private static func start(_ n: Int) -> DenseMatrix {
        let row = DenseMatrix(rows: 1, columns: n)
        for i in 0..<n { row[0, i] = 0.5 + (Double(i + 1) * 0.618_033_988_749_894_9).truncatingRemainder(dividingBy: 1) }
        let norm = dot(row, row).squareRoot()
        for i in 0..<n { row[0, i] /= norm }
        return row
    }

    private static func dot(_ a: DenseMatrix, _ b: DenseMatrix) -> Double { cblas_ddot(blasint(a.count), a.base, 1, b.base, 1) }

    private static func subtract(_ scale: Double, _ a: DenseMatrix, from b: DenseMatrix) {
        cblas_daxpy(blasint(a.count), -scale, a.base, 1, b.base, 1)
    }

    /// The largest eigenvalue of the tridiagonal matrix, and the last element of its vector.
    private static func largestRitz(_ alphas: [Double], _ betas: [Double]) throws(FactorisationError) -> (Double, Double) {
        let k = alphas.count
        var (diagonal, offDiagonal) = (alphas, betas + [0])
        var vectors = [Double](repeating: 0, count: k * k)
        let status = LAPACKE_dstev(LAPACK_COL_MAJOR, CChar(UInt8(ascii: "V")), Int32(k), &diagonal, &offDiagonal, &vectors, Int32(k))
        guard status == 0 else { throw .noConvergence(code: Int(status)) }
        return (diagonal[k - 1], vectors[k * k - 1])
    }
}
