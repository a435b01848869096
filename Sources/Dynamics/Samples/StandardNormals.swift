import Arrays
import LinearAlgebra

/// The standard normal numbers that functions are drawn from: the same on every machine, whatever is computed beside them.
///
/// Number i of function o of sample s of a layer of k functions on m points is drawn at the counter (s k + o) m + i of stream 2³³ + layer (see
/// `CounterRandom`): far from the streams of data and of networks' weights, and the first samples of a seed stay when more are asked for.
public struct StandardNormals: Sendable {
    static let firstStream: UInt64 = 1 << 33

    public let seed: UInt64

    public init(seed: UInt64) { self.seed = seed }

    /// [samples · functions, points], the rows of the samples in their order.
    public func rows(samples: Range<Int>, functions k: Int, points m: Int, layer: Int = 0) -> DenseMatrix {
        let random = CounterRandom(seed: seed, stream: Self.firstStream + UInt64(layer))
        let result = DenseMatrix(rows: samples.count * k, columns: m)
        let first = UInt64(samples.lowerBound * k * m)
        for i in 0..<result.count { result.base[i] = random.normal(at: first + UInt64(i)) }
        return result
    }
}
