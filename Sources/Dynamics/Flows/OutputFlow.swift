import LinearAlgebra

/// Training of a wide network, seen at its outputs: closed forms by the eigenmodes of the training kernel for squared losses.
///
/// With r = f − y the modes Vᵀ r move on their own (``Evolution``): f(t) = f0 + V (ρ(t) − 1) Vᵀ r0 on the training inputs, and
/// f*(t) = f0* − K* V γ(t) Vᵀ r0 elsewhere, where γ = (1 − ρ)/(λ + s). The weights move by ‖w − w0‖² = Σ λ γ² (Vᵀ r0)²
/// (`docs/theory.md`), which the kernel alone decides.
public struct OutputFlow {
    /// One way of training at T times.
    public struct Trajectory {
        /// [T n, k].
        public var train: DenseMatrix
        /// [T m, k].
        public var test: DenseMatrix?
        /// ρ of each mode [T, n].
        public var decay: DenseMatrix
        /// ‖w − w0‖ at each time.
        public var weightDrift: [Double]
    }

    let spectrum: KernelSpectrum
    private let problem: PredictionProblem
    private let residual: DenseMatrix
    private let projection: DenseMatrix?
    private let threads: Int

    /// λ of the modes with the ridge, descending [n].
    public var eigenvalues: [Double] { spectrum.eigenvalues }
    /// Vᵀ (f0 − y) [n, k]: how much of the residual lies in each mode.
    public var modeResiduals: DenseMatrix { residual }
    public var summary: SpectrumSummary { spectrum.summary }

    /// Decomposes the training kernel in place; 9n³ operations.
    public init(
        overwriting blocks: KernelBlocks, name: String, problem: PredictionProblem, threads: Int
    ) throws(DynamicsError) {
        try problem.checkInitial(for: blocks)
        spectrum = try KernelSpectrum(
            overwriting: blocks.train, name: name, ridge: problem.ridge.value(for: blocks.train), threads: threads)
        self.problem = problem
        self.threads = threads
        residual = spectrum.coefficients(of: problem.residual, threads: threads)
        projection = blocks.testTrain.map { [spectrum] in spectrum.projection($0, threads: threads) }
    }

    /// The outputs at the times of the problem.
    /// - Throws: `notPositiveDefinite` at infinity or times beyond what rounding leaves of the eigenvalues; `diverged`.
    public func trajectory(_ evolution: Evolution) throws(DynamicsError) -> Trajectory {
        let momentum = switch evolution { case .gradientFlow: 0.0; case .momentumFlow(_, let m), .gradientDescent(_, let m): m }
        let limit = problem.loss.learningRateMax(
            lambdaMax: eigenvalues.first ?? 0, momentum: momentum, examples: problem.targets.rows, outputs: problem.targets.columns)
        let responses = try spectrum.responses(evolution, rate: problem.rate, times: problem.times) {
            .diverged(learningRate: problem.learningRate, learningRateMax: limit, steps: Evolution.steps($0))
        }
        let (times, n) = (problem.times.count, spectrum.order)
        func outputs(_ basis: DenseMatrix, _ transposing: DenseMatrix.Transposition, _ start: DenseMatrix?, _ weight: (ModeResponse) -> Double) -> DenseMatrix {
            let weighted = TimeSeries.weighted(residual, times: times) { weight(responses[$0][$1]) }
            let columns = DenseMatrix.product(basis, weighted, transposing: transposing, threads: threads)
            return TimeSeries.ordered(columns, times: times, adding: start)
        }
        let decay = DenseMatrix(rows: times, columns: n)
        for t in 0..<times { for j in 0..<n { decay[t, j] = responses[t][j].decay } }
        return Trajectory(
            train: outputs(spectrum.vectors, .first, problem.initialTrain) { $0.decay - 1 },
            test: projection.map { outputs($0, .neither, problem.initialTest) { -$0.gain } },
            decay: decay, weightDrift: responses.map(weightDrift))
    }

    /// The step from which on the loss of gradient descent is above that at the start, found by bisection; nil where it is not by
    /// that time. Without momentum the loss is convex in the number of steps, and crosses that level once. O(n log² time).
    public func divergedStep(rate: Double, momentum: Double, by time: Double) -> Int? {
        let descent = Evolution.gradientDescent(rate: rate, momentum: momentum)
        let squares = (0..<spectrum.order).map { j in (0..<residual.columns).reduce(0) { $0 + residual[j, $1] * residual[j, $1] } }
        let start = squares.reduce(0, +)
        func isAbove(_ step: Int) -> Bool {
            var sum = 0.0
            for (eigenvalue, square) in zip(eigenvalues, squares) where square > 0 {
                guard let response = descent.response(eigenvalue: eigenvalue, time: Double(step)) else { return true }
                sum += response.decay * response.decay * square
            }
            return !(sum <= start * (1 + 1e-9))
        }
        let last = Evolution.steps(time)
        guard last > 0, isAbove(last) else { return nil }
        var (below, above) = (0, last)
        while above - below > 1 {
            let middle = below + (above - below) / 2
            if isAbove(middle) { above = middle } else { below = middle }
        }
        return above
    }

    /// w − w0 = −Jᵀ V γ Vᵀ r0 with J Jᵀ the kernel without its ridge, which moves no weight.
    private func weightDrift(_ responses: [ModeResponse]) -> Double {
        var sum = 0.0
        for (j, response) in responses.enumerated() {
            let row = residual.row(j)
            let squares = (0..<residual.columns).reduce(0.0) { $0 + row[$1] * row[$1] }
            sum += max(0, spectrum.decomposition.values[j]) * response.gain * response.gain * squares
        }
        return sum.squareRoot()
    }
}
