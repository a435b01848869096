import InfiniteNetworks
import LinearAlgebra

/// Predictions at any times from one eigendecomposition of the training kernel.
///
/// With D = e^{−c η (K + s I) t} and A = K* (K + s I)⁻¹ (I − D) (arXiv 1902.06720; `docs/theory.md`): the mean is
/// f0* − A (f0 − y); the covariance of the NNGP is K** − K* (K + s I)⁻¹ (I − D²) K*ᵀ, and that of the NTK, with K its NNGP,
/// K** + A K Aᵀ − A K*ᵀ − K* Aᵀ. In the basis of the modes A is K* V times a diagonal, which is all that time changes.
struct SpectralPredictor {
    let spectrum: KernelSpectrum
    let problem: PredictionProblem
    let responses: [[ModeResponse]]
    /// Vᵀ (f0 − y).
    private let coefficients: DenseMatrix
    /// K* V [m, n].
    private let projection: DenseMatrix?
    private let threads: Int

    private var times: Int { problem.times.count }

    /// Decomposes the training kernel in place; 9n³ operations and 2mn².
    init(overwriting blocks: KernelBlocks, name: String, problem: PredictionProblem, threads: Int) throws(DynamicsError) {
        let ridge = problem.ridge.value(for: blocks.train)
        spectrum = try KernelSpectrum(overwriting: blocks.train, name: name, ridge: ridge, threads: threads)
        self.problem = problem
        self.threads = threads
        responses = try spectrum.responses(
            .gradientFlow(rate: problem.rate), rate: problem.rate, times: problem.times,
            learningRate: { _ in .notFinite("the flow at these times is beyond the range of float64; scale the kernel or the times down") })
        coefficients = spectrum.coefficients(of: problem.residual, threads: threads)
        projection = blocks.testTrain.map { [spectrum] in spectrum.projection($0, threads: threads) }
    }

    func prediction() -> KindPrediction {
        let interpolation = outputs(of: spectrum.vectors, transposed: true, offset: problem.initialTrain) { $0.decay - 1 }
        var result = KindPrediction(trainMean: interpolation, spectrum: spectrum.summary)
        if spectrum.ridge != 0 {
            // As test inputs, the training inputs have the kernel without the ridge: K V = V diag(λ).
            let plain = spectrum.decomposition.values
            let weighted = TimeSeries.weighted(coefficients, times: times) { -plain[$1] * responses[$0][$1].gain }
            let columns = DenseMatrix.product(spectrum.vectors, weighted, transposing: .first, threads: threads)
            result.trainMean = TimeSeries.ordered(columns, times: times, adding: problem.initialTrain)
            result.trainInterpolation = interpolation
        }
        if let projection { result.mean = outputs(of: projection, transposed: false, offset: problem.initialTest) { -$0.gain } }
        if problem.initialTrain == nil { addEvidence(to: &result) }
        return result
    }

    /// The evidence and leave-one-out of the targets y; the coefficients are those of −y.
    private func addEvidence(to result: inout KindPrediction) {
        result.logMarginalLikelihood = spectrum.logMarginalLikelihood(coefficients)
        guard problem.leaveOneOut, let (solution, diagonal) = spectrum.inverse(coefficients, threads: threads) else { return }
        for i in 0..<solution.count { solution.base[i] = -solution.base[i] }
        result.leaveOneOut = leaveOneOut(targets: problem.targets, solution: solution, inverseDiagonal: diagonal)
    }

    /// `basis` times the weighted coefficients at all times in one product.
    private func outputs(
        of basis: DenseMatrix, transposed: Bool, offset: DenseMatrix?, weight: (ModeResponse) -> Double
    ) -> DenseMatrix {
        let weighted = TimeSeries.weighted(coefficients, times: times) { weight(responses[$0][$1]) }
        let columns = DenseMatrix.product(basis, weighted, transposing: transposed ? .first : .neither, threads: threads)
        return TimeSeries.ordered(columns, times: times, adding: offset)
    }

    // MARK: Covariances

    /// (1 − D²)/λ at each time and mode: the gain after twice the time.
    private func doubledGain(_ time: Int, _ mode: Int) -> Double {
        let response = responses[time][mode]
        return response.gain * (1 + response.decay)
    }

    /// The variances of the NNGP at the test inputs [T m]: two products of m n T operations after squaring K* V.
    func ownVariance(testDiagonal: [Double]) -> [Double]? {
        guard let projection else { return nil }
        let squares = projection.copy()
        for i in 0..<squares.count { squares.base[i] *= squares.base[i] }
        let weights = DenseMatrix(rows: times, columns: spectrum.order)
        for t in 0..<times { for j in 0..<spectrum.order { weights[t, j] = doubledGain(t, j) } }
        let explained = DenseMatrix.product(weights, squares, transposing: .second, threads: threads)
        return (0..<times).flatMap { t in testDiagonal.indices.map { max(0, testDiagonal[$0] - explained[t, $0]) } }
    }

    /// The covariances of the NNGP [T m, m].
    func ownCovariance(testTest: DenseMatrix) -> DenseMatrix? {
        guard let projection else { return nil }
        let m = testTest.rows
        let result = DenseMatrix(rows: times * m, columns: m)
        let scaled = projection.copy()
        for t in 0..<times {
            for i in 0..<m {
                for j in 0..<spectrum.order { scaled[i, j] = projection[i, j] * doubledGain(t, j).squareRoot() }
            }
            let block = testTest.copy()
            block.setGram(scaled, scale: -1, adding: 1, threads: threads)
            for i in 0..<m { block[i, i] = max(0, block[i, i]) }
            result.row(t * m).update(from: block.base, count: block.count)
        }
        return result
    }

    /// The variances [T m] of an ensemble trained with this kernel whose outputs at initialisation have the NNGP's
    /// covariances; 2mn² operations a time.
    func ensembleVariance(_ prior: PriorModes, testDiagonal: [Double]) -> [Double]? {
        guard let projection else { return nil }
        let (m, n) = (projection.rows, spectrum.order)
        let gained = DenseMatrix(rows: m, columns: n)
        let product = DenseMatrix(rows: m, columns: n)
        var result: [Double] = []
        for t in 0..<times {
            scale(gained, projection, by: responses[t])
            product.setProduct(gained, prior.train, threads: threads)
            for i in 0..<m {
                let (a, ak, q) = (gained.row(i), product.row(i), prior.testTrain.row(i))
                let correction = (0..<n).reduce(0.0) { $0 + a[$1] * (ak[$1] - 2 * q[$1]) }
                result.append(max(0, testDiagonal[i] + correction))
            }
        }
        return result
    }

    /// The covariances [T m, m] of that ensemble; 2mn² + 4m²n operations a time.
    func ensembleCovariance(_ prior: PriorModes, testTest: DenseMatrix) -> DenseMatrix? {
        guard let projection else { return nil }
        let (m, n) = (projection.rows, spectrum.order)
        let gained = DenseMatrix(rows: m, columns: n)
        let half = DenseMatrix(rows: m, columns: n)
        let result = DenseMatrix(rows: times * m, columns: m)
        for t in 0..<times {
            scale(gained, projection, by: responses[t])
            // With B = A K/2 − K*, the change is A Bᵀ + B Aᵀ: symmetric, from one product.
            half.setProduct(gained, prior.train, scale: 0.5, threads: threads)
            for i in 0..<half.count { half.base[i] -= prior.testTrain.base[i] }
            let change = DenseMatrix.product(gained, half, transposing: .second, threads: threads)
            for i in 0..<m {
                let row = result.row(t * m + i)
                for j in 0..<m { row[j] = testTest[i, j] + (change[i, j] + change[j, i]) }
                row[i] = max(0, row[i])
            }
        }
        return result
    }

    private func scale(_ target: DenseMatrix, _ projection: DenseMatrix, by modes: [ModeResponse]) {
        for i in 0..<projection.rows {
            let (from, to) = (projection.row(i), target.row(i))
            for j in 0..<modes.count { to[j] = from[j] * modes[j].gain }
        }
    }

    /// The NNGP in the basis of this kernel's modes.
    struct PriorModes {
        /// Vᵀ K V [n, n].
        let train: DenseMatrix
        /// K* V [m, n].
        let testTrain: DenseMatrix
    }

    /// Reads `train` and leaves it as it is; 4n³ + 2mn² operations.
    func priorModes(train: DenseMatrix, testTrain: DenseMatrix) -> PriorModes {
        let half = DenseMatrix.product(spectrum.vectors, train, threads: threads)
        return PriorModes(
            train: DenseMatrix.product(half, spectrum.vectors, transposing: .second, threads: threads),
            testTrain: spectrum.projection(testTrain, threads: threads))
    }
}
