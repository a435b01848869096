import Foundation
import LinearAlgebra

/// What speaks for one kernel and ridge over another.
public enum SelectionScore: String, Sendable, CaseIterable {
    /// Larger is better.
    case logMarginalLikelihood = "log_marginal_likelihood"
    /// The mean squared error of each target, predicted from all other rows. Smaller is better.
    case leaveOneOut = "leave_one_out"
    /// The mean squared error of each fold's targets, predicted from the other folds. Smaller is better.
    case kFold = "k_fold"

    /// Whether a score speaks for its kernel more than another.
    public func isBetter(_ a: Double, than b: Double) -> Bool { self == .logMarginalLikelihood ? a > b : a < b }
}

/// Scores of one kernel with several ridges, from one eigendecomposition.
///
/// With G = (K + s I)⁻¹ and α = G y the residuals of held-out rows F, predicted from the others with the ridge s, are
/// (G_FF)⁻¹ α_F: a fold costs the inverse of its own block, and no kernel is factored again.
public struct ModelSelection {
    /// What is said for one kernel with one ridge.
    public struct Scores: Sendable, Equatable {
        public var logMarginalLikelihood: Double
        public var heldOutError: Double
        /// Of the held-out rows, by the largest output; nil for a single output.
        public var heldOutAccuracy: Double?
    }

    private let name: String
    private let spectrum: Eigendecomposition
    private let diagonalMean: Double
    private let targets: DenseMatrix
    private let coefficients: DenseMatrix
    private let threads: Int

    /// Decomposes the kernel in place; O(n³).
    ///
    /// - Parameter name: Which kernel, for what is said of a singular one.
    public init(overwriting kernel: DenseMatrix, name: String = "kernel", targets: DenseMatrix, threads: Int) throws(DynamicsError) {
        self.name = name
        diagonalMean = kernel.diagonal.reduce(0, +) / Double(max(1, kernel.rows))
        spectrum = try DynamicsError.rethrowing { () throws(FactorisationError) in
            try Eigendecomposition(overwriting: kernel, threads: threads)
        }
        self.targets = targets
        self.threads = threads
        coefficients = DenseMatrix.product(spectrum.vectors, targets, threads: threads)
    }

    /// - Parameter folds: the fold of each row; nil: each row is its own.
    /// - Returns: a failure where the kernel with this ridge has no inverse, which is no error of a search.
    public func scores(ridge: Ridge, folds: [Int]? = nil) throws(DynamicsError) -> Result<Scores, SingularKernel> {
        let added = switch ridge { case .absolute(let value): value; case .relative(let factor): factor * diagonalMean }
        let values = spectrum.values.map { $0 + added }
        guard let last = values.last, last > SingularKernel.rounding(order: values.count, lambdaMax: values[0]) else {
            return .failure(SingularKernel(name: name, eigenvalues: values, ridge: added))
        }
        let weighted = TimeSeries.weighted(coefficients, times: 1) { 1 / values[$1] }
        let solution = DenseMatrix.product(spectrum.vectors, weighted, transposing: .first, threads: threads)
        let residuals = try heldOutResiduals(solution, values, folds)
        let squares = residuals.elements.reduce(0) { $0 + $1 * $1 }
        return .success(
            Scores(
                logMarginalLikelihood: evidence(values), heldOutError: squares / Double(max(1, residuals.count)),
                heldOutAccuracy: targets.columns > 1 ? accuracy(residuals) : nil))
    }

    private func evidence(_ values: [Double]) -> Double {
        var sum = 0.0
        for (i, value) in values.enumerated() {
            let row = coefficients.row(i)
            let squares = (0..<coefficients.columns).reduce(0) { $0 + row[$1] * row[$1] }
            sum += squares / value + Double(coefficients.columns) * log(2 * .pi * value)
        }
        return -0.5 * sum
    }

    private func heldOutResiduals(_ solution: DenseMatrix, _ values: [Double], _ folds: [Int]?) throws(DynamicsError) -> DenseMatrix {
        let n = spectrum.order
        let residuals = solution.copy()
        guard let folds else {
            var diagonal = [Double](repeating: 0, count: n)
            for j in 0..<n {
                let vector = spectrum.vectors.row(j)
                for i in 0..<n { diagonal[i] += vector[i] * vector[i] / values[j] }
            }
            for i in 0..<n { for o in 0..<residuals.columns { residuals[i, o] /= diagonal[i] } }
            return residuals
        }
        for fold in Set(folds).sorted() {
            let rows = folds.indices.filter { folds[$0] == fold }
            // G_FF = W Wᵀ with W = V_F diag(1/√λ).
            let half = DenseMatrix(rows: rows.count, columns: n)
            for (r, row) in rows.enumerated() { for j in 0..<n { half[r, j] = spectrum.vectors[j, row] / values[j].squareRoot() } }
            let block = DenseMatrix(rows: rows.count, columns: rows.count)
            block.setGram(half, threads: threads)
            let right = DenseMatrix(rows: residuals.columns, columns: rows.count)
            for (r, row) in rows.enumerated() { for o in 0..<right.rows { right[o, r] = solution[row, o] } }
            try DynamicsError.rethrowing { () throws(FactorisationError) in
                try Cholesky(overwriting: block, threads: threads).solve(rows: right)
            }
            for (r, row) in rows.enumerated() { for o in 0..<right.rows { residuals[row, o] = right[o, r] } }
        }
        return residuals
    }

    private func accuracy(_ residuals: DenseMatrix) -> Double {
        let predictions = targets.copy()
        for i in 0..<predictions.count { predictions.base[i] -= residuals.base[i] }
        return PredictionScores.accuracy(ofConfusion: PredictionScores.confusion(predictions, at: 0, targets))
    }

    /// The fold of each row, by its rank among the rows of its class: every fold has its share of each class.
    public static func folds(_ count: Int, classes: [Int]) -> [Int] {
        var seen: [Int: Int] = [:]
        return classes.map { label in
            defer { seen[label, default: 0] += 1 }
            return seen[label, default: 0] % count
        }
    }
}
