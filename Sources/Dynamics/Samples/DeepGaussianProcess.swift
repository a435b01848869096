import InfiniteNetworks
import LinearAlgebra

/// A composition f = f_L ∘ … ∘ f_1 of independent Gaussian processes, each layer of several functions with one covariance function
/// (Damianou and Lawrence, "Deep Gaussian processes", AISTATS 2013). One layer is a Gaussian process; more are none, since the covariance
/// of a layer depends on what the layer before it drew. With very wide layers they become one again, whose covariance function is deep.
public struct DeepGaussianProcess: Sendable {
    /// Independent functions with one covariance function.
    public struct Layer: Sendable {
        public let covariance: CovarianceFunction
        /// Independent functions of the layer: the features that the next layer sees.
        public let width: Int

        public init(covariance: CovarianceFunction, width: Int) { (self.covariance, self.width) = (covariance, width) }
    }

    public let layers: [Layer]

    public init(layers: [Layer]) { self.layers = layers }

    /// The functions of every layer at the points x [m, d]: [samples · width, m] by layer, the rows of a sample together.
    ///
    /// The first layer's covariance is decomposed once; of the others each sample has its own: 9m³ operations a sample and layer.
    /// - Parameter progress: Called after each sample with how many are done.
    /// - Throws: ``DynamicsError``, `KernelError`.
    public func samples(
        at x: DenseMatrix, count: Int, seed: UInt64, threads: Int = 1, progress: (Int) throws -> Void = { _ in }
    ) throws -> [DenseMatrix] {
        let normals = StandardNormals(seed: seed)
        let results = layers.map { DenseMatrix(rows: count * $0.width, columns: x.rows) }
        guard let first = layers.first else { return [] }
        let root = try Self.root(first, at: x, number: 0, threads: threads)
        for sample in 0..<count {
            var input = x
            for (number, layer) in layers.enumerated() {
                let own = number == 0 ? root : try Self.root(layer, at: input, number: number, threads: threads)
                let functions = own(rows: normals.rows(samples: sample..<sample + 1, functions: layer.width, points: x.rows, layer: number))
                results[number].row(sample * layer.width).update(from: functions.base, count: functions.count)
                input = functions.transposed()
            }
            try progress(sample + 1)
        }
        return results
    }

    private static func root(_ layer: Layer, at x: DenseMatrix, number: Int, threads: Int) throws -> CovarianceRoot {
        try CovarianceRoot(overwriting: layer.covariance.matrix(x, threads: threads), name: "functions of layer \(number + 1)", threads: threads)
    }
}
