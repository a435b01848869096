import Foundation
import LinearAlgebra

/// The eigenmodes of a training kernel K + s I, and how far each has come at given times.
struct KernelSpectrum {
    let name: String
    let decomposition: Eigendecomposition
    let ridge: Double
    /// λ_j + s, descending; what rounding made slightly negative is zero.
    let eigenvalues: [Double]
    private let rounding: Double

    /// Row j is the eigenvector of eigenvalue j.
    var vectors: DenseMatrix { decomposition.vectors }
    var order: Int { eigenvalues.count }

    /// Decomposes in place.
    init(overwriting kernel: DenseMatrix, name: String, ridge: Double, threads: Int) throws(DynamicsError) {
        decomposition = try DynamicsError.rethrowing { () throws(FactorisationError) in
            try Eigendecomposition(overwriting: kernel, threads: threads)
        }
        self.name = name
        self.ridge = ridge
        rounding = decomposition.rounding + Double(kernel.rows) * Double.ulpOfOne * ridge
        let shifted = decomposition.values.map { $0 + ridge }
        guard (shifted.last ?? 0) >= -rounding else {
            throw .notPositiveDefinite(SingularKernel(name: name, eigenvalues: shifted, ridge: ridge))
        }
        eigenvalues = shifted.map { max(0, $0) }
    }

    var summary: SpectrumSummary {
        SpectrumSummary(lambdaMax: eigenvalues.first ?? 0, lambdaMin: (decomposition.values.last ?? 0) + ridge, ridge: ridge)
    }

    var isInvertible: Bool { (eigenvalues.last ?? 1) > rounding }

    func singular(at time: Double? = nil) -> DynamicsError {
        .notPositiveDefinite(
            SingularKernel(name: name, eigenvalues: decomposition.values.map { $0 + ridge }, ridge: ridge, time: time))
    }

    /// The modes at each time.
    ///
    /// Modes whose eigenvalue is within rounding of zero are known to move by no more than rate · time · rounding. While that
    /// is small their gain is exact enough; at times so long that it is not, the kernel does not say where they go.
    /// - Throws: `notPositiveDefinite` at such times and at infinity; `diverged`.
    func responses(_ evolution: Evolution, rate: Double, times: [Double], learningRate: (Double) -> DynamicsError) throws(DynamicsError) -> [[ModeResponse]] {
        var result: [[ModeResponse]] = []
        for time in times {
            if !isInvertible, time == .infinity || rate * time * rounding > 1e-6 {
                throw singular(at: time == .infinity ? nil : time)
            }
            var modes: [ModeResponse] = []
            modes.reserveCapacity(order)
            for eigenvalue in eigenvalues {
                guard let response = evolution.response(eigenvalue: eigenvalue, time: time) else { throw learningRate(time) }
                modes.append(response)
            }
            result.append(modes)
        }
        return result
    }

    /// Vᵀ x of columns x [n, k].
    func coefficients(of columns: DenseMatrix, threads: Int) -> DenseMatrix {
        DenseMatrix.product(vectors, columns, threads: threads)
    }

    /// Kernels of test with training rows [m, n] in the basis of the modes: K* V.
    func projection(_ testTrain: DenseMatrix, threads: Int) -> DenseMatrix {
        DenseMatrix.product(testTrain, vectors, transposing: .second, threads: threads)
    }

    /// Σ over outputs of ln N(y; 0, K + s I), from Vᵀ y; nil where there is no inverse.
    func logMarginalLikelihood(_ coefficients: DenseMatrix) -> Double? {
        guard isInvertible else { return nil }
        let k = Double(coefficients.columns)
        let logDeterminant = eigenvalues.reduce(0) { $0 + log($1) }
        var quadratic = 0.0
        for i in 0..<order {
            let row = coefficients.row(i)
            quadratic += (0..<coefficients.columns).reduce(0) { $0 + row[$1] * row[$1] } / eigenvalues[i]
        }
        return -0.5 * (quadratic + k * (logDeterminant + Double(order) * log(2 * .pi)))
    }

    /// (K + s I)⁻¹ y [n, k] from Vᵀ y, and the diagonal of (K + s I)⁻¹ [n]; nil where there is no inverse.
    func inverse(_ coefficients: DenseMatrix, threads: Int) -> (solution: DenseMatrix, diagonal: [Double])? {
        guard isInvertible else { return nil }
        let weighted = TimeSeries.weighted(coefficients, times: 1) { 1 / eigenvalues[$1] }
        var diagonal = [Double](repeating: 0, count: order)
        for i in 0..<order {
            let (row, weight) = (vectors.row(i), 1 / eigenvalues[i])
            for j in 0..<order { diagonal[j] += weight * row[j] * row[j] }
        }
        return (DenseMatrix.product(vectors, weighted, transposing: .first, threads: threads), diagonal)
    }
}

/// Leave-one-out predictions in closed form (Rasmussen and Williams, "Gaussian Processes for Machine Learning", 5.4.2):
/// μ_i = y_i − α_i/[K⁻¹]_ii and σ²_i = 1/[K⁻¹]_ii with α = K⁻¹ y, the ridge in K. The variance is that of the held-out target,
/// noise included.
func leaveOneOut(targets: DenseMatrix, solution: DenseMatrix, inverseDiagonal: [Double]) -> (mean: DenseMatrix, variance: [Double]) {
    let mean = targets.copy()
    for i in 0..<mean.rows {
        for j in 0..<mean.columns { mean[i, j] -= solution[i, j] / inverseDiagonal[i] }
    }
    return (mean, inverseDiagonal.map { 1 / $0 })
}
