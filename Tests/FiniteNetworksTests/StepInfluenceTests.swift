import Foundation
import Testing

@testable import FiniteNetworks

@Suite("The influence of a step")
struct StepInfluenceTests {
    @Test("a straight line answers a step with its kernel exactly (inference.vc): f = 3x + 1, residual −19 at x' = 10")
    func line() throws {
        let line = try network(#"{"layers": [{"type": "dense", "width": 1, "weight_std": 1, "bias_std": 1}]}"#, inputShape: [1])
        // Σ r² has twice the residual for its gradient: half_sum with twice the rate.
        let step = StepInfluence.Step(inputs: [10], targets: [50], loss: .halfSum, learningRate: 0.2)
        let points = [-1.0, 0, 2, 10]
        let influence = try #require(StepInfluence(of: line, parameters: [3, 1], points: points, step: step))
        #expect(influence.gradient == [-19] && influence.outputs == [-2, 1, 7, 31])
        for (i, x) in points.enumerated() {
            #expect(abs(influence.kernel[i] - (10 * x + 1)) < 1e-12)
            #expect(abs(influence.predicted[i] - (38 * x + 3.8)) < 1e-11 && abs(influence.change[i] - (38 * x + 3.8)) < 1e-11)
        }
        try #expect(#require(influence.relativeDefect) < 1e-12 && influence.defectOrder == nil)
    }

    static let networks: [(String, [Int])] = [
        (#"{"layers": [{"type": "dense", "width": 12, "bias_std": 0.3}, "tanh", {"type": "dense", "width": 9}, "erf", {"type": "dense", "width": 3, "bias_std": 0.1}]}"#, [4]),
        (#"{"parameterization": "standard", "layers": [{"type": "dense", "width": 12, "trainable": false}, "gelu", {"type": "dense", "width": 2, "bias_std": 0.1}]}"#, [4]),
        (#"{"layers": [{"type": "conv", "channels": 3, "filter": [2], "bias_std": 0.2}, "sin", "global_avg_pool", {"type": "dense", "width": 2}]}"#, [5, 2]),
    ]

    @Test("the prediction is J(x) applied to the step, and the change leaves it as the square of the rate", arguments: 0..<3)
    func prediction(index: Int) throws {
        let (text, shape) = Self.networks[index]
        let network = try network(text, inputShape: shape)
        let (length, k) = (network.inputCount, network.outputCount)
        let parameters = network.initialParameters(seed: 5)
        // More points than a block holds.
        let (points, inputs, targets) = (numbers(300 * length, seed: 2), numbers(3 * length, seed: 3), numbers(3 * k, seed: 4))
        for loss in [Loss.halfSum, .mean] {
            let step = StepInfluence.Step(inputs: inputs, targets: targets, loss: loss, learningRate: 0.05)
            let influence = try #require(StepInfluence(of: network, parameters: parameters, points: points, step: step))
            let tape = NetworkTape<Double>(network, capacity: 300)
            #expect(difference(tape.outputs(parameters, inputs), influence.gradient, targets, factor: loss.factor(examples: 3, outputs: k)) < 1e-14)
            let descent = tape.gradient(parameters, influence.gradient).map { -0.05 * $0 }
            let before = tape.outputs(parameters, points)
            let tangent = tape.tangents(parameters, descent).first
            #expect(norm(minus(influence.predicted, tangent)) < 1e-12 * norm(tangent))
            #expect(norm(minus(influence.outputs, before)) < 1e-14 * norm(before))
            #expect(norm(minus(influence.change, minus(tape.outputs(moved(parameters, descent, by: 1), points), before))) < 1e-13 * norm(before))
            #expect(influence.loss.after < influence.loss.before)
            // The read-out alone being trained, the second network is linear in what moves.
            if index == 1 {
                #expect(influence.defectOrder == nil)
            } else {
                try #expect(abs(#require(influence.defectOrder) - 2) < 0.1 && #require(influence.relativeDefect) > 1e-6)
            }
        }
    }

    /// The largest difference of a gradient from factor · residuals.
    private func difference(_ outputs: [Double], _ gradient: [Double], _ targets: [Double], factor: Double) -> Double {
        zip(zip(outputs, targets), gradient).map { abs(factor * ($0.0 - $0.1) - $1) }.max() ?? 0
    }

    @Test("cross-entropy steps along softmax − y, and a cancelled computation gives nothing")
    func crossEntropy() throws {
        let network = try network(Self.networks[0].0, inputShape: Self.networks[0].1)
        let parameters = network.initialParameters(seed: 1)
        let step = StepInfluence.Step(inputs: numbers(4), targets: [0, 1, 0], loss: .crossEntropy, learningRate: 0.1)
        let influence = try #require(StepInfluence(of: network, parameters: parameters, points: numbers(40), step: step))
        #expect(abs(influence.gradient.reduce(0, +)) < 1e-15 && influence.gradient[1] < 0 && influence.gradient[0] > 0)
        #expect(influence.loss.after < influence.loss.before)
        #expect(StepInfluence(of: network, parameters: parameters, points: numbers(40), step: step, isCancelled: { true }) == nil)
    }
}
