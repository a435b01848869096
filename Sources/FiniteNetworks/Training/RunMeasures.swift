/// What is measured of a run at a recorded step, beside what the start was like.
final class RunMeasures<Scalar: NetworkScalar> {
    private let plan: TrainingPlan
    private let network: FiniteNetwork
    /// The kernel averaged over outputs at the start, [n, n].
    private var startKernel: [Double] = []
    /// ‖w₀‖ by layer.
    private var layerNorms: [Double] = []
    private var tangents: NetworkTape<Scalar>?
    /// A loss beyond which a run has diverged: 1e10 times the larger of the first loss and that of outputs that are zero.
    private(set) var divergence = Double.infinity

    init(_ plan: TrainingPlan, _ network: FiniteNetwork) {
        self.plan = plan
        self.network = network
    }

    /// Looks at the start, after a forward pass.
    func begin(_ data: TrainingTapes<Scalar>, _ start: UnsafePointer<Scalar>) {
        layerNorms = network.trainableRanges.map { Scalar.squaredDistance(start + $0.lowerBound, nil, count: $0.count).squareRoot() }
        let zero = [Double](repeating: 0, count: data.outputs.count)
        let bound = 1e10 * max(data.loss, data.loss(of: zero, data.targets))
        divergence = bound > 0 ? bound : .infinity
        if plan.tracks(.kernelDrift) { startKernel = kernel(data.train, start) }
        guard plan.tracks(.tangents) else { return }
        let rows = plan.tangentRows
        let tape = NetworkTape<Scalar>(network, capacity: rows.count)
        let length = network.inputCount
        tape.load(rows.flatMap { plan.train.inputs[$0 * length..<($0 + 1) * length].map { Scalar($0) } }, count: rows.count)
        tangents = tape
    }

    func record(
        _ step: Int, _ loss: Double, _ data: TrainingTapes<Scalar>, _ mover: WeightMover<Scalar>, _ linear: LinearizedPair<Scalar>?,
        initialNorm: Double, into records: inout RunRecords
    ) {
        records.steps.append(step)
        records.loss.append(loss)
        if plan.test != nil { data.forwardTest(mover.weights) }
        if let targets = plan.test?.targets { records.testLoss.append(data.loss(of: data.testOutputs, targets)) }
        if plan.isClassification {
            records.accuracy.append(accuracy(data.outputs, data.targets))
            if let targets = plan.test?.targets { records.testAccuracy.append(accuracy(data.testOutputs, targets)) }
        }
        records.drift.append(mover.distances.reduce(0, +).squareRoot())
        let moved = zip(network.layers, mover.distances).filter(\.0.isTrainable).map(\.1)
        records.layerDrift += zip(moved, layerNorms).map { $1 > 0 ? $0.squareRoot() / $1 : .nan }
        if plan.tracks(.outputs) {
            records.outputs += data.outputs
            records.testOutputs += data.testOutputs
        }
        if let linear, linear.divergedAtStep == nil { record(linear, data, into: &records) }
        if plan.tracks(.kernelDrift) { recordKernel(data.train, mover.weights, into: &records) }
        if let tangents { records.tangentCosines += cosines(tangents, mover.weights) }
    }

    private func record(_ linear: LinearizedPair<Scalar>, _ data: TrainingTapes<Scalar>, into records: inout RunRecords) {
        let (outputs, testOutputs) = (linear.outputs, linear.testOutputs)
        records.linearLoss.append(data.loss(of: outputs, data.targets))
        records.linearRMSE.append(rmse(outputs, data.outputs))
        if plan.test != nil { records.linearTestRMSE.append(rmse(testOutputs, data.testOutputs)) }
        records.linearDrift.append(linear.drift)
        if plan.tracks(.outputs) {
            records.linearOutputs += outputs
            records.linearTestOutputs += testOutputs
        }
    }

    private func recordKernel(_ tape: NetworkTape<Scalar>, _ weights: UnsafePointer<Scalar>, into records: inout RunRecords) {
        let kernel = kernel(tape, weights)
        var (difference, own, other, along) = (0.0, 0.0, 0.0, 0.0)
        for (now, before) in zip(kernel, startKernel) {
            difference += (now - before) * (now - before)
            own += now * now
            other += before * before
            along += now * before
        }
        records.kernelDrift.append(other > 0 ? (difference / other).squareRoot() : .nan)
        records.kernelAlignment.append(own > 0 && other > 0 ? min(1, along / (own.squareRoot() * other.squareRoot())) : .nan)
    }

    private func kernel(_ tape: NetworkTape<Scalar>, _ weights: UnsafePointer<Scalar>) -> [Double] {
        KernelFactors(tape, weights).mean(0..<tape.count, 0..<tape.count)
    }

    /// Θ_ij/√(Θ_ii Θ_jj) of the chosen rows: the cosines of the angles between their outputs' tangents.
    private func cosines(_ tape: NetworkTape<Scalar>, _ weights: UnsafePointer<Scalar>) -> [Double] {
        tape.forward(weights)
        let (kernel, n) = (kernel(tape, weights), tape.count)
        return (0..<n * n).map { at in
            let scale = kernel[at / n * (n + 1)].squareRoot() * kernel[at % n * (n + 1)].squareRoot()
            return at / n == at % n ? 1 : scale > 0 ? min(1, max(-1, kernel[at] / scale)) : 0
        }
    }

    private func rmse(_ a: [Double], _ b: [Double]) -> Double {
        (zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / Double(max(1, a.count))).squareRoot()
    }

    /// The share of rows whose largest output is that of their class.
    private func accuracy(_ outputs: [Double], _ targets: [Double]) -> Double {
        let k = network.outputCount
        func largest(_ values: [Double], _ row: Int) -> Int {
            (1..<k).reduce(0) { values[row * k + $1] > values[row * k + $0] ? $1 : $0 }
        }
        let rows = outputs.count / k
        return Double((0..<rows).count { largest(outputs, $0) == largest(targets, $0) }) / Double(rows)
    }
}
