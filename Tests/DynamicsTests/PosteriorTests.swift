import Dynamics
import Foundation
import InfiniteNetworks
import LinearAlgebra
import Testing

struct PosteriorTests {
    private func predict(
        _ stack: InfiniteNetwork, _ train: DenseMatrix, _ test: DenseMatrix, _ problem: PredictionProblem
    ) throws -> [KernelKind: KindPrediction] {
        let blocks = try InfiniteKernelBlocks(
            of: stack, kinds: [.nngp, .ntk], train: train, test: test, covariance: .full, threads: 1)
        return try EnsemblePredictor.predict(nngp: blocks.nngp, ntk: blocks.ntk, problem: problem, threads: 2)
    }

    /// One linear layer: Θ = K, so both kinds say the same at every time (theory, 7.4).
    @Test(arguments: [UInt64(11), 12])
    func proportionalKernelsAgree(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let stack = try network(["layers": [["type": "dense", "weight_std": 1.2, "bias_std": 0.4]]], inputs: 5)
        var problem = PredictionProblem(targets: random.matrix(4, 2), times: [3, .infinity, 0])
        problem.covariance = .full
        let predictions = try predict(stack, random.matrix(4, 5), random.matrix(3, 5), problem)
        let (nngp, ntk) = (try #require(predictions[.nngp]), try #require(predictions[.ntk]))
        #expect(difference(try #require(nngp.mean).elements, try #require(ntk.mean).elements) < 1e-11, "seed \(seed)")
        #expect(difference(try #require(nngp.covariance).elements, try #require(ntk.covariance).elements) < 1e-11, "seed \(seed)")
    }

    /// Leaving a row out by hand, and the evidence as a product of one-step predictions.
    @Test(arguments: [[Double.infinity], [Double.infinity, 5]])
    func leaveOneOutIsLeavingOneOut(times: [Double]) throws {
        var random = SplitMix(state: 21)
        let (x, y) = (random.matrix(7, 3), random.matrix(7, 2))
        let stack = try perceptron("relu", depth: 2, weightStd: 1.4, biasStd: 0.2, inputs: 3)
        var problem = PredictionProblem(targets: y, times: times)
        (problem.leaveOneOut, problem.ridge) = (true, .absolute(0.05))
        let held = try #require(try predict(stack, x, x, problem)[.nngp]?.leaveOneOut)
        for row in 0..<7 {
            let rest = (0..<7).filter { $0 != row }
            func rows(_ matrix: DenseMatrix, _ indices: [Int]) -> DenseMatrix {
                DenseMatrix(rows: indices.count, columns: matrix.columns, values: indices.flatMap { i in (0..<matrix.columns).map { matrix[i, $0] } })
            }
            var smaller = PredictionProblem(targets: rows(y, rest))
            (smaller.ridge, smaller.covariance) = (.absolute(0.05), .diagonal)
            let prediction = try #require(try predict(stack, rows(x, rest), rows(x, [row]), smaller)[.nngp])
            let mean = try #require(prediction.mean)
            for j in 0..<2 { #expect(abs(held.mean[row, j] - mean[0, j]) < 1e-11) }
            // The held-out target has the ridge for noise.
            #expect(abs(held.variance[row] - (try #require(prediction.variance)[0] + 0.05)) < 1e-11)
        }
    }

    @Test func evidenceIsTheDensity() throws {
        // K = [[2, 1], [1, 2]], y = (1, -1): yᵀ K⁻¹ y = 2, det K = 3.
        let expected = -0.5 * (2 + log(3) + 2 * log(2 * .pi))
        for times in [[Double.infinity], [1.0]] {
            let blocks = KernelBlocks(train: DenseMatrix(rows: 2, columns: 2, values: [2, 1, 1, 2]))
            let problem = PredictionProblem(targets: DenseMatrix(rows: 2, columns: 1, values: [1, -1]), times: times)
            let prediction = try #require(try EnsemblePredictor.predict(nngp: blocks, ntk: nil, problem: problem)[.nngp])
            #expect(abs(try #require(prediction.logMarginalLikelihood) - expected) < 1e-14)
            #expect(abs(prediction.spectrum.lambdaMax - 3) < 1e-13)
            #expect(abs(prediction.spectrum.lambdaMin - 1) < 1e-13)
        }
    }

    // MARK: Singular kernels

    /// Rows 1 and 2 are equal, with conflicting targets.
    private func duplicated(_ times: [Double], ridge: Ridge = .absolute(0)) throws -> KindPrediction {
        let x = DenseMatrix(rows: 3, columns: 2, values: [1, 0, 0, 1, 0, 1])
        let stack = try perceptron("relu", depth: 1, weightStd: 1.4, inputs: 2)
        var problem = PredictionProblem(targets: DenseMatrix(rows: 3, columns: 1, values: [1, 0, 2]), times: times)
        problem.ridge = ridge
        return try #require(try predict(stack, x, DenseMatrix(rows: 1, columns: 2, values: [0, 1]), problem)[.ntk])
    }

    @Test(arguments: [[Double.infinity], [1, .infinity], [1e20]])
    func singularKernelsFailWithARidgeThatHelps(times: [Double]) throws {
        let singular: SingularKernel
        do {
            _ = try duplicated(times)
            Issue.record("a singular kernel was inverted")
            return
        } catch DynamicsError.notPositiveDefinite(let kernel) { singular = kernel }
        #expect(singular.rank == 2)
        #expect(singular.order == 3)
        #expect(abs(singular.lambdaMin) < 1e-13)
        let mended = try duplicated(times, ridge: .absolute(singular.helpfulRidge))
        // The mean of the two conflicting targets, and beside it the interpolation.
        let last = times.count - 1
        #expect(abs(try #require(mended.mean)[last, 0] - 1) < 1e-3)
        #expect(abs(mended.trainMean[3 * last + 1, 0] - 1) < 1e-3)
        if times == [.infinity] { #expect(try #require(mended.trainInterpolation).values == [1, 0, 2]) }
    }

    /// Equal rows move together: their difference never decays, and everything else is as if one row had both targets.
    @Test func finiteTimesNeedNoInverse() throws {
        let prediction = try duplicated([0, 1, 100])
        for time in 0..<3 { #expect(abs(prediction.trainMean[3 * time + 1, 0] - prediction.trainMean[3 * time + 2, 0]) < 1e-12) }
        #expect(abs(try #require(prediction.mean)[2, 0] - 1) < 1e-10)
        #expect(prediction.logMarginalLikelihood == nil)
    }
}
