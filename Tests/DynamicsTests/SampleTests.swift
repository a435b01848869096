import Arrays
import Dynamics
import Foundation
import InfiniteNetworks
import LinearAlgebra
import Testing

@Suite("Functions drawn from Gaussian processes, plain and deep")
struct SampleTests {
    /// The covariance Σ x xᵀ/S of rows with mean zero, about `mean` [m].
    private func covariance(of rows: DenseMatrix, about mean: [Double]) -> DenseMatrix {
        let centred = rows.copy()
        for i in 0..<rows.rows { for j in 0..<rows.columns { centred[i, j] -= mean[j] } }
        let result = DenseMatrix.product(centred, centred, transposing: .first, threads: nil)
        for i in 0..<result.count { result.base[i] /= Double(rows.rows) }
        return result
    }

    /// The largest distance of an estimate of Gaussian covariances from the exact one, in standard errors
    /// √((Σ_ij² + Σ_ii Σ_jj)/S).
    private func largestScore(_ estimate: DenseMatrix, _ exact: DenseMatrix, samples: Int) -> Double {
        var largest = 0.0
        for i in 0..<exact.rows {
            for j in 0..<exact.columns {
                let variance = (exact[i, j] * exact[i, j] + exact[i, i] * exact[j, j]) / Double(samples)
                largest = max(largest, abs(estimate[i, j] - exact[i, j]) / variance.squareRoot())
            }
        }
        return largest
    }

    private func line(_ from: Double, _ to: Double, _ count: Int) -> DenseMatrix {
        DenseMatrix(rows: count, columns: 1, values: (0..<count).map { from + (to - from) * Double($0) / Double(count - 1) })
    }

    @Test("the prior's samples have the kernel for their covariance", arguments: [11, 12] as [UInt64])
    func prior(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let x = random.matrix(7, 3)
        let kernel = try CovarianceFunction.network(perceptron("erf", depth: 2, weightStd: 1.5, biasStd: 0.3, inputs: 3)).matrix(x)
        let count = 20_000
        let (rows, root) = try GaussianProcess(priorCovariance: kernel.copy(), functions: 2).samples(count: count, seed: seed)
        #expect(root.rank == 7)
        let score = largestScore(covariance(of: rows, about: [Double](repeating: 0, count: 7)), kernel, samples: 2 * count)
        print("prior: seed \(seed), largest score \(score)")
        // Of 28 scores one in a million is beyond 5.4.
        #expect(score < 5.4)
    }

    @Test("the posterior's samples have its mean and covariance, and pass through data without noise", arguments: [21] as [UInt64])
    func posterior(seed: UInt64) throws {
        let (train, targets) = (DenseMatrix(rows: 3, columns: 1, values: [-1, 0.2, 1.5]), DenseMatrix(rows: 3, columns: 1, values: [0.5, -1, 2]))
        let x = DenseMatrix(rows: 5, columns: 1, values: [-1, -0.4, 0.2, 0.9, 3])
        let function = CovarianceFunction.squaredExponential(lengthscale: 0.8, variance: 2)
        func blocks() throws -> KernelBlocks {
            KernelBlocks(train: try function.matrix(train), testTrain: try function.matrix(x, train), testTest: try function.matrix(x))
        }
        let exact = try GaussianProcess(nngp: blocks(), ntk: nil, targets: targets, ridge: .absolute(0))
        let rows = try exact.samples(count: 20_000, seed: seed).rows
        for row in 0..<rows.rows { #expect(abs(rows[row, 0] - 0.5) < 1e-6 && abs(rows[row, 2] + 1) < 1e-6) }
        let noisy = try GaussianProcess(nngp: blocks(), ntk: nil, targets: targets, ridge: .absolute(0.1))
        let drawn = try noisy.samples(count: 20_000, seed: seed).rows
        let moments = SampleMoments.moments(of: drawn, functions: 1)
        for i in 0..<5 {
            #expect(abs(moments.mean[i, 0] - noisy.mean[i, 0]) < 5.4 * (noisy.covariance[i, i] / 20_000).squareRoot())
        }
        let score = largestScore(covariance(of: drawn, about: noisy.mean.values), noisy.covariance, samples: 20_000)
        print("posterior: seed \(seed), largest score \(score)")
        #expect(score < 5.4)
    }

    @Test("the ensemble's samples are those of networks trained with their NTK")
    func ensemble() throws {
        let network = try perceptron("relu", depth: 1, weightStd: 1.4, biasStd: 0.4, inputs: 1)
        let (train, x) = (line(-1, 1, 4), line(-2, 2, 6))
        let targets = DenseMatrix(rows: 4, columns: 1, values: [1, -0.5, 0.2, 0.9])
        let blocks = try InfiniteKernelBlocks(of: network, kinds: [.nngp, .ntk], train: train, test: x, covariance: .full, threads: 1)
        let process = try GaussianProcess(nngp: #require(blocks.nngp), ntk: blocks.ntk, targets: targets, ridge: .relative(0))
        let rows = try process.samples(count: 20_000, seed: 5).rows
        #expect(largestScore(covariance(of: rows, about: process.mean.values), process.covariance, samples: 20_000) < 5.4)
    }

    /// A kernel of many near points has rank far below its order, and so has one with equal rows.
    @Test("singular covariances give finite samples that agree where their points do")
    func singular() throws {
        let x = DenseMatrix(rows: 201, columns: 1, values: (0..<200).map { Double($0) / 100 } + [0.5])
        let kernel = try CovarianceFunction.squaredExponential(lengthscale: 1, variance: 1).matrix(x)
        let (rows, root) = try GaussianProcess(priorCovariance: kernel, functions: 1).samples(count: 50, seed: 3)
        #expect(root.rank < 20)
        for row in 0..<50 {
            #expect((0..<201).allSatisfy { rows[row, $0].isFinite })
            #expect(abs(rows[row, 50] - rows[row, 200]) < 1e-6)
        }
        let zero = try GaussianProcess(priorCovariance: DenseMatrix(rows: 3, columns: 3), functions: 1).samples(count: 2, seed: 3).rows
        #expect(zero.values == [Double](repeating: 0, count: 6))
    }

    @Test("what is no covariance is refused")
    func indefinite() {
        #expect(throws: DynamicsError.indefiniteCovariance(name: "functions", lambdaMin: -1, lambdaMax: 3)) {
            try GaussianProcess(priorCovariance: DenseMatrix(rows: 2, columns: 2, values: [1, 2, 2, 1]), functions: 1).samples(count: 1, seed: 0)
        }
    }

    @Test("a seed names its functions: more samples, and equal eigenvalues, leave the first ones alone")
    func reproducible() throws {
        let x = line(0, 1, 9)
        let kernel = try CovarianceFunction.squaredExponential(lengthscale: 0.3, variance: 1).matrix(x)
        let process = GaussianProcess(priorCovariance: kernel, functions: 2)
        let (few, many) = (try process.samples(count: 2, seed: 8).rows, try process.samples(count: 40, seed: 8).rows)
        #expect(difference(few.values, many.values) < 1e-12)
        #expect(difference(few.values, try process.samples(count: 2, seed: 9).rows.values) > 0.1)
        // The identity is its own root in any basis, so the samples are the numbers drawn.
        let identity = DenseMatrix(rows: 6, columns: 6)
        for i in 0..<6 { identity[i, i] = 1 }
        let plain = try GaussianProcess(priorCovariance: identity, functions: 1).samples(count: 3, seed: 8).rows
        let random = CounterRandom(seed: 8, stream: 1 << 33)
        #expect(difference(plain.values, (0..<18).map { random.normal(at: $0) }) < 1e-13)
    }

    @Test("a deep process of one layer is the Gaussian process of the same seed")
    func oneLayer() throws {
        let (x, function) = (line(-2, 2, 11), CovarianceFunction.squaredExponential(lengthscale: 0.7, variance: 1.5))
        let deep = try DeepGaussianProcess(layers: [.init(covariance: function, width: 2)]).samples(at: x, count: 5, seed: 4)
        let plain = try GaussianProcess(priorCovariance: function.matrix(x), functions: 2).samples(count: 5, seed: 4).rows
        #expect(difference(deep[0].values, plain.values) < 1e-12)
    }

    /// Each layer's functions have the exact variance of the kernel at a point, whatever the layers before drew.
    @Test("layers of a deep process have the covariance of their kernel", arguments: [31] as [UInt64])
    func deepCovariance(seed: UInt64) throws {
        let x = line(-1, 1, 3)
        let function = CovarianceFunction.squaredExponential(lengthscale: 1, variance: 1)
        let count = 4000
        let layers = try DeepGaussianProcess(layers: [.init(covariance: function, width: 1), .init(covariance: function, width: 1)])
            .samples(at: x, count: count, seed: seed)
        for layer in layers {
            for i in 0..<3 {
                let variance = (0..<count).reduce(0) { $0 + layer[$1, i] * layer[$1, i] } / Double(count)
                #expect(abs(variance - 1) < 5 * (2 / Double(count)).squareRoot(), "seed \(seed)")
            }
        }
        // E k(f(x), f(x')) over the Gaussian difference of the first layer, of variance 2(1 − k): (1 + 2 (1 − k))^−½.
        let k = exp(-0.5)
        let products = (0..<count).map { layers[1][$0, 0] * layers[1][$0, 1] }
        let mean = products.reduce(0, +) / Double(count)
        let deviation = (products.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count - 1) / Double(count)).squareRoot()
        let exact = 1 / (1 + 2 * (1 - k)).squareRoot()
        print("deep covariance: seed \(seed), \(mean) against \(exact), standard error \(deviation)")
        #expect(abs(mean - exact) < 4.5 * deviation)
    }

    /// X24: increments of a Gaussian process have kurtosis 3, and composition makes tails that grow with depth.
    @Test("the kurtosis of increments grows with depth", arguments: [41] as [UInt64])
    func kurtosis(seed: UInt64) throws {
        let layer = DeepGaussianProcess.Layer(covariance: .squaredExponential(lengthscale: 1, variance: 1), width: 1)
        let layers = try DeepGaussianProcess(layers: [layer, layer, layer]).samples(at: line(-1, 1, 12), count: 3000, seed: seed)
        let kurtosis = try layers.map { try #require(SampleMoments.incrementKurtosis(of: $0)) }
        print("kurtosis of increments: seed \(seed), by layer \(kurtosis)")
        // √(24/3000) is the standard error of one pair of points.
        #expect(abs(kurtosis[0] - 3) < 0.4 && kurtosis[1] > 4 && kurtosis[2] > 1.3 * kurtosis[1])
    }

    /// A layer of very many functions has the average of their products for its Gram matrix: the bridge to deep kernels.
    @Test("wide layers make a Gaussian process with the kernel of the deeper network")
    func wideLayers() throws {
        // A layer's covariance is a·x·x'/d through one dense layer and a nonlinearity: two of them are a network of two hidden layers.
        func arc(_ inputs: Int) throws -> InfiniteNetwork { try perceptron("relu", depth: 1, weightStd: 1, biasStd: 0, inputs: inputs) }
        let width = 3000
        let x = DenseMatrix(rows: 3, columns: 2, values: [1, 0, 0.6, 0.8, -0.5, 1.2])
        let first = try DeepGaussianProcess(layers: [.init(covariance: .network(arc(2)), width: width)]).samples(at: x, count: 1, seed: 6)
        let second = try CovarianceFunction.network(arc(width)).matrix(first[0].transposed())
        let deep = try CovarianceFunction.network(
            network(["layers": [["type": "dense"], ["type": "relu"], ["type": "dense"], ["type": "dense"], ["type": "relu"], ["type": "dense"]]], inputs: 2)
        ).matrix(x)
        // Five standard errors of Gram entries below ½, through a map of slopes up to ½.
        #expect(difference(second.values, deep.values) < 5 * 0.5 * 0.5 * (2 / Double(width)).squareRoot(), "\(second.values) against \(deep.values)")
    }
}
