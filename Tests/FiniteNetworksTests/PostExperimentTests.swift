import Testing

@testable import FiniteNetworks

/// The post's experiment: 1-m-m-1, ReLU, PyTorch's initialisation, x = (−3, 0.5), y = (2, −1), mean loss, learning rate 1e-3.
struct PostExperimentTests {
    static func plan(steps: Int = 1000) throws -> TrainingPlan {
        let layer = "{\"type\": \"dense\", \"width\": 10}"
        let network = try network(
            "{\"parameterization\": \"pytorch\", \"layers\": [\(layer), \"relu\", \(layer), \"relu\", {\"type\": \"dense\", \"width\": 1}]}", inputShape: [1])
        var plan = TrainingPlan(
            architecture: network.architecture, inputShape: [1],
            train: TrainingData(rows: 2, inputs: [-3, 0.5], targets: [2, -1]),
            optimizer: .sgd(learningRate: 1e-3, momentum: 0), steps: steps)
        plan.loss = .mean
        plan.stopAtLoss = 1e-10
        return plan
    }

    private func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return sorted.count % 2 == 1 ? sorted[sorted.count / 2] : (sorted[sorted.count / 2 - 1] + sorted[sorted.count / 2]) / 2
    }

    private func relativeDrifts(_ runs: [RunResult]) -> [Double] { runs.map { ($0.records.drift.last ?? 0) / $0.initialNorm } }

    @Test func narrow() throws {
        let runs = try sweep(Self.plan(), widths: [10], seeds: Array(0..<200))
        #expect(abs(median(relativeDrifts(runs)) / 0.299 - 1) < 0.1)
        #expect(abs(median(runs.map { $0.records.loss[0] }) / 2.55 - 1) < 0.15)
    }

    @Test func middle() throws {
        let runs = try sweep(Self.plan(), widths: [100], seeds: Array(0..<60))
        #expect(abs(median(relativeDrifts(runs)) / 0.0480 - 1) < 0.1)
    }

    @Test func wide() throws {
        var plan = try Self.plan()
        plan.tracked = [.weightDrift, .kernelDrift, .linearized]
        let clock = ContinuousClock()
        var runs: [RunResult] = []
        let time = try clock.measure { runs = try sweep(plan, widths: [1000], seeds: Array(0..<6)) }
        #expect(abs(median(relativeDrifts(runs)) / 0.0055 - 1) < 0.1)
    }
}
