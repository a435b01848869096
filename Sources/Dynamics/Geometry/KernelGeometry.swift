import Foundation
import LinearAlgebra

/// What the matrix of a kernel says of its inputs: its spectrum, how many directions it spans, and how well it is aligned with targets.
public struct KernelGeometry: Sendable {
    public let trace: Double
    public let frobeniusNorm: Double
    public let spectrum: Spectrum
    /// (Σλ)²/Σλ², from 1 (one direction) to n (all alike); nil of a zero matrix.
    public let participationRatio: Double?
    /// Σλ/λ_max, the trace in units of the largest eigenvalue; nil of a zero matrix.
    public let stableRank: Double?
    /// How many eigenvalues stand above rounding, n ε λ_max.
    public let rank: Int
    public let targets: TargetAlignment?

    /// A kernel beside targets Y [n, k], whose own kernel is YYᵀ.
    public struct TargetAlignment: Sendable, Equatable {
        /// ⟨K, YYᵀ⟩/(‖K‖ ‖YYᵀ‖) with Frobenius' product (Cristianini, Shawe-Taylor, Elisseeff, Kandola, NIPS 2001), in [0, 1] of
        /// positive semidefinite K to rounding, and never above 1; nil where one of them is zero.
        public let alignment: Double?
        /// The same of HKH and HYYᵀH, H = I − 11ᵀ/n: without what all inputs have in common (Cortes, Mohri, Rostamizadeh, JMLR 2012).
        public let centredAlignment: Double?
        /// ‖u_iᵀY‖²/‖Y‖², the share of the targets that lies along each eigenvector, in the order of the eigenvalues [n]; zeros of zero targets.
        public let energy: [Double]
    }

    /// - Parameters:
    ///   - kernel: Symmetric [n, n]; overwritten.
    ///   - targets: [n, k].
    /// - Throws: `factorisation`.
    ///
    /// Complexity: O(n³), by one eigendecomposition.
    public init(overwriting kernel: DenseMatrix, targets: DenseMatrix? = nil, threads: Int = 1) throws(DynamicsError) {
        trace = kernel.diagonal.reduce(0, +)
        frobeniusNorm = FrobeniusMatrix(kernel).norm
        let alignments = targets.map { y in
            [false, true].map { FrobeniusMatrix(kernel, centred: $0).alignment(withTargets: y, threads: threads) }
        }
        let modes = try DynamicsError.rethrowing { () throws(FactorisationError) in
            try Eigendecomposition(overwriting: kernel, threads: threads)
        }
        spectrum = Spectrum(eigenvalues: modes.values)
        rank = modes.values.prefix { $0 > modes.rounding }.count
        if let largest = modes.values.first, largest > 0 {
            // In units of the largest, so that no square overflows.
            let scaled = modes.values.map { $0 / largest }
            let sum = scaled.reduce(0, +)
            stableRank = sum
            participationRatio = sum * sum / scaled.reduce(0) { $0 + $1 * $1 }
        } else {
            (stableRank, participationRatio) = (nil, nil)
        }
        guard let targets, let alignments else {
            self.targets = nil
            return
        }
        let coefficients = DenseMatrix.product(modes.vectors, targets, threads: threads)
        let parts = (0..<coefficients.rows).map { i in
            (0..<coefficients.columns).reduce(0) { $0 + coefficients[i, $1] * coefficients[i, $1] }
        }
        let total = parts.reduce(0, +)
        self.targets = TargetAlignment(
            alignment: alignments[0], centredAlignment: alignments[1], energy: total > 0 ? parts.map { $0 / total } : parts)
    }

    /// ⟨A, B⟩/(‖A‖ ‖B‖) of two symmetric matrices [n, n], with both centred if asked, in [-1, 1]; nil where one of them is zero.
    public static func alignment(_ a: DenseMatrix, _ b: DenseMatrix, centred: Bool) -> Double? {
        let (first, second) = (FrobeniusMatrix(a, centred: centred), FrobeniusMatrix(b, centred: centred))
        if first.isZero || second.isZero { return nil }
        return FrobeniusMatrix.cosine(first.product(second), first.scaledNorm * second.scaledNorm)
    }

    /// Cosines K_ij/√(K_ii K_jj) and angles in radians of a symmetric kernel [n, n]; 0 and π/2 where a row has no variance.
    ///
    /// The diagonal is exactly 1 and 0. An angle below 1e-8 is lost in the rounding of K, as its cosine is 1 to the last bit.
    public static func angles(of kernel: DenseMatrix) -> (cosines: DenseMatrix, angles: DenseMatrix) {
        let n = kernel.rows
        let deviations = kernel.diagonal.map { max(0, $0).squareRoot() }
        let (cosines, angles) = (DenseMatrix(rows: n, columns: n), DenseMatrix(rows: n, columns: n))
        for i in 0..<n {
            for j in 0...i {
                let scale = deviations[i] * deviations[j]
                var (cosine, angle) = (0.0, Double.pi / 2)
                if scale > 0 {
                    cosine = i == j ? 1 : min(1, max(-1, kernel[i, j] / scale))
                    angle = atan2(((1 - cosine) * (1 + cosine)).squareRoot(), cosine)
                }
                (cosines[i, j], cosines[j, i]) = (cosine, cosine)
                (angles[i, j], angles[j, i]) = (angle, angle)
            }
        }
        return (cosines, angles)
    }
}
