import InfiniteNetworks
import LinearAlgebra

/// Predictions of infinitely wide networks: the Gaussian process posterior and partial training of the read-out layer
/// (NNGP), and the ensemble of networks trained by gradient descent (NTK), at any times.
///
/// A kernel is factored once for all times and outputs: by Cholesky where only the end of training is asked, else into
/// eigenvectors. Factors overwrite their kernels; beside them stand K* V or its like [m, n].
public enum EnsemblePredictor {
    /// - Parameters:
    ///   - nngp: Needed for its own prediction and for the covariance of the NTK's.
    ///   - ntk: Nil where it is not asked for.
    ///   - wantsNNGP: Whether the NNGP's own prediction is asked for.
    ///   - spectra: How closely the ends of the spectrum are wanted where a Cholesky factor does not give them; nil: not at all.
    /// - Throws: ``DynamicsError``.
    public static func predict(
        nngp: KernelBlocks?, ntk: KernelBlocks?, wantsNNGP: Bool = true, problem: PredictionProblem, spectra: SpectrumSummary.Precision? = .full,
        threads: Int = 1, isCancelled: CancellationCheck = { false }
    ) throws(DynamicsError) -> [KernelKind: KindPrediction] {
        try requireFinite(problem.targets, "the targets")
        for blocks in [nngp, ntk].compactMap({ $0 }) { try problem.checkInitial(for: blocks) }
        var result: [KernelKind: KindPrediction] = [:]
        // The NTK first: its covariance reads the NNGP that the NNGP's own factor then overwrites.
        if let ntk {
            result[.ntk] = try predictNTK(ntk, prior: nngp, problem, spectra: spectra, threads: threads)
            if isCancelled() { throw .cancelled }
        }
        if wantsNNGP, let nngp {
            result[.nngp] = try predictNNGP(nngp, problem, spectra: spectra, threads: threads)
            if isCancelled() { throw .cancelled }
        }
        return result
    }

    private static func requireFinite(_ matrix: DenseMatrix, _ name: String) throws(DynamicsError) {
        if let place = matrix.firstNotFinite { throw .notFinite("\(name) hold a value that is not finite at row \(place.row), column \(place.column)") }
    }

    private static func predictNNGP(
        _ blocks: KernelBlocks, _ problem: PredictionProblem, spectra: SpectrumSummary.Precision?, threads: Int
    ) throws(DynamicsError) -> KindPrediction {
        guard problem.times.allSatisfy({ $0 == .infinity }) else {
            let predictor = try SpectralPredictor(overwriting: blocks, name: "nngp", problem: problem, threads: threads)
            var result = predictor.prediction()
            switch problem.covariance {
            case .none: break
            case .diagonal: result.variance = blocks.testDiagonal.flatMap { predictor.ownVariance(testDiagonal: $0) }
            case .full: result.covariance = blocks.testTest.flatMap { predictor.ownCovariance(testTest: $0) }
            }
            return result
        }
        let predictor = try CholeskyPredictor(overwriting: blocks.train, name: "nngp", problem: problem, threads: threads)
        var result = predictor.prediction(testTrain: blocks.testTrain)
        if let spectra { result.spectrum = try predictor.spectrumSummary(spectra) }
        guard let testTrain = blocks.testTrain else { return result }
        let times = problem.times.count
        if problem.covariance == .diagonal, let diagonal = blocks.testDiagonal {
            let variance = predictor.ownVariance(overwriting: testTrain, testDiagonal: diagonal)
            result.variance = Array(repeatElement(variance, count: times).joined())
        } else if problem.covariance == .full, let testTest = blocks.testTest {
            let covariance = predictor.ownCovariance(overwriting: testTrain, testTest: testTest)
            result.covariance = TimeSeries.repeated(covariance, times: times)
        }
        return result
    }

    private static func predictNTK(
        _ blocks: KernelBlocks, prior: KernelBlocks?, _ problem: PredictionProblem, spectra: SpectrumSummary.Precision?, threads: Int
    ) throws(DynamicsError) -> KindPrediction {
        guard problem.times.allSatisfy({ $0 == .infinity }) else {
            let predictor = try SpectralPredictor(overwriting: blocks, name: "ntk", problem: problem, threads: threads)
            var result = predictor.prediction()
            guard problem.covariance != .none, let prior, let testTrain = prior.testTrain else { return result }
            let modes = predictor.priorModes(train: prior.train, testTrain: testTrain)
            if problem.covariance == .diagonal {
                result.variance = prior.testDiagonal.flatMap { predictor.ensembleVariance(modes, testDiagonal: $0) }
            } else {
                result.covariance = prior.testTest.flatMap { predictor.ensembleCovariance(modes, testTest: $0) }
            }
            return result
        }
        let predictor = try CholeskyPredictor(overwriting: blocks.train, name: "ntk", problem: problem, threads: threads)
        var result = predictor.prediction(testTrain: blocks.testTrain)
        if let spectra { result.spectrum = try predictor.spectrumSummary(spectra) }
        guard problem.covariance != .none, let testTrain = blocks.testTrain, let prior, let priorTestTrain = prior.testTrain
        else { return result }
        let gain = predictor.gain(overwriting: testTrain)
        let half = DenseMatrix.product(gain, prior.train, threads: threads)
        let times = problem.times.count
        // With B = A K/2 − K* the covariance is K** + A Bᵀ + B Aᵀ.
        for i in 0..<half.count { half.base[i] = half.base[i] / 2 - priorTestTrain.base[i] }
        if problem.covariance == .diagonal, let diagonal = prior.testDiagonal {
            let variance = diagonal.indices.map { i in
                let (a, b) = (gain.row(i), half.row(i))
                return max(0, diagonal[i] + 2 * (0..<gain.columns).reduce(0) { $0 + a[$1] * b[$1] })
            }
            result.variance = Array(repeatElement(variance, count: times).joined())
        } else if problem.covariance == .full, let testTest = prior.testTest {
            let change = DenseMatrix.product(gain, half, transposing: .second, threads: threads)
            let covariance = testTest.copy()
            for i in 0..<covariance.rows {
                for j in 0..<covariance.columns { covariance[i, j] += change[i, j] + change[j, i] }
                covariance[i, i] = max(0, covariance[i, i])
            }
            result.covariance = TimeSeries.repeated(covariance, times: times)
        }
        return result
    }
}
