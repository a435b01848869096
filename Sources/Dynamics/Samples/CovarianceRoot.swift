import LinearAlgebra

/// The symmetric square root S of a covariance Σ [m, m], S S = Σ, with which Σ = Cov(S z) for standard normal z.
///
/// By eigenvectors, S = V √Λ Vᵀ, and not by Cholesky's factor: kernels on many points of a line are singular to rounding, and S is one
/// and the same whatever basis LAPACK chooses for equal eigenvalues, so that a seed names a function.
public struct CovarianceRoot {
    private let decomposition: Eigendecomposition
    private let threads: Int

    public var order: Int { decomposition.order }
    public var lambdaMax: Double { decomposition.values.first ?? 0 }
    public var lambdaMin: Double { decomposition.values.last ?? 0 }
    /// How many eigenvalues stand above rounding.
    public var rank: Int { decomposition.rank }

    /// An eigenvalue below minus this share of the scale is no rounding: half of float64's digits.
    static let tolerance = 1e-8

    /// Decomposes in place; about 9m³ operations, and 2m² doubles of LAPACK's beside the matrix.
    ///
    /// - Parameters:
    ///   - name: What it is the covariance of, as an error says it.
    ///   - scale: Of the numbers that the covariance is a difference of; nil: its own trace.
    /// - Throws: ``DynamicsError/indefiniteCovariance(name:lambdaMin:lambdaMax:)``.
    public init(overwriting covariance: DenseMatrix, name: String, scale: Double? = nil, threads: Int = 1) throws(DynamicsError) {
        if let place = covariance.firstNotFinite {
            throw .notFinite("the covariance of the \(name) is not finite at row \(place.row), column \(place.column)")
        }
        let bound = scale ?? covariance.diagonal.reduce(0, +)
        decomposition = try DynamicsError.rethrowing { () throws(FactorisationError) in
            try Eigendecomposition(overwriting: covariance, threads: threads)
        }
        self.threads = threads
        guard lambdaMin >= -Self.tolerance * bound else {
            throw .indefiniteCovariance(name: name, lambdaMin: lambdaMin, lambdaMax: lambdaMax)
        }
    }

    /// Rows z [r, m] become rows z S; eigenvalues that rounding made negative count as zero. 4 r m² operations.
    public func callAsFunction(rows z: DenseMatrix) -> DenseMatrix {
        let modes = DenseMatrix.product(z, decomposition.vectors, transposing: .second, threads: threads)
        let roots = decomposition.values.map { max(0, $0).squareRoot() }
        for i in 0..<modes.rows {
            let row = modes.row(i)
            for j in 0..<modes.columns { row[j] *= roots[j] }
        }
        return DenseMatrix.product(modes, decomposition.vectors, threads: threads)
    }
}
