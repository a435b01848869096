import LinearAlgebra

/// Training of a wide network by any loss, seen at its outputs: f = f0 − (K + s I) a, where a' = η ∂L/∂f and a(0) = 0.
///
/// The state a [n, k] is what the weights have moved along each training input's tangent, so that outputs elsewhere are
/// f0* − K* a and ‖w − w0‖² = aᵀ K a, with no inverse of the kernel anywhere. With momentum a'' = η ∂L/∂f − (1 − momentum) a'.
public struct GeneralFlow {
    /// Outputs at T times, and how far the weights have moved.
    public struct Trajectory {
        /// [T n, k].
        public var train: DenseMatrix
        /// [T m, k].
        public var test: DenseMatrix?
        public var weightDrift: [Double]
        /// Of descent: the step from which on the loss was above that at the start; nil where it was not at the end.
        public var divergedStep: Int?
    }

    /// Without the ridge [n, n].
    let kernel: DenseMatrix
    let testTrain: DenseMatrix?
    let targets: DenseMatrix
    let initialTrain: DenseMatrix?
    let initialTest: DenseMatrix?
    let loss: OutputLoss
    let learningRate: Double
    let momentum: Double
    /// As added to the diagonal.
    public let ridge: Double
    let threads: Int

    /// - Parameters:
    ///   - blocks: Kernels as they are; nothing is overwritten.
    ///   - problem: Its loss is left aside for `loss`.
    ///   - momentum: From 0 to below 1.
    /// - Throws: `misshapen`.
    public init(
        _ blocks: KernelBlocks, problem: PredictionProblem, loss: OutputLoss, momentum: Double, threads: Int
    ) throws(DynamicsError) {
        try problem.checkInitial(for: blocks)
        (kernel, testTrain, targets) = (blocks.train, blocks.testTrain, problem.targets)
        (initialTrain, initialTest) = (problem.initialTrain, problem.initialTest)
        (self.loss, learningRate, self.momentum) = (loss, problem.learningRate, momentum)
        (ridge, self.threads) = (problem.ridge.value(for: blocks.train), threads)
    }

    /// The largest eigenvalue of K + s I.
    public func lambdaMax() throws(DynamicsError) -> Double {
        try DynamicsError.rethrowing { () throws(FactorisationError) in
            try Lanczos.largestEigenvalue(order: kernel.rows) { DenseMatrix.product($0, kernel, threads: threads) }.value + ridge
        }
    }

    /// A rate up to which descent is stable wherever it comes: 2 (1 + momentum) / (λ_max · the largest curvature of the loss).
    public func learningRateMax(lambdaMax: Double) -> Double {
        2 * (1 + momentum) / (lambdaMax * loss.largestCurvature(examples: targets.rows, outputs: targets.columns))
    }

    /// Continuous training, by ``DormandPrince``.
    public func flow(times: [Double], solver: DormandPrince = DormandPrince(), isCancelled: CancellationCheck = { false }) throws(DynamicsError) -> Trajectory {
        let count = targets.count
        let (state, gradient) = (DenseMatrix(rows: targets.rows, columns: targets.columns), targets.copy())
        let start = [Double](repeating: 0, count: momentum > 0 ? 2 * count : count)
        let states = try solver.solve(from: start, times: times, isCancelled: isCancelled) { y, slope in
            for i in 0..<count { state.base[i] = y[i] }
            loss.gradient(outputs(state), targets, into: gradient)
            if momentum > 0 {
                for i in 0..<count {
                    slope[i] = y[count + i]
                    slope[count + i] = learningRate * gradient.base[i] - (1 - momentum) * y[count + i]
                }
            } else {
                for i in 0..<count { slope[i] = learningRate * gradient.base[i] }
            }
        }
        return trajectory(states)
    }

    /// Gradient descent with the same learning rate and momentum, step by step: exact for a network that is linear in its
    /// weights. A time between steps is rounded down.
    /// - Throws: `diverged` where the loss leaves float64, `cancelled`.
    public func descent(times: [Double], isCancelled: CancellationCheck = { false }) throws(DynamicsError) -> Trajectory {
        let steps = times.map(Evolution.steps)
        var states = [[Double]](repeating: [], count: times.count)
        let state = DenseMatrix(rows: targets.rows, columns: targets.columns)
        let (velocity, gradient) = (state.copy(), state.copy())
        let last = steps.max() ?? 0
        var (start, risen): (Double?, Int?) = (nil, nil)
        for step in 0...last {
            for (index, wanted) in steps.enumerated() where wanted == step { states[index] = state.values }
            if isCancelled() { throw .cancelled }
            let value = loss.gradient(outputs(state), targets, into: gradient)
            guard value.isFinite else { throw .diverged(learningRate: learningRate, learningRateMax: learningRateMax(lambdaMax: try lambdaMax()), steps: step) }
            let first = start ?? value
            start = first
            // More than rounding. Losses that grow no faster than outputs do not overflow, however far they are thrown.
            risen = value > first + 1e-9 * abs(first) ? risen ?? step : nil
            if step == last { break }
            for i in 0..<state.count {
                velocity.base[i] = momentum * velocity.base[i] + learningRate * gradient.base[i]
                state.base[i] += velocity.base[i]
            }
        }
        var result = trajectory(states)
        result.divergedStep = risen
        return result
    }

    /// f0 − (K + s I) a.
    private func outputs(_ state: DenseMatrix) -> DenseMatrix {
        let result = initialTrain?.copy() ?? DenseMatrix(rows: targets.rows, columns: targets.columns)
        result.setProduct(kernel, state, scale: -1, adding: 1, threads: threads)
        if ridge != 0 { for i in 0..<result.count { result.base[i] -= ridge * state.base[i] } }
        return result
    }

    private func trajectory(_ states: [[Double]]) -> Trajectory {
        let (n, k, m) = (targets.rows, targets.columns, testTrain?.rows ?? 0)
        let train = DenseMatrix(rows: states.count * n, columns: k)
        let test = testTrain.map { _ in DenseMatrix(rows: states.count * m, columns: k) }
        var drift: [Double] = []
        for (t, values) in states.enumerated() {
            let state = DenseMatrix(rows: n, columns: k, values: Array(values.prefix(n * k)))
            let outputs = outputs(state)
            train.row(t * n).update(from: outputs.base, count: outputs.count)
            // K a = f0 − f − s a: the ridge moves no weight.
            let squared = (0..<n * k).reduce(0.0) { sum, i in
                sum + state.base[i] * ((initialTrain?.base[i] ?? 0) - outputs.base[i] - ridge * state.base[i])
            }
            drift.append(max(0, squared).squareRoot())
            guard let testTrain, let test else { continue }
            let elsewhere = initialTest?.copy() ?? DenseMatrix(rows: m, columns: k)
            elsewhere.setProduct(testTrain, state, scale: -1, adding: 1, threads: threads)
            test.row(t * m).update(from: elsewhere.base, count: elsewhere.count)
        }
        return Trajectory(train: train, test: test, weightDrift: drift)
    }
}
