import Dynamics
import InfiniteNetworks
import LinearAlgebra
import Testing

/// Predictions of neural-tangents 0.6.5 in float64 (its own kernels, so a near-parallel pair of rows would show its rounding).
struct GoldenInferenceTests {
    static let names = ["inference_relu", "inference_erf_reg"]

    private struct Case {
        let document: [String: Any]
        let stack: InfiniteNetwork
        let train: DenseMatrix
        let test: DenseMatrix
        var problem: PredictionProblem
        let keys: [String]

        init(_ name: String) throws {
            document = try fixture(name)
            train = try matrix(document["x_train"])
            test = try matrix(document["x_test"])
            stack = try network(try #require(document["architecture"] as? [String: Any]), inputs: train.columns)
            keys = try #require(document["ensemble"] as? [String: Any]).keys.sorted()
            problem = PredictionProblem(targets: try matrix(document["y_train"]), times: keys.map { Double($0) ?? .infinity })
            problem.learningRate = try #require(document["learning_rate"] as? Double)
            problem.ridge = .relative(try #require(document["diag_reg"] as? Double))
        }

        func predict(_ problem: PredictionProblem) throws -> [KernelKind: KindPrediction] {
            let blocks = try InfiniteKernelBlocks(
                of: stack, kinds: [.nngp, .ntk], train: train, test: test, covariance: .full, threads: 1)
            return try EnsemblePredictor.predict(nngp: blocks.nngp, ntk: blocks.ntk, problem: problem, threads: 2)
        }
    }

    @Test(arguments: names, [PredictionProblem.Covariance.full, .diagonal])
    func ensembleAgrees(name: String, covariance: PredictionProblem.Covariance) throws {
        let golden = try Case(name)
        // All times from one eigendecomposition, and the last also from the Cholesky factor.
        for times in [golden.problem.times, [.infinity]] {
            var problem = golden.problem
            problem.times = times
            problem.covariance = covariance
            let predictions = try golden.predict(problem)
            let ensemble = try #require(golden.document["ensemble"] as? [String: [String: [String: Any]]])
            for (kind, prediction) in predictions {
                for (index, time) in times.enumerated() {
                    let key = time == .infinity ? "inf" : try #require(golden.keys.first { Double($0) == time })
                    let expected = try #require(ensemble[key]?[kind.rawValue])
                    let (m, n) = (golden.test.rows, golden.train.rows)
                    let mean = block(try #require(prediction.mean), index, rows: m)
                    #expect(difference(mean, try matrix(expected["mean"]).values) < 1e-10, "\(name) \(kind) \(key)")
                    let train = block(prediction.trainInterpolation ?? prediction.trainMean, index, rows: n)
                    #expect(difference(train, try matrix(expected["train_mean"]).values) < 1e-10, "\(name) \(kind) \(key)")
                    let reference = try matrix(expected["covariance"])
                    if covariance == .full {
                        let found = block(try #require(prediction.covariance), index, rows: m)
                        #expect(difference(found, reference.values) < 1e-10, "\(name) \(kind) \(key)")
                    } else {
                        let found = try #require(prediction.variance)[index * m..<(index + 1) * m]
                        #expect(difference(found, reference.diagonal) < 1e-10, "\(name) \(kind) \(key)")
                    }
                }
            }
        }
    }

    @Test(arguments: names)
    func singleNetworkAgrees(name: String) throws {
        let golden = try Case(name)
        let single = try #require(golden.document["single"] as? [String: Any])
        let at = try #require(single["at"] as? [String: [String: Any]])
        for times in [golden.problem.times, [.infinity]] {
            var problem = golden.problem
            problem.times = times
            problem.initialTrain = try matrix(single["initial_train"])
            problem.initialTest = try matrix(single["initial_test"])
            let prediction = try #require(try golden.predict(problem)[.ntk])
            #expect(prediction.logMarginalLikelihood == nil)
            for (index, time) in times.enumerated() {
                let key = time == .infinity ? "inf" : try #require(golden.keys.first { Double($0) == time })
                let test = block(try #require(prediction.mean), index, rows: golden.test.rows)
                #expect(difference(test, try matrix(at[key]?["test"]).values) < 1e-10, "\(name) \(key)")
                let train = block(prediction.trainInterpolation ?? prediction.trainMean, index, rows: golden.train.rows)
                #expect(difference(train, try matrix(at[key]?["train"]).values) < 1e-10, "\(name) \(key)")
            }
        }
    }

    @Test(arguments: names)
    func learningRateMaxAgrees(name: String) throws {
        let golden = try Case(name)
        let expected = try #require(golden.document["max_learning_rate"] as? Double)
        var problem = golden.problem
        problem.ridge = .absolute(0)
        for times in [[1.0], [.infinity]] {
            problem.times = times
            let summary = try #require(try golden.predict(problem)[.ntk]).spectrum
            let found = problem.loss.learningRateMax(lambdaMax: summary.lambdaMax, examples: golden.train.rows, outputs: 1)
            #expect(abs(found - expected) < 1e-10 * expected)
        }
    }
}
