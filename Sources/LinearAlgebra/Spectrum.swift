import COpenBLAS
import Foundation

/// The eigenvalues of a symmetric matrix and what they say of its conditioning.
public struct Spectrum: Sendable, Equatable {
    /// Descending.
    public let eigenvalues: [Double]

    public var largest: Double? { eigenvalues.first }
    public var smallest: Double? { eigenvalues.last }

    /// λ_max / λ_min; nil unless every eigenvalue is positive and the quotient is finite.
    public var conditionNumber: Double? {
        guard let largest, let smallest, smallest > 0, (largest / smallest).isFinite else { return nil }
        return largest / smallest
    }

    /// exp of the Shannon entropy of the positive eigenvalues divided by their sum: between 1 (one direction) and n
    /// (all alike) (Roy and Vetterli, "The effective rank", EUSIPCO 2007). Nil where no eigenvalue is positive.
    public var effectiveRank: Double? {
        guard let largest, largest > 0 else { return nil }
        // Scaled by the largest, so that the sum of very large eigenvalues stays finite.
        let positive = eigenvalues.lazy.map { $0 / largest }.filter { $0 > 0 }
        let total = positive.reduce(0, +)
        return exp(-positive.reduce(0) { $0 + $1 / total * log($1 / total) })
    }

    public init(eigenvalues: [Double]) { self.eigenvalues = eigenvalues }

    /// The spectrum of a symmetric matrix [n, n] by LAPACK `dsyevd`, in float64 whatever the matrix holds.
    ///
    /// Only the lower triangle is read. O(n³) time, n² doubles of memory for the copy that LAPACK destroys.
    /// - Parameter threads: all of them go to the one factorisation.
    /// - Throws: ``SpectrumError``.
    public init<Scalar: BLASScalar>(of matrix: MatrixView<Scalar>, threads: Int = 1) throws(SpectrumError) {
        precondition(matrix.rows == matrix.columns, "a spectrum wants a square matrix")
        let n = matrix.rows
        guard n > 0 else {
            eigenvalues = []
            return
        }
        guard n <= Int(Int32.max) else { throw .tooLarge(rows: n) }
        var copy = [Double](unsafeUninitializedCapacity: n * n) { buffer, count in
            for i in 0..<n {
                let row = matrix.row(i)
                for j in 0..<n { buffer[i * n + j] = Double(row[j]) }
            }
            count = n * n
        }
        if let position = copy.firstIndex(where: { !$0.isFinite }) {
            throw .notFinite(row: position / n, column: position % n)
        }
        var ascending = [Double](repeating: 0, count: n)
        // Row-major lower is column-major upper, so LAPACK takes the memory as it is and no transpose is made.
        let status = copy.withUnsafeMutableBufferPointer { matrix in
            ascending.withUnsafeMutableBufferPointer { values in
                Spectrum.factorise(matrix, n: n, values: values, threads: threads)
            }
        }
        guard status == 0 else { throw .noConvergence(code: Int(status)) }
        eigenvalues = ascending.reversed()
    }

    private static func factorise(
        _ matrix: UnsafeMutableBufferPointer<Double>, n: Int, values: UnsafeMutableBufferPointer<Double>, threads: Int
    ) -> Int32 {
        BLASThreads.with(threads) {
            LAPACKE_dsyevd(LAPACK_COL_MAJOR, 78 /* N */, 85 /* U */, Int32(n), matrix.baseAddress, Int32(n), values.baseAddress)
        }
    }
}

/// Why a spectrum could not be had.
public enum SpectrumError: Error, Equatable, CustomStringConvertible {
    case notFinite(row: Int, column: Int)
    case noConvergence(code: Int)
    case tooLarge(rows: Int)

    public var description: String {
        switch self {
        case .notFinite(let row, let column):
            "the matrix holds a value that is not finite at row \(row), column \(column)"
        case .noConvergence(let code):
            "the eigenvalue iteration did not converge (LAPACK dsyevd, info \(code))"
        case .tooLarge(let rows):
            "a matrix of \(rows) rows is beyond LAPACK's index range; ask for the spectrum of fewer rows"
        }
    }
}
