import Architectures
import Dynamics
import FiniteNetworks
import Foundation
import JSON
import LinearAlgebra
import Testing

/// The predictions of infinite width against networks that were drawn and trained: 200 of width 2048, by gradient descent to
/// the end.
struct FiniteEnsembleTests {
    private let members = 200
    private let train = DenseMatrix(rows: 3, columns: 2, values: [1.2, 0.1, -0.3, 1, -0.8, -0.9])
    private let test = DenseMatrix(rows: 4, columns: 2, values: [0.5, 0.6, 1.5, -0.7, -1.2, 0.4, 0.1, -0.2])
    private let targets = [1, -0.5, 0.7]
    private let layers: [[String: Any]] = [
        ["type": "dense", "width": 2048, "weight_std": 1.4, "bias_std": 0.3], ["type": "erf"],
        ["type": "dense", "width": 1, "weight_std": 1.4, "bias_std": 0.3],
    ]

    /// Outputs at the test inputs before and after training, [members, 2 · 4], and the last losses.
    private func trained(learningRate: Double) throws -> (outputs: [[Double]], losses: [Double]) {
        let faults = Faults()
        let text = String(decoding: try JSONSerialization.data(withJSONObject: ["layers": layers]), as: UTF8.self)
        let architecture = try #require(ArchitectureParser.parse(try JSONParser.parse(text), faults: faults), "\(faults.all)")
        var plan = TrainingPlan(
            architecture: architecture, inputShape: [2],
            train: TrainingData(rows: 3, inputs: train.values, targets: targets),
            optimizer: .sgd(learningRate: learningRate, momentum: 0), steps: 100)
        plan.loss = .halfSum
        plan.test = TrainingData(rows: 4, inputs: test.values, targets: nil)
        plan.recordEvery = plan.steps
        plan.tracked = [.outputs]
        let sweep = try #require(TrainingSweep(plan, widths: nil, seeds: (0..<UInt64(members)).map { $0 }, faults: faults), "\(faults.all)")
        let runs = try #require(try sweep.run(in: Double.self, threads: 2))
        return (runs.map(\.records.testOutputs), runs.map { $0.records.loss.last ?? .infinity })
    }

    /// Seeds 0 to 199. Mean and variance, before and after, lie within three of the ensemble's own standard errors; the finite
    /// width itself moves them by about 1/2048.
    @Test func meanAndVarianceAreThoseOfTheEnsemble() throws {
        let infinite = try network(["layers": layers], inputs: 2)
        let blocks = try InfiniteKernelBlocks(
            of: infinite, kinds: [.nngp, .ntk], train: train, test: test, covariance: .diagonal, threads: 1)
        var problem = PredictionProblem(targets: DenseMatrix(rows: 3, columns: 1, values: targets), times: [0, .infinity])
        (problem.loss, problem.covariance) = (.halfSum, .diagonal)
        let prediction = try #require(
            try EnsemblePredictor.predict(nngp: blocks.nngp, ntk: blocks.ntk, wantsNNGP: false, problem: problem)[.ntk])
        let (mean, variance) = (try #require(prediction.mean).values, try #require(prediction.variance))

        let (outputs, losses) = try trained(learningRate: 1 / prediction.spectrum.lambdaMax)
        #expect(losses.allSatisfy { $0 < 1e-8 }, "\(losses.max() ?? 0)")
        let count = Double(members)
        for place in 0..<8 {
            let values = outputs.map { $0[place] }
            let average = values.reduce(0, +) / count
            let spread = values.reduce(0) { $0 + ($1 - average) * ($1 - average) } / (count - 1)
            #expect(abs(average - mean[place]) < 3 * (spread / count).squareRoot(), "mean at \(place): \(average), not \(mean[place])")
            // Of normal outputs the sample variance has the relative standard error √(2/(n − 1)).
            #expect(
                abs(spread - variance[place]) < 3 * variance[place] * (2 / (count - 1)).squareRoot(),
                "variance at \(place): \(spread), not \(variance[place])")
        }
        // What was learnt is more than the spread of what was drawn: the test would see a mean of zero.
        #expect(zip(mean, variance).suffix(4).contains { abs($0) > 10 * ($1 / count).squareRoot() })
    }
}
