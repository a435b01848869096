import Testing

@testable import FiniteNetworks

/// The post's experiment: 1-m-m-1, ReLU, PyTorch's initialisation, x = (−3, 0.5), y = (2, −1), mean loss, learning rate 1e-3.
/// Medians over many seeds, as an independent program found them over seeds of its own.
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

    private func quantile(_ share: Double, _ values: [Double]) -> Double {
        values.sorted()[Int((share * Double(values.count - 1)).rounded())]
    }

    private func relativeDrifts(_ runs: [RunResult]) -> [Double] { runs.map { ($0.records.drift.last ?? 0) / $0.initialNorm } }

    private func expectNear(_ found: Double, _ expected: Double, within share: Double, _ what: String) {
        #expect(abs(found / expected - 1) < share, "\(what): \(found), expected \(expected)")
    }

    @Test func narrow() throws {
        let runs = try sweep(Self.plan(), widths: [10], seeds: Array(0..<200))
        let drifts = relativeDrifts(runs)
        expectNear(median(drifts), 0.299, within: 0.1, "drift")
        #expect(quantile(0.05, drifts) > 0.222 * 0.7 && quantile(0.95, drifts) < 0.392 * 1.3)
        expectNear(median(runs.map { $0.records.loss[0] }), 2.55, within: 0.15, "first loss")
        let last = median(runs.map { $0.records.loss.last ?? 0 })
        #expect(last > 7e-5 && last < 0.13)
    }

    @Test func middle() throws {
        let runs = try sweep(Self.plan(), widths: [100], seeds: Array(0..<60))
        let drifts = relativeDrifts(runs)
        expectNear(median(drifts), 0.0480, within: 0.1, "drift")
        #expect(quantile(0.05, drifts) > 0.042 * 0.7 && quantile(0.95, drifts) < 0.057 * 1.3)
        expectNear(median(runs.map { $0.records.loss[0] }), 2.49, within: 0.15, "first loss")
        #expect(quantile(0.05, runs.map { Double($0.records.steps.last ?? 0) }) > 813 - 40)
    }

    /// Fifty seeds at width 1000, where the middle matrix has nearly all weights and the kernel of the start foretells the rest.
    @Test func wide() throws {
        var plan = try Self.plan()
        plan.tracked = [.kernelDrift, .linearized]
        plan.recordEvery = 1000
        let runs = try sweep(plan, widths: [1000], seeds: Array(0..<50))
        let drifts = relativeDrifts(runs)
        expectNear(median(drifts), 0.0055, within: 0.1, "drift")
        #expect(quantile(0.05, drifts) > 0.0051 * 0.7 && quantile(0.95, drifts) < 0.0057 * 1.3)
        expectNear(median(runs.map { $0.records.loss[0] }), 2.57, within: 0.15, "first loss")
        let steps = median(runs.map { Double($0.records.steps.last ?? 0) })
        #expect(steps > 155 - 40 && steps < 176 + 40)
        #expect(runs.allSatisfy { $0.stopReason == .loss })
        expectNear(median(runs.map { $0.records.layerDrift.suffix(2).first ?? 0 }), 0.0073, within: 0.3, "middle matrix")
        expectNear(median(runs.map { $0.records.kernelDrift.last ?? 0 }), 0.060, within: 0.3, "kernel drift")
        // λ_max grows as 0.565 m, so that the post's learning rate diverges beyond m of about 3500.
        expectNear(median(runs.map(\.lambdaMax)), 565, within: 0.05, "lambda_max")
        #expect(runs.allSatisfy { abs(2 / $0.lambdaMax - ($0.learningRateMax ?? 0)) < 1e-15 })
        #expect(runs.allSatisfy { ($0.linearizedDisagreement ?? 1) < 1e-10 })
        let predicted = zip(runs, drifts).map { abs(($0.records.linearDrift.last ?? 0) / $0.initialNorm / $1 - 1) }
        #expect(median(predicted) < 0.1, "the kernel's prediction is off by \(median(predicted))")
    }

    /// E‖w₀‖² = m + 2/3 + 1/(3m): the mean of many seeds within four standard errors.
    @Test(arguments: [10, 100])
    func theStartHasItsNorm(width: Int) throws {
        let squares = try sweep(Self.plan(steps: 1), widths: [width], seeds: Array(0..<200)).map { $0.initialNorm * $0.initialNorm }
        let (n, m) = (Double(squares.count), Double(width))
        let mean = squares.reduce(0, +) / n
        let variance = squares.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1)
        #expect(abs(mean - (m + 2 / 3.0 + 1 / (3 * m))) < 4 * (variance / n).squareRoot())
    }

    /// A hundred times the post's learning rate. A little beyond 2/λ_max a network may yet leap to a flatter place and converge
    /// (Lewkowycz et al., arXiv 2003.02218), but not here: the run diverges, says so, and keeps what it recorded.
    @Test func tooFastDiverges() throws {
        var plan = try Self.plan(steps: 300)
        plan.optimizer = .sgd(learningRate: 0.1, momentum: 0)
        for run in try sweep(plan, widths: [1000], seeds: [0, 1]) {
            #expect(run.stopReason == .diverged)
            #expect(try #require(run.learningRateMax) < 5e-3)
            #expect(!run.records.loss.isEmpty && run.records.loss.allSatisfy { $0.isFinite })
        }
    }
}
