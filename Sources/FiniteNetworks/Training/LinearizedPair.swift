/// The linearised network trained beside the real one: in function space where the optimizer allows it and the kernel fits,
/// and in weight space.
struct LinearizedPair<Scalar: NetworkScalar> {
    private var functionSpace: FunctionSpaceRun?
    private let weightSpace: WeightSpaceRun<Scalar>
    private var slope: [Double]
    /// A loss beyond which the linearised network has diverged, as that of the network itself.
    private let bound: Double
    /// The largest difference between the two so far, relative to the largest output.
    private(set) var disagreement: Double?
    /// The first step after which its loss was beyond the bound, or no number; it goes no further then.
    private(set) var divergedAtStep: Int?

    /// Outputs times rows beyond which the kernel is not formed: 128 MB in float64.
    static var largestKernel: Int { 4096 }

    /// - Parameters:
    ///   - start: w₀, which outlives the pair.
    ///   - data: after a forward pass at w₀.
    ///   - bound: a loss beyond which the network has diverged.
    init(_ plan: TrainingPlan, _ network: FiniteNetwork, _ start: UnsafePointer<Scalar>, _ data: TrainingTapes<Scalar>, bound: Double) {
        self.bound = bound
        data.forwardTest(start)
        let (rows, testRows) = (plan.train.rows, plan.test?.rows ?? 0)
        let (train, test) = (plan.train.inputs.map { Scalar($0) }, plan.test?.inputs.map { Scalar($0) })
        weightSpace = WeightSpaceRun(
            network, start, train: train, test: test, start: data.outputs, testStart: data.testOutputs, optimizer: plan.optimizer,
            outputScale: plan.outputScale)
        slope = [Double](repeating: 0, count: rows * network.outputCount)
        guard plan.optimizer.isLinear, (rows + testRows) * network.outputCount <= Self.largestKernel else { return }
        let tape = NetworkTape<Scalar>(network, capacity: rows + testRows)
        tape.forward(start, train + (test ?? []), count: rows + testRows)
        let factors = KernelFactors(tape, start)
        functionSpace = FunctionSpaceRun(
            kernel: factors.full(0..<rows, 0..<rows),
            testKernel: testRows == 0 ? [] : factors.full(rows..<(rows + testRows), 0..<rows), start: data.outputs,
            testStart: data.testOutputs, optimizer: plan.optimizer, outputScale: plan.outputScale)
        disagreement = 0
    }

    var outputs: [Double] { functionSpace?.outputs ?? weightSpace.outputs }
    var testOutputs: [Double] { functionSpace?.testOutputs ?? weightSpace.testOutputs }
    /// ‖w − w₀‖ of the linearised network: from the kernel alone in function space.
    var drift: Double { functionSpace?.drift ?? weightSpace.drift }

    /// The step of this number, on these rows (nil: all).
    mutating func step(_ number: Int, _ data: TrainingTapes<Scalar>, _ rows: [Int]?) {
        guard divergedAtStep == nil else { return }
        data.slope(of: weightSpace.outputs, rows, into: &slope)
        slope.withUnsafeBufferPointer { weightSpace.step(slope: $0) }
        if functionSpace != nil {
            data.slope(of: functionSpace?.outputs ?? [], rows, into: &slope)
            slope.withUnsafeBufferPointer { functionSpace?.step(slope: $0) }
        }
        guard [outputs, weightSpace.outputs].allSatisfy({ data.loss(of: $0, data.targets) <= bound }) else {
            divergedAtStep = number + 1
            return
        }
        guard let exact = functionSpace?.outputs else { return }
        let size = exact.reduce(0) { max($0, abs($1)) }
        let difference = zip(exact, weightSpace.outputs).reduce(0) { max($0, abs($1.0 - $1.1)) }
        if size > 0, difference.isFinite { disagreement = max(disagreement ?? 0, difference / size) }
    }

    func encode(into writer: inout StateWriter) {
        weightSpace.encode(into: &writer)
        functionSpace?.encode(into: &writer)
        writer.write(disagreement ?? -1)
        writer.write(divergedAtStep ?? -1)
    }

    mutating func decode(from reader: inout StateReader) throws(DamagedState) {
        try weightSpace.decode(from: &reader)
        try functionSpace?.decode(from: &reader)
        let difference = try reader.double()
        disagreement = difference < 0 ? nil : difference
        let step = try reader.int()
        divergedAtStep = step < 0 ? nil : step
    }
}
