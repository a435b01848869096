/// The rows of a run, loaded on tapes, and its outputs F = α (f(w) − f(w₀)) or α f(w).
final class TrainingTapes<Scalar: NetworkScalar> {
    let plan: TrainingPlan
    let network: FiniteNetwork
    /// All training rows.
    let train: NetworkTape<Scalar>
    let test: NetworkTape<Scalar>?
    private let batch: NetworkTape<Scalar>?
    let targets: [Double]
    /// f(w₀) by row, where outputs are centred.
    private let center: [Double]?
    private let testCenter: [Double]?
    private var batchOutputs: [Double] = []
    private var batchTargets: [Double] = []

    /// F of the last ``forward(_:)``.
    private(set) var outputs: [Double]
    private(set) var testOutputs: [Double]

    /// - Parameter threads: that a pass over all training rows may take, of which there will be many; nil: there will be few, and
    ///   rows are not packed for them.
    init(_ plan: TrainingPlan, _ network: FiniteNetwork, parameters: UnsafePointer<Scalar>, threads: Int? = nil) {
        func tape(_ data: TrainingData, packedFor threads: Int? = nil) -> NetworkTape<Scalar> {
            let tape = NetworkTape<Scalar>(network, capacity: data.rows)
            tape.load(data.inputs.map { Scalar($0) }, count: data.rows)
            // Before the first pass, whose outputs are to be those of the later ones to the last bit.
            if let threads { tape.packInputs(threads: threads) }
            tape.forward(parameters)
            return tape
        }
        func values(_ tape: NetworkTape<Scalar>) -> [Double] {
            (0..<tape.count * network.outputCount).map { Double(tape.outputs[$0]) }
        }
        self.plan = plan
        self.network = network
        let size = plan.batchSize ?? plan.train.rows
        train = tape(plan.train, packedFor: size < plan.train.rows ? nil : threads)
        test = plan.test.map { tape($0) }
        batch = size < plan.train.rows ? NetworkTape(network, capacity: size) : nil
        targets = plan.train.targets ?? [Double](repeating: 0, count: plan.train.rows * network.outputCount)
        center = plan.centerOutputs ? values(train) : nil
        testCenter = plan.centerOutputs ? test.map(values) : nil
        outputs = [Double](repeating: 0, count: plan.train.rows * network.outputCount)
        testOutputs = [Double](repeating: 0, count: (plan.test?.rows ?? 0) * network.outputCount)
    }

    /// Computes the outputs of all training rows.
    func forward(_ parameters: UnsafePointer<Scalar>) {
        Self.scale(train.forward(parameters), center, plan.outputScale, into: &outputs)
    }

    /// Computes the outputs of the test rows, where there are any.
    func forwardTest(_ parameters: UnsafePointer<Scalar>) {
        guard let test else { return }
        Self.scale(test.forward(parameters), testCenter, plan.outputScale, into: &testOutputs)
    }

    private static func scale(
        _ source: UnsafePointer<Scalar>, _ center: [Double]?, _ scale: Double, into target: inout [Double]
    ) {
        target.withUnsafeMutableBufferPointer { target in
            if let center {
                for i in target.indices { target[i] = scale * (Double(source[i]) - center[i]) }
            } else {
                for i in target.indices { target[i] = scale * Double(source[i]) }
            }
        }
    }

    var loss: Double { loss(of: outputs, targets) }

    func loss(of outputs: [Double], _ targets: [Double]) -> Double {
        outputs.withUnsafeBufferPointer { outputs in
            targets.withUnsafeBufferPointer { plan.loss.value(outputs, $0, outputs: network.outputCount) }
        }
    }

    /// The tape on which a step is taken, with these rows loaded; nil: all of them, as the last ``forward(_:)`` left them.
    func loadBatch(_ rows: [Int]?) -> NetworkTape<Scalar> {
        guard let rows, let batch else { return train }
        let (source, target, length) = (train.value(0), batch.inputBuffer(count: rows.count), network.inputCount)
        for (place, row) in rows.enumerated() { Loops.copy(source + row * length, into: target + place * length, count: length) }
        return batch
    }

    /// ∂L/∂F of the rows of a batch on their tape, after its forward pass.
    func slope(_ tape: NetworkTape<Scalar>, _ rows: [Int]?, into slope: inout [Double]) {
        guard let rows else { return gradient(outputs, targets, into: &slope) }
        let k = network.outputCount
        batchOutputs.removeAll(keepingCapacity: true)
        batchTargets.removeAll(keepingCapacity: true)
        for (place, row) in rows.enumerated() {
            for o in 0..<k {
                let base = center.map { $0[row * k + o] } ?? 0
                batchOutputs.append(plan.outputScale * (Double(tape.outputs[place * k + o]) - base))
                batchTargets.append(targets[row * k + o])
            }
        }
        gradient(batchOutputs, batchTargets, into: &slope)
    }

    /// ∂L/∂F of outputs on all training rows, zero for the rows outside a batch.
    func slope(of outputs: [Double], _ rows: [Int]?, into slope: inout [Double]) {
        gradient(outputs, targets, examples: rows?.count, into: &slope)
        guard let rows else { return }
        let (k, inside) = (network.outputCount, Set(rows))
        for row in 0..<plan.train.rows where !inside.contains(row) {
            for o in 0..<k { slope[row * k + o] = 0 }
        }
    }

    private func gradient(_ outputs: [Double], _ targets: [Double], examples: Int? = nil, into slope: inout [Double]) {
        let k = network.outputCount
        outputs.withUnsafeBufferPointer { outputs in
            targets.withUnsafeBufferPointer { targets in
                slope.withUnsafeMutableBufferPointer {
                    plan.loss.gradient(outputs, targets, outputs: k, examples: examples ?? outputs.count / k, into: $0)
                }
            }
        }
    }
}
