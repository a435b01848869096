import Testing

@testable import FiniteNetworks

/// How far networks of growing width move: 8 points on a sphere of radius 2, targets ±1, the ntk parameterization, trained to
/// where the residual is a thousandth.
///
/// With one hidden layer the relative drift goes as m^−1/2; with two the middle matrix, which holds nearly all weights, moves by
/// m^−1, and with it all of them.
struct WidthLawTests {
    private func fits(hidden: Int, _ nonlinearity: String, widths: [Int], seeds: Int) throws -> [String: PowerLaw] {
        let layer = "{\"type\": \"dense\", \"width\": 64, \"weight_std\": 1.4142135623730951, \"bias_std\": 0.1}, \"\(nonlinearity)\", "
        let network = try network(
            "{\"layers\": [\(String(repeating: layer, count: hidden)){\"type\": \"dense\", \"width\": 1, \"weight_std\": 1.4142135623730951, \"bias_std\": 0.1}]}",
            inputShape: [4])
        let raw = numbers(32, seed: 21)
        let inputs = (0..<8).flatMap { row in
            let point = Array(raw[row * 4..<(row + 1) * 4])
            return point.map { 2 * $0 / norm(point) }
        }
        var plan = TrainingPlan(
            architecture: network.architecture, inputShape: [4],
            train: TrainingData(rows: 8, inputs: inputs, targets: (0..<8).map { $0 % 2 == 0 ? 1 : -1 }),
            optimizer: .sgd(learningRate: 1e-3, momentum: 0), steps: 1)
        plan.loss = .halfSum
        // Half of what the widest network's kernel allows.
        let lambda = try #require(try sweep(plan, widths: [1024], seeds: [0]).first?.lambdaMax)
        plan.optimizer = .sgd(learningRate: 0.5 / lambda, momentum: 0)
        plan.steps = 20_000
        plan.recordEvery = 20_000
        plan.stopAtLoss = 0.5 * 8 * 1e-6
        plan.tracked = [.weightDrift, .kernelDrift, .linearized]
        plan.test = TrainingData(rows: 8, inputs: inputs.map { 0.9 * $0 }.reversed(), targets: nil)
        let runs = try sweep(plan, widths: widths, seeds: (0..<seeds).map { UInt64($0) })
        #expect(runs.allSatisfy { $0.stopReason == .loss })
        return Dictionary(uniqueKeysWithValues: runs.scaling.map { ($0.name, $0.law) })
    }

    private func expect(_ law: PowerLaw?, _ range: ClosedRange<Double>, _ what: String) {
        #expect(law.map { range.contains($0.slope) } == true, "\(what): \(String(describing: law))")
    }

    @Test func oneHiddenLayer() throws {
        let laws = try fits(hidden: 1, "erf", widths: [64, 256, 1024, 4096], seeds: 20)
        expect(laws["weight_drift_absolute"], -0.15...0.15, "absolute")
        expect(laws["weight_drift_relative"], -0.65 ... -0.35, "relative")
        expect(laws["weight_drift_layer_0"], -0.65 ... -0.35, "first layer")
        expect(laws["kernel_drift"], -1.15 ... -0.8, "kernel")
        // An angle enters its cosine squared.
        expect(laws["kernel_misalignment"], -2.3 ... -1.6, "direction of the kernel")
        expect(laws["linearized_test_output_rmse"], -1.15 ... -0.8, "linearised")
    }

    @Test func twoHiddenLayers() throws {
        let laws = try fits(hidden: 2, "erf", widths: [32, 96, 288], seeds: 12)
        expect(laws["weight_drift_absolute"], -0.15...0.15, "absolute")
        expect(laws["weight_drift_relative"], -1.15 ... -0.85, "relative")
        expect(laws["weight_drift_layer_0"], -0.65 ... -0.35, "first layer")
        expect(laws["weight_drift_layer_1"], -1.17 ... -0.87, "middle layer")
        expect(laws["kernel_drift"], -1.15 ... -0.8, "kernel")
        expect(laws["linearized_test_output_rmse"], -1.15 ... -0.8, "linearised")
    }

    @Test func rectifiersMoveAsFarButBendMore() throws {
        let laws = try fits(hidden: 1, "relu", widths: [64, 256, 1024], seeds: 12)
        expect(laws["weight_drift_relative"], -0.65 ... -0.35, "relative")
        expect(laws["kernel_drift"], -1.0 ... -0.55, "kernel")
        expect(laws["linearized_test_output_rmse"], -1.0 ... -0.55, "linearised")
    }
}
