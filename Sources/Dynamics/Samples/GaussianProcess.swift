import InfiniteNetworks
import LinearAlgebra

/// A Gaussian process at m points: the mean [m, k] of k independent functions with one covariance [m, m].
public struct GaussianProcess {
    public let mean: DenseMatrix
    public let covariance: DenseMatrix
    /// Of the prior: what rounding in a covariance that is a difference is measured by.
    private let scale: Double

    /// The prior: mean zero.
    public init(priorCovariance covariance: DenseMatrix, functions k: Int) {
        mean = DenseMatrix(rows: covariance.rows, columns: k)
        self.covariance = covariance
        scale = covariance.diagonal.reduce(0, +)
    }

    /// The distribution after training: the posterior for the NNGP, the ensemble of networks trained to the end for the NTK.
    ///
    /// - Parameters:
    ///   - nngp: With `testTest`; its matrices are overwritten.
    ///   - ntk: Nil for the posterior of the NNGP.
    ///   - targets: [n, k].
    /// - Throws: ``DynamicsError``.
    public init(nngp: KernelBlocks, ntk: KernelBlocks?, targets: DenseMatrix, ridge: Ridge, threads: Int = 1) throws(DynamicsError) {
        guard let prior = nngp.testTest else { preconditionFailure("samples need the covariance of the points themselves") }
        var problem = PredictionProblem(targets: targets)
        (problem.ridge, problem.covariance) = (ridge, .full)
        scale = prior.diagonal.reduce(0, +)
        let kind: KernelKind = ntk == nil ? .nngp : .ntk
        let prediction = try EnsemblePredictor.predict(
            nngp: nngp, ntk: ntk, wantsNNGP: ntk == nil, problem: problem, spectra: false, threads: threads)[kind]
        guard let mean = prediction?.mean, let covariance = prediction?.covariance else {
            preconditionFailure("a prediction with test inputs has a mean and a covariance")
        }
        (self.mean, self.covariance) = (mean, covariance)
    }

    /// Draws functions: [samples · k, m], the k functions of a sample together. O(m³ + samples · k · m²).
    ///
    /// - Returns: beside them the root they were drawn with, which knows the covariance's spectrum.
    /// - Throws: ``DynamicsError/indefiniteCovariance(name:lambdaMin:lambdaMax:)``.
    public func samples(count: Int, seed: UInt64, threads: Int = 1) throws(DynamicsError) -> (rows: DenseMatrix, root: CovarianceRoot) {
        let (m, k) = (mean.rows, mean.columns)
        let root = try CovarianceRoot(overwriting: covariance.copy(), name: "functions", scale: scale, threads: threads)
        let rows = root(rows: StandardNormals(seed: seed).rows(samples: 0..<count, functions: k, points: m))
        for row in 0..<rows.rows {
            for i in 0..<m { rows[row, i] += mean[i, row % k] }
        }
        return (rows, root)
    }
}
