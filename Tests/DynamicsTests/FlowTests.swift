import Dynamics
import Foundation
import InfiniteNetworks
import LinearAlgebra
import Testing

/// A kernel and targets from a seed; equal calls give equal matrices of their own.
private struct Sample {
    let seed: UInt64
    var problem: PredictionProblem
    let train: DenseMatrix
    let test: DenseMatrix

    init(seed: UInt64, rows: Int = 6, outputs: Int = 2, times: [Double]) {
        var random = SplitMix(state: seed)
        self.seed = seed
        train = random.matrix(rows, 3)
        test = random.matrix(4, 3)
        problem = PredictionProblem(targets: random.matrix(rows, outputs), times: times)
        problem.initialTrain = random.matrix(rows, outputs)
        problem.initialTest = random.matrix(4, outputs)
        problem.learningRate = 0.7
    }

    func blocks() throws -> KernelBlocks {
        let stack = try perceptron("erf", depth: 2, weightStd: 1.3, biasStd: 0.3, inputs: 3)
        let kernels = try InfiniteKernelBlocks(of: stack, kinds: [.ntk], train: train, test: test, covariance: .none, threads: 1)
        return try #require(kernels.ntk)
    }

    func closed(_ evolution: Evolution) throws -> OutputFlow.Trajectory {
        try OutputFlow(overwriting: blocks(), name: "ntk", problem: problem, threads: 1).trajectory(evolution)
    }

    func general(_ loss: OutputLoss, momentum: Double = 0) throws -> GeneralFlow {
        try GeneralFlow(blocks(), problem: problem, loss: loss, momentum: momentum, threads: 1)
    }
}

struct EvolutionTests {
    /// A rate that takes A t beyond float64 has no answer, but an end.
    @Test func aRateBeyondFloat64HasNoResponse() {
        #expect(Evolution.momentumFlow(rate: 1e308, momentum: 0.9).response(eigenvalue: 10, time: 1) == nil)
        #expect(Evolution.momentumFlow(rate: 1e200, momentum: 0.9).response(eigenvalue: 1, time: 1e200) == nil)
    }

    @Test func timeZeroAndInfinity() throws {
        for evolution in [Evolution.gradientFlow(rate: 0.3), .momentumFlow(rate: 0.3, momentum: 0.9), .gradientDescent(rate: 0.3, momentum: 0.9)] {
            #expect(evolution.response(eigenvalue: 2, time: 0) == ModeResponse(decay: 1, gain: 0))
            #expect(evolution.response(eigenvalue: 2, time: .infinity) == ModeResponse(decay: 0, gain: 0.5))
            let late = try #require(evolution.response(eigenvalue: 2, time: 10_000))
            #expect(abs(late.decay) < 1e-12)
            #expect(abs(late.gain - 0.5) < 1e-12)
        }
    }

    @Test(arguments: [0.0, 1e-300, 1e-12, 1e-6, 0.01, 1, 3])
    func gainIsWhatTheDecayLeaves(eigenvalue: Double) throws {
        for evolution in [Evolution.gradientFlow(rate: 0.3), .momentumFlow(rate: 0.3, momentum: 0.5), .gradientDescent(rate: 0.3, momentum: 0.5)] {
            for time in [1.0, 7, 40] {
                let response = try #require(evolution.response(eigenvalue: eigenvalue, time: time))
                #expect(abs(eigenvalue * response.gain - (1 - response.decay)) < 1e-14 * max(1, abs(response.gain)))
            }
        }
        // At λ = 0 a mode drifts by the rate and time alone.
        let still = try #require(Evolution.gradientFlow(rate: 0.3).response(eigenvalue: 0, time: 5))
        #expect(abs(still.gain - 1.5) < 1e-15)
    }

    /// The recursion taken step by step.
    @Test(arguments: [0.0, 0.5, 0.95])
    func powersAreSteps(momentum: Double) throws {
        for eigenvalue in [0.0, 0.1, 1, 3.9] {
            var (r, v, gain, gainSpeed) = (1.0, 0.0, 0.0, 0.0)
            for step in 1...50 {
                v = momentum * v - 0.5 * eigenvalue * r
                r += v
                gainSpeed = momentum * gainSpeed + 0.5 * (1 - eigenvalue * gain)
                gain += gainSpeed
                let response = try #require(
                    Evolution.gradientDescent(rate: 0.5, momentum: momentum).response(eigenvalue: eigenvalue, time: Double(step) + 0.5))
                #expect(abs(response.decay - r) < 1e-12 * max(1, abs(r)))
                #expect(abs(response.gain - gain) < 1e-12 * max(1, abs(gain)))
            }
        }
    }

    @Test func divergenceIsSaid() {
        #expect(Evolution.gradientDescent(rate: 1, momentum: 0).response(eigenvalue: 2.1, time: .infinity) == nil)
        #expect(Evolution.gradientDescent(rate: 1, momentum: 0).response(eigenvalue: 2.1, time: 1e6) == nil)
        #expect(Evolution.gradientDescent(rate: 1, momentum: 0.1).response(eigenvalue: 2.1, time: .infinity) != nil)
        #expect(Evolution.gradientFlow(rate: 1).response(eigenvalue: 0, time: .infinity) == nil)
    }

    /// Of one mode the distance between descent and flow is at most about rate λ/(2e) (theory, 7.3).
    @Test func descentFollowsTheFlow() throws {
        for rate in [0.1, 0.01, 0.001] {
            for step in [1.0, 10, 100, 1000] {
                let flow = try #require(Evolution.gradientFlow(rate: rate).response(eigenvalue: 1, time: step))
                let descent = try #require(Evolution.gradientDescent(rate: rate, momentum: 0).response(eigenvalue: 1, time: step))
                #expect(abs(flow.decay - descent.decay) <= 1.1 * rate / (2 * M_E))
            }
        }
    }
}

struct OutputFlowTests {
    static let times: [Double] = [30, 0, 1, 12.5, 3]

    @Test(arguments: [UInt64(1), 2, 3])
    func adaptiveStepsAgreeWithTheClosedForm(seed: UInt64) throws {
        let sample = Sample(seed: seed, times: Self.times)
        for momentum in [0.0, 0.9] {
            let closed = try sample.closed(
                momentum > 0 ? .momentumFlow(rate: sample.problem.rate, momentum: momentum) : .gradientFlow(rate: sample.problem.rate))
            let stepped = try sample.general(.halfMean, momentum: momentum).flow(times: Self.times)
            #expect(difference(closed.train.elements, stepped.train.elements) < 1e-9, "seed \(seed), momentum \(momentum)")
            #expect(difference(try #require(closed.test).elements, try #require(stepped.test).elements) < 1e-9, "seed \(seed), momentum \(momentum)")
            #expect(difference(closed.weightDrift, stepped.weightDrift) < 1e-9, "seed \(seed), momentum \(momentum)")
        }
    }

    /// They are read element by element, and would be beyond their end.
    @Test(arguments: [(5, 2, 4, 2), (7, 2, 4, 2), (6, 1, 4, 2), (2, 6, 4, 2), (6, 2, 3, 2), (6, 2, 5, 2), (6, 2, 4, 1), (6, 2, 0, 2)])
    func refusesOutputsAtInitialisationOfOtherShapes(rows: Int, columns: Int, testRows: Int, testColumns: Int) throws {
        func expectRefusal(_ body: () throws -> Void, _ location: SourceLocation = #_sourceLocation) {
            let error = #expect(throws: DynamicsError.self, sourceLocation: location) { try body() }
            if case .misshapen = error { return }
            Issue.record("\(String(describing: error))", sourceLocation: location)
        }
        for time in [Double.infinity, 2] {
            var sample = Sample(seed: 1, times: [time])
            sample.problem.initialTrain = DenseMatrix(rows: rows, columns: columns)
            sample.problem.initialTest = DenseMatrix(rows: testRows, columns: testColumns)
            expectRefusal { _ = try sample.closed(.gradientFlow(rate: 1)) }
            expectRefusal { _ = try sample.general(.halfMean) }
            expectRefusal { _ = try EnsemblePredictor.predict(nngp: nil, ntk: sample.blocks(), problem: sample.problem) }
            expectRefusal { _ = try EnsemblePredictor.predict(nngp: sample.blocks(), ntk: nil, problem: sample.problem) }
        }
    }

    /// The ridge is no tangent of the network: at the end ‖w − w0‖² is r0ᵀ G K G r0 with G = (K + s I)⁻¹.
    @Test func aRidgeMovesNoWeight() throws {
        var sample = Sample(seed: 6, outputs: 1, times: [.infinity, 12.5])
        sample.problem.ridge = .absolute(0.3)
        let kernel = try sample.blocks().train
        let start = try #require(sample.problem.initialTrain)
        let solution = DenseMatrix(rows: 1, columns: 6, values: zip(start.values, sample.problem.targets.values).map { $0 - $1 })
        try Cholesky(overwriting: kernel.copy(), ridge: 0.3).solve(rows: solution)
        let image = DenseMatrix.product(solution, kernel, threads: 1)
        let expected = zip(image.values, solution.values).reduce(0) { $0 + $1.0 * $1.1 }.squareRoot()
        let closed = try sample.closed(.gradientFlow(rate: sample.problem.rate)).weightDrift
        #expect(abs(closed[0] - expected) < 1e-12)
        let stepped = try sample.general(.halfMean).flow(times: [12.5]).weightDrift
        #expect(abs(closed[1] - stepped[0]) < 1e-9)
    }

    @Test(arguments: [0.0, 0.9])
    func descentAgreesWithItsClosedForm(momentum: Double) throws {
        let sample = Sample(seed: 4, times: Self.times)
        let closed = try sample.closed(.gradientDescent(rate: sample.problem.rate, momentum: momentum))
        let stepped = try sample.general(.halfMean, momentum: momentum).descent(times: Self.times)
        #expect(difference(closed.train.elements, stepped.train.elements) < 1e-12)
        #expect(difference(try #require(closed.test).elements, try #require(stepped.test).elements) < 1e-12)
        #expect(difference(closed.weightDrift, stepped.weightDrift) < 1e-12)
    }

    /// The answers stand in the order asked, at 0 the start and at infinity the targets.
    @Test func endsAreTheStartAndTheTargets() throws {
        let sample = Sample(seed: 5, times: [.infinity, 0])
        let flow = try sample.closed(.gradientFlow(rate: sample.problem.rate))
        #expect(difference(block(flow.train, 0, rows: 6), sample.problem.targets.elements) < 1e-12)
        #expect(difference(block(flow.train, 1, rows: 6), try #require(sample.problem.initialTrain).elements) == 0)
        #expect(flow.weightDrift[1] == 0)
        // The minimum norm: rᵀ Θ⁻¹ r.
        let factor = try Cholesky(overwriting: try sample.blocks().train)
        let residual = sample.problem.targets.copy()
        for i in 0..<residual.count { residual.base[i] -= try #require(sample.problem.initialTrain).base[i] }
        let rows = residual.transposed()
        let solved = rows.copy()
        factor.solve(rows: solved)
        let norm = zip(rows.elements, solved.elements).reduce(0) { $0 + $1.0 * $1.1 }.squareRoot()
        #expect(abs(flow.weightDrift[0] - norm) < 1e-10 * norm)
    }

    /// Along the flow the loss falls, and dL/dt = −η (∂L/∂f)ᵀ K (∂L/∂f).
    @Test(arguments: [OutputLoss.halfSum, .mean, .crossEntropy, .logistic])
    func lossFallsAtItsRate(loss: OutputLoss) throws {
        let h = 1e-4
        var sample = Sample(seed: 6, outputs: loss == .logistic ? 1 : 2, times: [2 - h, 2, 2 + h, 0, 20])
        let targets = sample.problem.targets
        if loss == .logistic { for i in 0..<targets.count { targets.base[i] = targets.base[i] > 0 ? 1 : -1 } }
        if loss == .crossEntropy { for i in 0..<targets.rows { (targets[i, 0], targets[i, 1]) = i % 2 == 0 ? (1, 0) : (0, 1) } }
        sample.problem.targets = targets
        let flow = try sample.general(loss).flow(times: sample.problem.times)
        let states = (0..<5).map { DenseMatrix(rows: 6, columns: targets.columns, values: block(flow.train, $0, rows: 6)) }
        let losses = states.map { loss.value($0, targets) }
        #expect(losses[3] > losses[1] && losses[1] > losses[4])
        let gradient = DenseMatrix(rows: 6, columns: targets.columns)
        loss.gradient(states[1], targets, into: gradient)
        let pushed = DenseMatrix.product(try sample.blocks().train, gradient, threads: 1)
        let rate = -sample.problem.learningRate * zip(gradient.elements, pushed.elements).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs((losses[2] - losses[0]) / (2 * h) - rate) < 1e-5 * abs(rate))
    }

    @Test func descentBeyondTheLimitDiverges() throws {
        var sample = Sample(seed: 7, times: [.infinity])
        let flow = try OutputFlow(overwriting: sample.blocks(), name: "ntk", problem: sample.problem, threads: 1)
        let limit = SquaredLoss.halfMean.learningRateMax(lambdaMax: flow.summary.lambdaMax, examples: 6, outputs: 2)
        sample.problem.learningRate = 1.01 * limit
        #expect(throws: DynamicsError.self) { try sample.closed(.gradientDescent(rate: sample.problem.rate, momentum: 0)) }
        sample.problem.learningRate = 0.99 * limit
        _ = try sample.closed(.gradientDescent(rate: sample.problem.rate, momentum: 0))
    }
}

struct DivergenceTests {
    /// The step of the closed form is that of the recursion.
    @Test(arguments: [1.02, 1.5, 30])
    func squaredLossesCrossTheirStart(excess: Double) throws {
        var sample = Sample(seed: 7, times: [0])
        let flow = try OutputFlow(overwriting: sample.blocks(), name: "ntk", problem: sample.problem, threads: 1)
        sample.problem.learningRate = excess * SquaredLoss.halfMean.learningRateMax(lambdaMax: flow.summary.lambdaMax, examples: 6, outputs: 2)
        let found = try #require(flow.divergedStep(rate: sample.problem.rate, momentum: 0, by: 1e6))
        let losses = try [0, Double(found) - 1, Double(found)].map { step in
            let descent = try sample.general(.halfMean).descent(times: [step])
            return OutputLoss.halfMean.value(DenseMatrix(rows: 6, columns: 2, values: descent.train.values), sample.problem.targets)
        }
        #expect(losses[1] <= losses[0] * (1 + 1e-8) && losses[2] > losses[0])
        #expect(try sample.general(.halfMean).descent(times: [Double(found)]).divergedStep == found)
        #expect(flow.divergedStep(rate: sample.problem.rate, momentum: 0, by: Double(found) - 1) == nil)
    }

    /// Two equal rows with opposite signs: bounded slopes keep every state finite, and far beyond the limit none is any good.
    @Test(arguments: [OutputLoss.logistic, .crossEntropy])
    func boundedSlopesThrowOutputsAbout(loss: OutputLoss) throws {
        let kernel = DenseMatrix(rows: 2, columns: 2, values: [1, 1, 1, 1])
        let targets = loss == .logistic ? DenseMatrix(rows: 2, columns: 1, values: [1, -1]) : DenseMatrix(rows: 2, columns: 2, values: [1, 0, 0, 1])
        func descent(_ rate: Double) throws -> (trajectory: GeneralFlow.Trajectory, limit: Double) {
            var problem = PredictionProblem(targets: targets, times: [20])
            (problem.learningRate, problem.initialTrain) = (rate, targets.copy())
            for i in 0..<targets.count { problem.initialTrain?.base[i] = Double(1 + i) }
            let flow = try GeneralFlow(KernelBlocks(train: kernel.copy()), problem: problem, loss: loss, momentum: 0, threads: 1)
            return (try flow.descent(times: problem.times), flow.learningRateMax(lambdaMax: 2))
        }
        let limit = try descent(1).limit
        #expect(try descent(limit).trajectory.divergedStep == nil)
        let wild = try descent(1000 * limit).trajectory
        #expect(wild.train.elements.allSatisfy(\.isFinite) && wild.divergedStep == 1)
    }
}

struct DormandPrinceTests {
    /// A circle, whose states between steps come from the continuous extension.
    @Test func circlesClose() throws {
        let times = (0...200).map { Double($0) * 0.1 }
        let states = try DormandPrince().solve(from: [1, 0], times: times) { y, slope in
            slope[0] = -y[1]
            slope[1] = y[0]
        }
        for (time, state) in zip(times, states) { #expect(hypot(state[0] - cos(time), state[1] - sin(time)) < 1e-9) }
    }

    @Test func cancelsAndGivesUp() {
        #expect(throws: DynamicsError.cancelled) {
            try DormandPrince().solve(from: [1], times: [1], isCancelled: { true }) { $1[0] = $0[0] }
        }
        var hasty = DormandPrince()
        hasty.stepLimit = 3
        #expect(throws: DynamicsError.self) { try hasty.solve(from: [1], times: [100]) { $1[0] = -50 * $0[0] } }
    }
}
