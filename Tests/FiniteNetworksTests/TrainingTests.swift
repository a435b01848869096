import Architectures
import Foundation
import JSON
import Synchronization
import Testing

@testable import FiniteNetworks

/// A plan for a small problem: `rows` points in two dimensions with targets between −1 and 1.
func smallPlan(
    _ layers: String, parameterization: String = "ntk", rows: Int = 5, outputs: Int = 1, optimizer: Optimizer = .sgd(learningRate: 0.2, momentum: 0),
    steps: Int = 40
) throws -> TrainingPlan {
    let network = try network("{\"parameterization\": \"\(parameterization)\", \"layers\": [\(layers)]}", inputShape: [2])
    return TrainingPlan(
        architecture: network.architecture, inputShape: [2],
        train: TrainingData(rows: rows, inputs: numbers(rows * 2, seed: 11), targets: numbers(rows * outputs, seed: 12)), optimizer: optimizer,
        steps: steps)
}

private let erfNetwork = "{\"type\": \"dense\", \"width\": 12, \"bias_std\": 0.3}, \"erf\", {\"type\": \"dense\", \"width\": 12}, \"relu\", {\"type\": \"dense\", \"width\": 2}"
private let linearNetwork = "{\"type\": \"dense\", \"width\": 1, \"weight_std\": 1.3, \"bias_std\": 0.4}"
private let everyOptimizer: [Optimizer] = [
    .sgd(learningRate: 0.1, momentum: 0), .sgd(learningRate: 0.05, momentum: 0.8), .adam(learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8),
]

struct TrainingTests {
    // MARK: Resuming

    /// Every checkpoint of a run leads to the result of the run itself, bit for bit.
    @Test(arguments: everyOptimizer, [nil, 2] as [Int?])
    func resumingChangesNothing(_ optimizer: Optimizer, batchSize: Int?) throws {
        var plan = try smallPlan(erfNetwork, outputs: 2, optimizer: optimizer)
        plan.batchSize = batchSize
        plan.tracked = [.weightDrift, .kernelDrift, .linearized, .outputs, .tangents]
        plan.tangentRows = [0, 3]
        plan.recordEvery = 3
        plan.snapshotSteps = [7, 40]
        plan.test = TrainingData(rows: 2, inputs: numbers(4, seed: 13), targets: numbers(4, seed: 14))
        try expectResumable(plan, widths: [6, 9], in: Double.self)
        try expectResumable(plan, widths: [6], in: Float.self)
    }

    @Test func resumingKeepsPathKernels() throws {
        var plan = try smallPlan("{\"type\": \"dense\", \"width\": 9}, \"tanh\", {\"type\": \"dense\", \"width\": 1}")
        plan.tracked = [.pathKernel]
        plan.centerOutputs = true
        plan.outputScale = 3
        try expectResumable(plan, widths: [5], in: Double.self)
    }

    private func expectResumable<Scalar: NetworkScalar>(_ plan: TrainingPlan, widths: [Int], in precision: Scalar.Type) throws {
        let sweep = try #require(TrainingSweep(plan, widths: widths, seeds: [3], faults: Faults()))
        let straight = try #require(try sweep.run(in: Scalar.self, threads: 1))
        let kept = Checkpoints()
        let watched = try #require(try sweep.run(in: Scalar.self, threads: 1, kept.observer))
        #expect(watched == straight)
        let all = kept.all
        #expect(all.count > 10)
        for bytes in [all[0], all[all.count / 3], all[all.count - 1]] {
            #expect(try sweep.run(in: Scalar.self, threads: 2, from: bytes) == straight)
        }
        // A damaged checkpoint, or none of ours, is as none.
        #expect(try sweep.run(in: Scalar.self, threads: 1, from: Array(all[2].dropLast(9))) == straight)
        #expect(try sweep.run(in: Scalar.self, threads: 1, from: [1, 2, 3]) == straight)
    }

    /// Keeps a checkpoint after every step.
    private final class Checkpoints: Sendable {
        private let bytes = Mutex<[[UInt8]]>([])
        var all: [[UInt8]] { bytes.withLock { $0 } }
        var observer: TrainingSweep.Observer {
            var observer = TrainingSweep.Observer()
            observer.isCheckpointDue = { true }
            observer.save = { checkpoint in self.bytes.withLock { $0.append(checkpoint) } }
            return observer
        }
    }

    @Test func threadsChangeNothing() throws {
        let plan = try smallPlan(erfNetwork, outputs: 2)
        let alone = try sweep(plan, widths: [4, 8], seeds: [1, 2, 3], threads: 1)
        #expect(try sweep(plan, widths: [4, 8], seeds: [1, 2, 3], threads: 3) == alone)
        #expect(alone.map(\.width) == [4, 4, 4, 8, 8, 8])
        #expect(alone.map(\.seed) == [1, 2, 3, 1, 2, 3])
    }

    @Test func aCancelledSweepHasNoResult() throws {
        let sweep = try #require(TrainingSweep(try smallPlan(erfNetwork, outputs: 2), widths: nil, seeds: [0], faults: Faults()))
        var observer = TrainingSweep.Observer()
        observer.isCancelled = { true }
        #expect(try sweep.run(in: Double.self, threads: 1, observer) == nil)
    }

    @Test func aFailureToSaveIsThrown() throws {
        struct Full: Error {}
        let sweep = try #require(TrainingSweep(try smallPlan(erfNetwork, outputs: 2), widths: [4, 5], seeds: [0], faults: Faults()))
        var observer = TrainingSweep.Observer()
        observer.isCheckpointDue = { true }
        observer.save = { _ in throw Full() }
        #expect(throws: Full.self) { try sweep.run(in: Double.self, threads: 2, observer) }
    }

    // MARK: Ends

    @Test func aRunStopsAtItsLoss() throws {
        var plan = try smallPlan(linearNetwork, rows: 2, steps: 10_000)
        plan.stopAtLoss = 1e-6
        plan.recordEvery = 7
        let run = try #require(try sweep(plan).first)
        #expect(run.stopReason == .loss)
        let last = try #require(run.records.loss.last)
        #expect(last <= 1e-6 && last > 1e-8)
        #expect(run.records.loss.dropLast().allSatisfy { $0 > 1e-6 })
    }

    /// On a network that is linear in its weights the largest learning rate is exactly that: below it the loss falls, above it
    /// the run diverges, keeps what it recorded and says so.
    @Test(arguments: [Loss.halfMean, .halfSum, .mean], [0, 0.6])
    func theLargestLearningRateIsSharp(_ loss: Loss, momentum: Double) throws {
        var plan = try smallPlan(linearNetwork, optimizer: .sgd(learningRate: 1e-9, momentum: momentum), steps: 1)
        plan.loss = loss
        let limit = try #require(try sweep(plan).first?.learningRateMax)
        plan.steps = 4000
        plan.optimizer = .sgd(learningRate: 0.99 * limit, momentum: momentum)
        let stable = try #require(try sweep(plan).first)
        #expect(stable.stopReason == .steps)
        #expect(try #require(stable.records.loss.last) < stable.records.loss[0])
        plan.optimizer = .sgd(learningRate: 1.01 * limit, momentum: momentum)
        let unstable = try #require(try sweep(plan).first)
        #expect(unstable.stopReason == .diverged)
        #expect(unstable.records.steps.count > 1)
        #expect(unstable.records.loss.allSatisfy { $0.isFinite })
    }

    // MARK: The linearised network

    /// A network that is linear in its weights is its own linearisation, whatever the optimizer.
    @Test(arguments: everyOptimizer, [nil, 2] as [Int?])
    func aLinearNetworkIsItsLinearisation(_ optimizer: Optimizer, batchSize: Int?) throws {
        var plan = try smallPlan(linearNetwork, optimizer: optimizer)
        plan.batchSize = batchSize
        plan.test = TrainingData(rows: 2, inputs: numbers(4, seed: 13), targets: nil)
        plan.tracked = [.linearized, .kernelDrift]
        plan.outputScale = 2
        let run = try #require(try sweep(plan).first)
        #expect(run.records.linearRMSE.allSatisfy { $0 < 1e-13 })
        #expect(run.records.linearTestRMSE.allSatisfy { $0 < 1e-13 })
        #expect(zip(run.records.linearDrift, run.records.drift).allSatisfy { abs($0 - $1) < 1e-13 })
        #expect(run.records.kernelDrift.allSatisfy { $0 < 1e-14 })
        #expect(run.records.kernelAlignment.allSatisfy { abs($0 - 1) < 1e-14 })
        if case .sgd = optimizer { #expect(try #require(run.linearizedDisagreement) < 1e-13) }
    }

    /// Function space and weight space agree for networks of any kind, losses, batches, momentum, centring and scale.
    @Test(arguments: [Loss.halfMean, .halfSum, .mean, .crossEntropy], [nil, 2] as [Int?])
    func functionSpaceAgreesWithWeightSpace(_ loss: Loss, batchSize: Int?) throws {
        for (centre, scale) in [(false, 1.0), (true, 5.0)] {
            var plan = try smallPlan(erfNetwork, outputs: 2, optimizer: .sgd(learningRate: 0.05, momentum: 0.7))
            plan.loss = loss
            if loss == .crossEntropy { plan.train = TrainingData(rows: 5, inputs: plan.train.inputs, targets: [1, 0, 0, 1, 1, 0, 1, 0, 0, 1]) }
            plan.batchSize = batchSize
            plan.tracked = [.linearized]
            plan.centerOutputs = centre
            plan.outputScale = scale
            let run = try #require(try sweep(plan).first)
            #expect(try #require(run.linearizedDisagreement) < 1e-12)
            if centre { #expect(abs(run.records.loss[0] - run.records.linearLoss[0]) < 1e-15) }
        }
    }

    /// ‖w − w₀‖² = r₀ᵀ (I − E) Θ⁻¹ (I − E) r₀ with E = (I − η Θ/n)^t, from the kernel of the golden network.
    @Test func theKernelAlonePredictsTheDrift() throws {
        var plan = try smallPlan(erfNetwork.replacingOccurrences(of: "\"width\": 2}", with: "\"width\": 1}"), rows: 3, steps: 25)
        plan.tracked = [.linearized, .outputs]
        let run = try #require(try sweep(plan).first)
        let network = try #require(FiniteNetwork(plan.architecture, inputShape: [2], faults: Faults()))
        let w = network.initialParameters(seed: 0)
        let tape = NetworkTape<Double>(network, capacity: 3)
        let residual = minus(tape.outputs(w, plan.train.inputs), try #require(plan.train.targets))
        let theta = KernelFactors(tape, w).full(0..<3, 0..<3)
        func apply(_ v: [Double]) -> [Double] { (0..<3).map { i in (0..<3).reduce(0) { $0 + theta[i * 3 + $1] * v[$1] } } }
        var left = residual
        for _ in 0..<25 { left = moved(left, apply(left), by: -0.2 / 3) }
        let gone = minus(residual, left)
        let expected = dot(gone, solve(theta, gone)).squareRoot()
        #expect(abs(try #require(run.records.linearDrift.last) - expected) < 1e-12 * expected)
        // And so do the outputs themselves.
        let outputs = Array(run.records.linearOutputs.suffix(3))
        #expect(norm(minus(outputs, moved(left, try #require(plan.train.targets), by: 1))) < 1e-12)
    }

    /// A small system by Gaussian elimination with pivots.
    private func solve(_ matrix: [Double], _ right: [Double]) -> [Double] {
        let n = right.count
        var rows = (0..<n).map { Array(matrix[$0 * n..<($0 + 1) * n]) + [right[$0]] }
        for column in 0..<n {
            let pivot = (column..<n).max { abs(rows[$0][column]) < abs(rows[$1][column]) } ?? column
            rows.swapAt(column, pivot)
            for row in column + 1..<n {
                let factor = rows[row][column] / rows[column][column]
                for k in column...n { rows[row][k] -= factor * rows[column][k] }
            }
        }
        var solution = [Double](repeating: 0, count: n)
        for row in (0..<n).reversed() {
            let known = (row + 1..<n).reduce(0) { $0 + rows[row][$1] * solution[$1] }
            solution[row] = (rows[row][n] - known) / rows[row][row]
        }
        return solution
    }

    // MARK: Eigenvalues and laziness

    /// Lanczos without the matrix against the largest eigenvalue of the matrix, by its own power iteration.
    @Test(arguments: [1, 4, 30])
    func lambdaMaxIsTheKernels(rows: Int) throws {
        let plan = try smallPlan(erfNetwork, rows: rows, outputs: 2, steps: 1)
        let run = try #require(try sweep(plan).first)
        let network = try #require(FiniteNetwork(plan.architecture, inputShape: [2], faults: Faults()))
        let tape = NetworkTape<Double>(network, capacity: rows)
        let w = network.initialParameters(seed: 0)
        _ = tape.outputs(w, plan.train.inputs)
        let (theta, n) = (KernelFactors(tape, w).full(0..<rows, 0..<rows), rows * 2)
        var (vector, value) = (numbers(n, seed: 5), 0.0)
        for _ in 0..<5000 {
            let next = (0..<n).map { i in (0..<n).reduce(0) { $0 + theta[i * n + $1] * vector[$1] } }
            value = norm(next)
            vector = next.map { $0 / value }
        }
        #expect(abs(run.lambdaMax - value) < 1e-9 * value)
    }

    /// f = Σ b_i tanh(a_i x): the Hessian falls into blocks [[b s''(ax) x², s'(ax) x], [s'(ax) x, 0]].
    @Test func kappaOfOneHiddenLayerInClosedForm() throws {
        let layers = "{\"type\": \"dense\", \"width\": 7}, \"tanh\", {\"type\": \"dense\", \"width\": 1}"
        let network = try network("{\"parameterization\": \"standard\", \"layers\": [\(layers)]}", inputShape: [1])
        let (x, y) = (0.8, 0.3)
        var plan = TrainingPlan(
            architecture: network.architecture, inputShape: [1], train: TrainingData(rows: 1, inputs: [x], targets: [y]),
            optimizer: .sgd(learningRate: 0.01, momentum: 0), steps: 1)
        plan.tracked = [.kappa]
        let w = network.initialParameters(seed: 4)
        let (a, b) = (Array(w[network.layers[0].weight]), Array(w[network.layers[1].weight]))
        var (hessian, gradient, f) = (0.0, 0.0, 0.0)
        for (a, b) in zip(a, b) {
            let t = tanh(a * x)
            let (c, d) = (b * -2 * t * (1 - t * t) * x * x, (1 - t * t) * x)
            hessian = max(hessian, abs(c) / 2 + (c * c / 4 + d * d).squareRoot())
            gradient += b * b * d * d + t * t
            f += b * t
        }
        let expected = abs(f - y) * hessian / gradient
        let found = try #require(try sweep(plan, seeds: [4]).first?.kappa)
        #expect(abs(found - expected) < 1e-4 * expected)
        // Centred outputs are 0, and a scale divides κ.
        plan.centerOutputs = true
        plan.outputScale = 10
        let lazy = try #require(try sweep(plan, seeds: [4]).first?.kappa)
        #expect(abs(lazy - abs(y) * hessian / gradient / 10) < 1e-4 * lazy)
    }

    // MARK: The path kernel

    /// X15: one hidden layer of 64 erf units over the time 2, with halving steps: a defect of first order.
    @Test func thePathKernelsDefectIsOfFirstOrder() throws {
        var defects: [Double] = []
        for rate in [0.04, 0.02, 0.01, 0.005] {
            var plan = try smallPlan(
                "{\"type\": \"dense\", \"width\": 64, \"bias_std\": 0.1}, \"erf\", {\"type\": \"dense\", \"width\": 1}", rows: 4,
                optimizer: .sgd(learningRate: rate, momentum: 0), steps: Int((2 / rate).rounded()))
            plan.loss = .halfSum
            plan.tracked = [.pathKernel]
            plan.test = TrainingData(rows: 3, inputs: numbers(6, seed: 13), targets: nil)
            let path = try #require(try sweep(plan).first?.pathKernel)
            defects.append(path.relativeDefect)
            // b + Σ a K is the reconstruction.
            for i in 0..<path.rows {
                let sum = (0..<path.columns).reduce(path.offsets[i]) { $0 + path.coefficients[i * path.columns + $1] * path.kernel[i * path.columns + $1] }
                #expect(abs(sum - path.reconstruction[i]) < 1e-12)
            }
        }
        #expect(defects[0] < 0.01)
        for (coarse, fine) in zip(defects, defects.dropFirst()) { #expect(abs(coarse / fine - 2) < 0.1, "\(defects)") }
    }

    @Test(arguments: [nil, 2] as [Int?])
    func thePathKernelOfALinearNetworkIsExact(batchSize: Int?) throws {
        var plan = try smallPlan(linearNetwork)
        plan.batchSize = batchSize
        plan.tracked = [.pathKernel]
        plan.outputScale = 4
        #expect(try #require(try sweep(plan).first?.pathKernel).relativeDefect < 1e-13)
    }

    // MARK: Parts

    @Test(arguments: Loss.allCases)
    func theLossHasItsGradient(_ loss: Loss) throws {
        let (n, k) = (4, 3)
        let outputs = numbers(n * k, seed: 3)
        let targets = loss == .crossEntropy ? (0..<n * k).map { $0 % k == $0 / k % k ? 1.0 : 0 } : numbers(n * k, seed: 4)
        func value(_ outputs: [Double]) -> Double {
            outputs.withUnsafeBufferPointer { o in targets.withUnsafeBufferPointer { loss.value(o, $0, outputs: k) } }
        }
        var gradient = [Double](repeating: 0, count: n * k)
        outputs.withUnsafeBufferPointer { o in
            targets.withUnsafeBufferPointer { t in
                gradient.withUnsafeMutableBufferPointer { loss.gradient(o, t, outputs: k, examples: n, into: $0) }
            }
        }
        for i in outputs.indices {
            var (above, below) = (outputs, outputs)
            above[i] += 1e-5
            below[i] -= 1e-5
            #expect(abs((value(above) - value(below)) / 2e-5 - gradient[i]) < 1e-9)
        }
    }

    @Test func crossEntropyIsOfSoftmax() {
        let (outputs, targets): ([Double], [Double]) = ([1, 2, 1000, 0], [0, 1, 1, 0])
        let value = outputs.withUnsafeBufferPointer { o in targets.withUnsafeBufferPointer { Loss.crossEntropy.value(o, $0, outputs: 2) } }
        #expect(abs(value - log(1 + exp(-1)) / 2) < 1e-15)
    }

    @Test func batchesGoThroughAllRowsInEveryEpoch() {
        var order = BatchOrder(rows: 7, size: 3, seed: 1)
        let epochs = (0..<4).map { epoch in (0..<3).map { order.rows(atStep: 3 * epoch + $0) } }
        for epoch in epochs {
            #expect(epoch.map(\.count) == [3, 3, 1])
            #expect(epoch.joined().sorted() == Array(0..<7))
        }
        #expect(Set(epochs).count == 4)
        var again = BatchOrder(rows: 7, size: 3, seed: 1)
        #expect(again.rows(atStep: 10) == epochs[3][1])
    }

    @Test func accuracyCountsTheLargestOutput() throws {
        var plan = try smallPlan("{\"type\": \"dense\", \"width\": 3}", rows: 6, outputs: 3, steps: 400)
        let classes = [0, 1, 2, 0, 1, 2]
        let inputs = classes.flatMap { c in [cos(2.1 * Double(c)), sin(2.1 * Double(c))] }
        let targets = classes.flatMap { c in (0..<3).map { ($0 == c ? 1 : 0) - 1 / 3.0 } }
        plan.train = TrainingData(rows: 6, inputs: inputs, targets: targets)
        plan.test = TrainingData(rows: 3, inputs: Array(inputs.prefix(6)), targets: [2, 1, 0].flatMap { Array(targets[$0 * 3..<$0 * 3 + 3]) })
        plan.isClassification = true
        let run = try #require(try sweep(plan).first)
        #expect(run.records.accuracy.last == 1)
        // The test rows have each other's classes, but for the one in the middle.
        #expect(run.records.testAccuracy.last == 1 / 3.0)
    }

    @Test func widthsReplaceHiddenLayersOnly() throws {
        func widths(_ layers: String) throws -> [Int] {
            let network = try network("{\"layers\": [\(layers)]}", inputShape: [4, 4, 3])
            let wide = try #require(FiniteNetwork(network.architecture.withHiddenWidth(7), inputShape: [4, 4, 3], faults: Faults()))
            return wide.layers.map(\.fanOut)
        }
        let (conv, dense) = ("{\"type\": \"conv\", \"channels\": 2, \"filter\": [3, 3], \"padding\": \"same\"}", "{\"type\": \"dense\", \"width\": 2}")
        #expect(try widths("\(conv), \"relu\", \(conv), \"relu\", \"flatten\", \(dense)") == [7, 7, 2])
        #expect(try widths("\(conv), {\"type\": \"parallel\", \"branches\": [[\"relu\", \(conv)], [\"identity\"]]}, \"flatten\", \(dense)") == [7, 7, 2])
        #expect(try widths("{\"type\": \"repeat\", \"times\": 2, \"layers\": [\(conv), \"relu\"]}, \(dense), {\"type\": \"serial\", \"layers\": [\"flatten\", \(dense)]}") == [7, 7, 7, 2])
        let single = try network("{\"layers\": [\(conv), \"relu\"]}", inputShape: [4, 4, 3])
        #expect(!single.architecture.hasHiddenLayers)
    }

    @Test func aWidthThatDoesNotFitIsAFault() throws {
        let network = try network("{\"layers\": [{\"type\": \"parallel\", \"branches\": [[{\"type\": \"dense\", \"width\": 2}], [\"identity\"]]}, {\"type\": \"dense\", \"width\": 1}]}", inputShape: [2])
        var plan = try smallPlan(linearNetwork)
        plan.architecture = network.architecture
        let faults = Faults()
        #expect(TrainingSweep(plan, widths: [2, 3], seeds: [0], faults: faults) == nil)
        #expect(faults.all.first?.pointer.description == "/layers/0")
    }

    @Test func powerLawsHaveTheirErrors() throws {
        let exact = try #require(PowerLaw([1.0, 10, 100, 1000].map { (x: $0, y: 3 * pow($0, -0.5)) }))
        #expect(abs(exact.slope + 0.5) < 1e-14 && abs(exact.intercept - log(3)) < 1e-13 && abs(exact.r2 - 1) < 1e-14)
        #expect(try #require(exact.slopeStandardError) < 1e-14)
        // log y = 0, 1, 1 at log x = 0, 1, 2: slope 1/2, residuals −1/6, 1/3, −1/6, so the error is √(1/6/2).
        let rough = try #require(PowerLaw([(x: 1, y: 1), (x: M_E, y: M_E), (x: M_E * M_E, y: M_E)]))
        #expect(abs(rough.slope - 0.5) < 1e-14)
        #expect(abs(try #require(rough.slopeStandardError) - (1 / 12.0).squareRoot()) < 1e-14)
        #expect(PowerLaw([(x: 1, y: 1), (x: 2, y: 2)])?.slopeStandardError == nil)
        #expect(PowerLaw([(x: 1, y: 1), (x: 1, y: 2)]) == nil)
        #expect(PowerLaw([(x: 1, y: 1), (x: 2, y: 0)]) == nil)
    }
}
