/// The linearised network, F(w₀) + α J (w − w₀), trained beside the real one by the same rule in function space: everything it
/// does is a function of the kernel Θ = J Jᵀ of the start.
///
/// With ℓ' = ∂L/∂F and gradient descent the displacement is w − w₀ = −Jᵀ a/α with a ← a + η v, v ← momentum · v + ℓ', so
/// F = F₀ − Θ a, and ‖w − w₀‖² = aᵀ Θ a/α². For plain gradient descent on half_sum that is r₀ᵀ (I − E) Θ⁻¹ (I − E) r₀ with
/// E = (I − ηΘ)^t. Exact in discrete time; no inverse and no eigenvalue is needed, so a singular Θ is no trouble.
struct FunctionSpaceRun {
    /// [n k, n k] and [m k, n k]
    private let kernel: [Double]
    private let testKernel: [Double]
    private let start: [Double]
    private let testStart: [Double]
    private let momentum: Double
    private let rate: Double
    private let outputScale: Double
    private var sum: [Double]
    private var velocity: [Double]

    /// F of the linearised network on the training rows.
    private(set) var outputs: [Double]

    init(kernel: [Double], testKernel: [Double], start: [Double], testStart: [Double], optimizer: Optimizer, outputScale: Double) {
        (self.kernel, self.testKernel, self.start, self.testStart) = (kernel, testKernel, start, testStart)
        (momentum, rate, self.outputScale) = (optimizer.momentum, optimizer.learningRate, outputScale)
        sum = [Double](repeating: 0, count: start.count)
        velocity = sum
        outputs = start
    }

    /// One step; `slope` is ∂L/∂F of ``outputs``, zero for rows outside the batch. O((n k)²).
    mutating func step(slope: UnsafeBufferPointer<Double>) {
        for i in 0..<sum.count {
            velocity[i] = momentum * velocity[i] + slope[i]
            sum[i] += rate * velocity[i]
        }
        update()
    }

    private mutating func update() {
        outputs = zip(start, product(kernel, rows: start.count)).map { $0 - $1 }
    }

    var testOutputs: [Double] { zip(testStart, product(testKernel, rows: testStart.count)).map { $0 - $1 } }

    /// ‖w − w₀‖ of the linearised network, from the kernel alone.
    var drift: Double {
        max(0, zip(sum, product(kernel, rows: sum.count)).reduce(0) { $0 + $1.0 * $1.1 }).squareRoot() / outputScale
    }

    private func product(_ matrix: [Double], rows: Int) -> [Double] {
        let n = sum.count
        return [Double](unsafeUninitializedCapacity: rows) { result, count in
            matrix.withUnsafeBufferPointer { matrix in
                sum.withUnsafeBufferPointer { sum in
                    for i in 0..<rows {
                        var total = 0.0
                        for j in 0..<n { total += matrix[i * n + j] * sum[j] }
                        result.initializeElement(at: i, to: total)
                    }
                }
            }
            count = rows
        }
    }

    func encode(into writer: inout StateWriter) {
        writer.write(sum)
        writer.write(velocity)
    }

    mutating func decode(from reader: inout StateReader) throws(DamagedState) {
        (sum, velocity) = (try reader.doubles(), try reader.doubles())
        guard sum.count == start.count, velocity.count == sum.count else { throw DamagedState() }
        update()
    }
}

/// The same network trained in weight space: a displacement u moved by the optimizer, F = F₀ + α J u by tangent passes.
///
/// It serves every optimizer, and where ``FunctionSpaceRun`` exists the two must agree.
final class WeightSpaceRun<Scalar: NetworkScalar> {
    private let train: NetworkTape<Scalar>
    private let test: NetworkTape<Scalar>?
    private let parameters: UnsafePointer<Scalar>
    private let start: [Double]
    private let testStart: [Double]
    private let outputScale: Double
    private let mover: WeightMover<Scalar>

    private(set) var outputs: [Double]
    var drift: Double { mover.distances.reduce(0, +).squareRoot() }

    /// - Parameter parameters: w₀, which outlives the run.
    init(
        _ network: FiniteNetwork, _ parameters: UnsafePointer<Scalar>, train: [Scalar], test: [Scalar]?, start: [Double],
        testStart: [Double], optimizer: Optimizer, outputScale: Double
    ) {
        let rows = train.count / network.inputCount
        self.train = NetworkTape(network, capacity: rows)
        self.train.forward(parameters, train, count: rows)
        self.test = test.map { test in
            let tape = NetworkTape<Scalar>(network, capacity: test.count / network.inputCount)
            tape.forward(parameters, test, count: test.count / network.inputCount)
            return tape
        }
        self.parameters = parameters
        (self.start, self.testStart, self.outputScale) = (start, testStart, outputScale)
        mover = WeightMover(network, optimizer)
        outputs = start
    }

    /// One step; `slope` is ∂L/∂F of ``outputs``, zero for rows outside the batch.
    func step(slope: UnsafeBufferPointer<Double>) {
        train.backward(parameters, outputDelta: slope.map { Scalar($0 / outputScale) }, gradient: mover.gradient)
        mover.move()
        update()
    }

    private func update() { outputs = outputs(train, start) }

    var testOutputs: [Double] { test.map { outputs($0, testStart) } ?? [] }

    private func outputs(_ tape: NetworkTape<Scalar>, _ start: [Double]) -> [Double] {
        let tangent = tape.pushForward(parameters, along: mover.weights).first
        return start.indices.map { start[$0] + outputScale * Double(tangent[$0]) }
    }

    func encode(into writer: inout StateWriter) { mover.encode(into: &writer) }

    func decode(from reader: inout StateReader) throws(DamagedState) {
        try mover.decode(from: &reader)
        update()
    }
}
