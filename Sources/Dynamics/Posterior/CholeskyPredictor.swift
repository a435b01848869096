import Foundation
import LinearAlgebra

/// Predictions at the end of training from one Cholesky factor of the training kernel, which takes the kernel's place.
struct CholeskyPredictor {
    private let factor: Cholesky
    private let problem: PredictionProblem
    private let threads: Int
    /// (K + s I)⁻¹ (f0 − y), a row per output [k, n].
    private let solution: DenseMatrix
    /// L⁻¹ (f0 − y) [k, n].
    private let whitened: DenseMatrix

    /// Factors the kernel in place; n³/3 operations.
    init(overwriting kernel: DenseMatrix, name: String, problem: PredictionProblem, threads: Int) throws(DynamicsError) {
        let ridge = problem.ridge.value(for: kernel)
        factor = try Self.factor(kernel, name: name, ridge: ridge, threads: threads)
        self.problem = problem
        self.threads = threads
        whitened = problem.residual.transposed()
        factor.solveLower(rows: whitened)
        solution = problem.residual.transposed()
        factor.solve(rows: solution)
    }

    /// - Throws: `notPositiveDefinite` with what the eigenvalues say of the kernel; it is then overwritten.
    static func factor(_ kernel: DenseMatrix, name: String, ridge: Double, threads: Int) throws(DynamicsError) -> Cholesky {
        do throws(FactorisationError) {
            return try Cholesky(overwriting: kernel, ridge: ridge, threads: threads)
        } catch {
            guard case .notPositiveDefinite = error else { throw DynamicsError.factorisation(error) }
        }
        let spectrum = try DynamicsError.rethrowing { () throws(FactorisationError) in
            try Eigendecomposition(overwriting: kernel, threads: threads)
        }
        throw .notPositiveDefinite(
            SingularKernel(name: name, eigenvalues: spectrum.values.map { $0 + ridge }, ridge: ridge))
    }

    /// Means, the evidence, and leave-one-out.
    /// - Parameter testTrain: [m, n], as it is.
    func prediction(testTrain: DenseMatrix?) -> KindPrediction {
        let times = problem.times.count
        var result = KindPrediction(
            trainMean: TimeSeries.repeated(problem.targets, times: times),
            spectrum: SpectrumSummary(lambdaMax: 0, lambdaMin: 0, ridge: factor.ridge))
        if factor.ridge != 0 {
            result.trainInterpolation = result.trainMean
            let fit = factor.kernelTimes(rows: solution).transposed()
            result.trainMean = TimeSeries.repeated(subtract(fit, from: problem.initialTrain), times: times)
        }
        if let testTrain {
            let change = DenseMatrix.product(testTrain, solution, transposing: .second, threads: threads)
            result.mean = TimeSeries.repeated(subtract(change, from: problem.initialTest), times: times)
        }
        if problem.initialTrain == nil { addEvidence(to: &result) }
        return result
    }

    private func subtract(_ change: DenseMatrix, from start: DenseMatrix?) -> DenseMatrix {
        for i in 0..<change.count { change.base[i] = (start?.base[i] ?? 0) - change.base[i] }
        return change
    }

    private func addEvidence(to result: inout KindPrediction) {
        let quadratic = whitened.elements.reduce(0) { $0 + $1 * $1 }
        let k = Double(problem.targets.columns)
        result.logMarginalLikelihood =
            -0.5 * (quadratic + k * (factor.logDeterminant + Double(factor.order) * log(2 * .pi)))
        guard problem.leaveOneOut else { return }
        let alpha = solution.transposed()
        for i in 0..<alpha.count { alpha.base[i] = -alpha.base[i] }
        result.leaveOneOut = leaveOneOut(
            targets: problem.targets, solution: alpha, inverseDiagonal: factor.inverseDiagonal())
    }

    /// The ends of the spectrum by Lanczos iterations with the kernel and with its inverse; a few products of 2n² operations
    /// each where an estimate of the smallest will do, up to 120 where it will not.
    func spectrumSummary(_ precision: SpectrumSummary.Precision) throws(DynamicsError) -> SpectrumSummary {
        try DynamicsError.rethrowing { () throws(FactorisationError) in
            let largest = try Lanczos.largestEigenvalue(order: factor.order) { factor.kernelTimes(rows: $0) }
            let inverse = try Lanczos.largestEigenvalue(
                order: factor.order, tolerance: precision.tolerance, limit: precision.limit
            ) { x in
                factor.solve(rows: x)
                return x
            }
            return SpectrumSummary(
                lambdaMax: largest.value + factor.ridge, lambdaMin: 1 / inverse.value, ridge: factor.ridge, lambdaMinError: inverse.error)
        }
    }

    // MARK: Covariances, which overwrite the kernel of test with training rows

    /// K** − K* (K + s I)⁻¹ K*ᵀ: the diagonal [m] or, from `testTest`, the whole; `testTrain` becomes L⁻¹ K*ᵀ.
    func ownVariance(overwriting testTrain: DenseMatrix, testDiagonal: [Double]) -> [Double] {
        factor.solveLower(rows: testTrain)
        return testDiagonal.indices.map { i in
            let row = testTrain.row(i)
            return max(0, testDiagonal[i] - (0..<testTrain.columns).reduce(0) { $0 + row[$1] * row[$1] })
        }
    }

    func ownCovariance(overwriting testTrain: DenseMatrix, testTest: DenseMatrix) -> DenseMatrix {
        factor.solveLower(rows: testTrain)
        let result = testTest.copy()
        result.setGram(testTrain, scale: -1, adding: 1, threads: threads)
        for i in 0..<result.rows { result[i, i] = max(0, result[i, i]) }
        return result
    }

    /// `testTrain` becomes A = Θ* (Θ + s I)⁻¹ [m, n].
    func gain(overwriting testTrain: DenseMatrix) -> DenseMatrix {
        factor.solve(rows: testTrain)
        return testTrain
    }
}
