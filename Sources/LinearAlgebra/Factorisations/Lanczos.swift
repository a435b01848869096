import COpenBLAS
import Foundation

/// The largest eigenvalue of a symmetric operator that is known by its products only (Lanczos' method with every new vector
/// made orthogonal to all before it).
public enum Lanczos {
    /// - Parameters:
    ///   - apply: Takes a row [1, n] and gives the operator's product with it; it may overwrite what it takes.
    ///   - limit: The most products; with n of them the value is exact. The bound on the error, |β s| of the last vector, is
    ///     asked to be 1e-10 of the value and is reached long before by the kernels of wide networks.
    /// - Throws: ``FactorisationError/noConvergence(code:)`` if LAPACK's `dstev` fails.
    public static func largestEigenvalue(
        order n: Int, limit: Int = 120, apply: (DenseMatrix) -> DenseMatrix
    ) throws(FactorisationError) -> Double {
        guard n > 0 else { return 0 }
        var basis: [DenseMatrix] = [start(n)]
        var (alphas, betas): ([Double], [Double]) = ([], [])
        var value = 0.0
        while true {
            let last = basis[basis.count - 1]
            let next = apply(last.copy())
            alphas.append(dot(next, last))
            // Twice is enough (Kahan, in Parlett, "The Symmetric Eigenvalue Problem").
            for _ in 0..<2 { for vector in basis { subtract(dot(next, vector), vector, from: next) } }
            let beta = dot(next, next).squareRoot()
            let (ritz, tail) = try largestRitz(alphas, betas)
            value = ritz
            if basis.count == min(n, limit) || beta * abs(tail) <= 1e-10 * abs(ritz) { return value }
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
