import Architectures
import Foundation
import JSON
import Synchronization
import Testing

@testable import FiniteNetworks

/// What the kernel at the start, and along the way, says about a run.
struct LinearizedRunTests {
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

    /// A little beyond the largest rate the linearisation diverges where the network, whose kernel shrinks, finds its minimum: the curves
    /// of the linearisation end, the step is told, and no power law is drawn through them. All that survives a checkpoint.
    @Test(arguments: [nil, 2] as [Int?])
    func aLinearisationThatDivergesEndsThere(batchSize: Int?) throws {
        var plan = try smallPlan("{\"type\": \"dense\", \"width\": 24}, \"tanh\", {\"type\": \"dense\", \"width\": 1}", steps: 1)
        plan.test = TrainingData(rows: 2, inputs: numbers(4, seed: 13), targets: numbers(2, seed: 14))
        plan.tracked = [.linearized, .outputs]
        let limit = try #require(try sweep(plan, widths: [24], seeds: [3]).first?.learningRateMax)
        plan.batchSize = batchSize
        (plan.optimizer, plan.steps, plan.recordEvery) = (.sgd(learningRate: 1.6 * limit, momentum: 0), 60, 7)
        let run = try #require(try sweep(plan, widths: [24], seeds: [3]).first)
        let step = try #require(run.linearizedDivergedAtStep)
        #expect(run.stopReason == .steps && run.records.steps.count == 10)
        let recorded = run.records.steps.count { $0 < step }
        #expect(recorded > 1 && recorded < 10, "\(step)")
        for curve in [run.records.linearLoss, run.records.linearRMSE, run.records.linearTestRMSE, run.records.linearDrift] {
            #expect(curve.count == recorded && curve.allSatisfy { $0.isFinite })
        }
        #expect(run.records.linearLoss.allSatisfy { $0 <= 1e10 * max(run.records.loss[0], 1) })
        #expect(run.records.linearOutputs.count == recorded * 5 && run.records.linearTestOutputs.count == recorded * 2)
        let kept = Mutex<[[UInt8]]>([])
        var observer = TrainingSweep.Observer()
        observer.isCheckpointDue = { true }
        observer.save = { bytes in kept.withLock { $0.append(bytes) } }
        let all = try #require(TrainingSweep(plan, widths: [24], seeds: [3], faults: Faults()))
        _ = try all.run(in: Double.self, threads: 1, observer)
        let checkpoints = kept.withLock { $0 }
        for place in [step / 2, step + 3] { #expect(try all.run(in: Double.self, threads: 1, from: checkpoints[place]) == [run]) }
    }

    @Test func whereALinearisationDivergedNoPowerLawLooks() throws {
        var plan = try smallPlan("{\"type\": \"dense\", \"width\": 24}, \"tanh\", {\"type\": \"dense\", \"width\": 1}", steps: 5)
        plan.tracked = [.linearized]
        var runs = try sweep(plan, widths: [4, 8, 16])
        let names = ["linearized_output_rmse", "linearized_predicted_relative_drift"]
        func laws(_ runs: [RunResult]) -> [PowerLaw] { runs.scaling.filter { names.contains($0.name) }.map(\.law) }
        let others = laws(Array(runs[..<2]))
        runs[2].linearizedDivergedAtStep = 3
        runs[2].records.linearRMSE[0] = 1e9
        #expect(others.count == 2 && laws(runs) == others)
        #expect(runs.scaling.contains { $0.name == "weight_drift_relative" })
        runs[1].linearizedDivergedAtStep = 3
        #expect(laws(runs).isEmpty)
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
}
