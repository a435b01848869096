import LinearAlgebra

/// One network in training: the state between two steps, and what is measured of it.
///
/// A run is a function of its plan, width, seed and the number of BLAS threads alone, and its state can be written down and
/// read back: a run that is resumed goes on bit for bit as if it had not stopped.
final class TrainingRun<Scalar: NetworkScalar> {
    let plan: TrainingPlan
    let network: FiniteNetwork
    let mover: WeightMover<Scalar>
    private(set) var result: RunResult
    private(set) var step = 0

    private let threads: Int
    /// Of BLAS in passes over the training rows.
    private let passThreads: Int
    private let data: TrainingTapes<Scalar>
    private let measures: RunMeasures<Scalar>
    private var linear: LinearizedPair<Scalar>?
    private var path: PathKernelSum<Scalar>?
    /// ∂L/∂F of the last forward pass, in float64 and as the backward pass takes it.
    private var slope: [Double]
    private var delta: [Scalar]
    private var batches: BatchOrder?

    /// - Parameters:
    ///   - threads: of BLAS, while the run has it for itself.
    ///   - isCancelled: asked while the start is measured.
    init(_ plan: TrainingPlan, network: FiniteNetwork, width: Int?, seed: UInt64, threads: Int, isCancelled: () -> Bool) {
        self.plan = plan
        self.network = network
        self.threads = threads
        mover = WeightMover(network, plan.optimizer, initial: plan.parameters ?? network.initialParameters(seed: seed))
        data = TrainingTapes(plan, network, parameters: mover.weights, threads: threads)
        passThreads = data.train.isShared ? 1 : threads
        measures = RunMeasures(plan, network)
        let batch = plan.batchSize.flatMap { $0 < plan.train.rows ? $0 : nil }
        batches = batch.map { BatchOrder(rows: plan.train.rows, size: $0, seed: seed) }
        slope = [Double](repeating: 0, count: (batch ?? plan.train.rows) * network.outputCount)
        delta = slope.map { Scalar($0) }
        result = RunResult()
        result.width = width
        result.seed = plan.parameters == nil ? seed : nil
        result.parameterCount = network.parameterCount
        begin(isCancelled)
    }

    /// What is known of the start: it is computed again when a run is resumed, from the same numbers.
    private func begin(_ isCancelled: () -> Bool) {
        let start = UnsafePointer(mover.start)
        result.initialNorm = network.trainableRanges.reduce(0) { $0 + Scalar.squaredDistance(start + $1.lowerBound, nil, count: $1.count) }
            .squareRoot()
        data.forward(start)
        result.lambdaMax = data.train.largestKernelEigenvalue(start, gradient: mover.gradient, threads: passThreads, isCancelled: isCancelled)
        result.learningRateMax = plan.loss.largestLearningRate(
            lambdaMax: result.lambdaMax, momentum: plan.optimizer.momentum, examples: plan.train.rows, outputs: network.outputCount)
        if plan.tracks(.kappa) { result.kappa = Laziness.kappa(data, start, slope: result.lambdaMax, isCancelled: isCancelled) }
        measures.begin(data, start)
        if plan.tracks(.linearized) { linear = LinearizedPair(plan, network, start, data, bound: measures.divergence) }
        if plan.tracks(.pathKernel) {
            path = PathKernelSum(
                network, queries: (plan.test ?? plan.train).inputs.map { Scalar($0) }, train: plan.train.inputs.map { Scalar($0) })
        }
    }

    /// Records and steps until the run ends or `pause` says so.
    ///
    /// - Parameters:
    ///   - report: called after each recorded step.
    ///   - pause: asked after each step.
    /// - Returns: whether the run has ended; if not, it can go on or be encoded.
    func run(report: (Int, RunRecords) -> Void, pause: () -> Bool) -> Bool {
        while true {
            if let reason = observe(report: report) {
                finish(reason)
                return true
            }
            advance()
            if pause() { return false }
        }
    }

    private var isRecorded: Bool { step % plan.recordEvery == 0 || step >= plan.steps }

    /// Looks at the state before a step: records it where due, and says whether it is the last one.
    private func observe(report: (Int, RunRecords) -> Void) -> StopReason? {
        let wantsLoss = isRecorded || plan.stopAtLoss != nil || plan.snapshotSteps.contains(step)
        // A mini-batch run looks at the whole set only where it must.
        guard batches == nil || wantsLoss else { return nil }
        BLASThreads.using(passThreads) { self.data.forward(self.mover.weights) }
        let loss = data.loss
        guard loss.isFinite, loss <= measures.divergence, mover.distances.allSatisfy(\.isFinite) else { return .diverged }
        keepSnapshot(isLast: false)
        let reason: StopReason? = loss <= (plan.stopAtLoss ?? -1) ? .loss : step >= plan.steps ? .steps : nil
        if isRecorded || reason != nil, result.records.steps.last != step {
            measures.record(step, loss, data, mover, linear, initialNorm: result.initialNorm, into: &result.records)
            report(step, result.records)
        }
        return reason
    }

    private func advance() {
        let rows = batches?.rows(atStep: step)
        let tape = data.loadBatch(rows)
        if rows != nil { BLASThreads.using(threads) { _ = tape.forward(self.mover.weights) } }
        let count = tape.count * network.outputCount
        data.slope(tape, rows, into: &slope)
        let scale = plan.outputScale
        // Not element by element of properties, each access to which is checked.
        slope.withUnsafeBufferPointer { slope in
            delta.withUnsafeMutableBufferPointer { delta in
                for i in 0..<count { delta[i] = Scalar(slope[i] / scale) }
            }
        }
        BLASThreads.using(threads) {
            self.path?.add(self.mover.weights, slope: self.slope, rows: rows, rate: self.plan.optimizer.learningRate)
            self.linear?.step(self.step, self.data, rows)
        }
        BLASThreads.using(passThreads) {
            self.delta.withUnsafeBufferPointer { delta in
                guard let delta = delta.baseAddress else { return }
                if self.mover.movesWithin {
                    self.mover.moveWithin(tape, outputDelta: delta)
                } else {
                    tape.backward(self.mover.weights, outputDelta: delta, gradient: self.mover.gradient)
                    self.mover.move()
                }
            }
        }
        step += 1
    }

    /// Ends the run where it is.
    func interrupt() { finish(.cancelled) }

    private func finish(_ reason: StopReason) {
        result.stopReason = reason
        keepSnapshot(isLast: true)
        result.linearizedDisagreement = linear?.disagreement
        result.linearizedDivergedAtStep = linear?.divergedAtStep
        // The path of a cancelled run is summed up nowhere: whoever cancelled does not want to wait for it.
        guard let path, reason == .steps || reason == .loss else { return }
        let center = plan.centerOutputs ? path.outputs(mover.start, center: nil, scale: 1) : nil
        result.pathKernel = path.result(
            offsets: path.outputs(mover.start, center: center, scale: plan.outputScale),
            outputs: path.outputs(mover.weights, center: center, scale: plan.outputScale))
    }

    /// Keeps the parameters at the steps that were asked for; a run that ends before one of them keeps its last ones, unless they
    /// diverged beyond all numbers.
    private func keepSnapshot(isLast: Bool) {
        let isDue = plan.snapshotSteps.contains(step) || isLast && plan.snapshotSteps.contains { $0 > step }
        guard isDue, result.snapshotSteps.last != step else { return }
        let parameters = (0..<network.parameterCount).map { Double(mover.weights[$0]) }
        guard parameters.allSatisfy(\.isFinite) else { return }
        result.snapshotSteps.append(step)
        result.snapshots += parameters
    }

    // MARK: Checkpoints

    func encode() -> [UInt8] {
        var writer = StateWriter()
        writer.write(step)
        mover.encode(into: &writer)
        result.encode(into: &writer)
        linear?.encode(into: &writer)
        path?.encode(into: &writer)
        return writer.bytes
    }

    /// Goes on from what ``encode()`` wrote of a run of the same plan, width and seed.
    func decode(_ bytes: [UInt8]) throws(DamagedState) {
        var reader = StateReader(bytes)
        step = try reader.int()
        try mover.decode(from: &reader)
        result = try RunResult(from: &reader)
        try linear?.decode(from: &reader)
        try path?.decode(from: &reader)
    }
}
