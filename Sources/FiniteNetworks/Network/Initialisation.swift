import Architectures
import Arrays

extension FiniteNetwork {
    /// The first stream of the numbers that weights are drawn from, far from those of ``DatasetGenerator``: the data and the
    /// network of one seed are independent.
    static let firstStream: UInt64 = 1 << 32

    /// The network's parameters for a seed: the same numbers on every machine, whatever the threads.
    ///
    /// Element i of layer l's weight is drawn at the counter i of stream 2³² + 2l, its bias of stream 2³² + 2l + 1 (see
    /// ``CounterRandom``); ntk: N(0, 1); standard: N(0, weight_std²/fan_in) and N(0, bias_std²); pytorch: uniform between
    /// ∓1/√fan_in. O(parameters).
    public func initialParameters(seed: UInt64) -> [Double] {
        [Double](unsafeUninitializedCapacity: parameterCount) { buffer, count in
            for (index, layer) in layers.enumerated() {
                let stream = Self.firstStream + 2 * UInt64(index)
                fill(buffer, layer.weight, CounterRandom(seed: seed, stream: stream), layer, deviation: layer.weightDeviation)
                if let bias = layer.bias {
                    fill(buffer, bias, CounterRandom(seed: seed, stream: stream + 1), layer, deviation: layer.biasDeviation)
                }
            }
            count = parameterCount
        }
    }

    private func fill(
        _ buffer: UnsafeMutableBufferPointer<Double>, _ range: Range<Int>, _ random: CounterRandom, _ layer: AffineLayer,
        deviation: Double
    ) {
        let bound = 1 / Double(layer.fanIn).squareRoot()
        for i in 0..<range.count {
            buffer.initializeElement(
                at: range.lowerBound + i,
                to: architecture.parameterization == .pytorch
                    ? bound * (2 * random.uniform(at: UInt64(i)) - 1) : deviation * random.normal(at: UInt64(i)))
        }
    }
}
