/// Why a matrix could not be factored.
public enum FactorisationError: Error, Equatable, CustomStringConvertible {
    case notFinite(row: Int, column: Int)
    /// A leading minor of this order is not positive: the matrix has an eigenvalue that is zero or negative to rounding.
    case notPositiveDefinite(order: Int)
    case noConvergence(code: Int)
    case tooLarge(rows: Int)

    public var description: String {
        switch self {
        case .notFinite(let row, let column):
            "the matrix holds a value that is not finite at row \(row), column \(column)"
        case .notPositiveDefinite(let order):
            "the matrix is not positive definite: its leading minor of order \(order) is not positive; add a ridge"
        case .noConvergence(let code):
            "the eigenvalue iteration did not converge (LAPACK dsyevd, info \(code))"
        case .tooLarge(let rows):
            "a matrix of \(rows) rows is beyond LAPACK's index range; use fewer rows, or an iterative solver"
        }
    }
}
