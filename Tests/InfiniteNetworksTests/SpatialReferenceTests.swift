import Architectures
import Foundation
import InfiniteNetworks
import Testing

/// The product against the naive tensor on small images, for networks drawn at random.
struct SpatialReferenceTests {
    @Test(arguments: Array(1...40))
    func agreesWithTheNaiveTensor(seed: Int) throws {
        var draw = NetworkDraw(seed: UInt64(seed))
        let (shape, layers) = draw.network()
        let (x1, x2) = (draw.images(2, shape), draw.images(2, shape))
        let network = try SpatialNetwork(Architecture(layers: layers), inputShape: shape)
        let results = try network.results(x1, x2)
        let single = try network.results(x1, x2, as: Float.self)
        for i in 0..<2 {
            for j in 0..<2 {
                let reference = SpatialReference(layers, shape, x1[i], x2[j])
                for (kind, value, narrow, expected) in [
                    ("nngp", results.nngp.kernel[2 * i + j], single.nngp.kernel[2 * i + j], reference.nngp),
                    ("ntk", results.ntk.kernel[2 * i + j], single.ntk.kernel[2 * i + j], reference.ntk),
                ] {
                    let place = "seed \(seed), \(kind) [\(i), \(j)], shape \(shape)"
                    #expect(abs(value - expected) <= 1e-11 * abs(expected), "\(place): \(value) against \(expected)")
                    #expect(abs(Double(narrow) - value) <= 5e-6 * abs(value), "\(place): \(narrow) in float32 against \(value)")
                }
            }
        }
    }
}

/// Random small networks of what the reference knows.
struct NetworkDraw {
    var generator: SplitMix

    init(seed: UInt64) { generator = SplitMix(state: seed) }

    /// Pixels that float32 holds exactly, so that both precisions see the same images.
    mutating func images(_ count: Int, _ shape: [Int]) -> [[Double]] {
        generator.matrix(count, shape.reduce(1, *)).map { $0.map { Double(Float($0)) } }
    }

    mutating func network() -> (shape: [Int], layers: [Layer]) {
        let axes = Int.random(in: 1...2, using: &generator)
        let shape = (0..<axes).map { _ in Int.random(in: 3...7, using: &generator) } + [Int.random(in: 1...3, using: &generator)]
        var positions = Array(shape.dropLast())
        let plain = Bool.random(using: &generator)
        var layers: [Layer] = []
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            layers.append(affine(&positions, plain))
            if Int.random(in: 0..<5, using: &generator) > 0 { layers.append(function()) }
            if !plain, Int.random(in: 0..<3, using: &generator) == 0 { layers.append(pool(&positions)) }
        }
        layers.append([flatten, globalAverage, Layer(.globalPool(.sum))].randomElement(using: &generator) ?? flatten)
        if Bool.random(using: &generator) { layers += [dense(1.2, 0.3), function()] }
        layers.append(dense(1.1, Bool.random(using: &generator) ? 0.2 : 0))
        return (shape, layers)
    }

    private mutating func function() -> Layer {
        let slopes: [(Double, Double)] = [(0, 1), (0, 1), (-1, 1), (0.3, 1), (-0.4, 1.3)]
        let (a, b) = slopes[Int.random(in: slopes.indices, using: &generator)]
        return activation(.abRelu(a: a, b: b))
    }

    private mutating func affine(_ positions: inout [Int], _ plain: Bool) -> Layer {
        let trainable = Int.random(in: 0..<5, using: &generator) > 0
        if Int.random(in: 0..<6, using: &generator) == 0 { return dense(1.3, 0.2, trainable: trainable) }
        let padding = Padding.allCases.randomElement(using: &generator) ?? .same
        let filter = positions.map { Int.random(in: 1...(padding == .same ? 5 : min(3, $0)), using: &generator) }
        let strides = positions.map { _ in plain ? 1 : Int.random(in: 1...2, using: &generator) }
        move(&positions, filter, strides, padding)
        return conv(
            filter, strides: strides, padding, weightStd: Double.random(in: 1...1.5, using: &generator),
            biasStd: Bool.random(using: &generator) ? Double.random(in: 0...0.4, using: &generator) : 0, trainable: trainable)
    }

    private mutating func pool(_ positions: inout [Int]) -> Layer {
        let padding = Padding.allCases.randomElement(using: &generator) ?? .same
        let window = positions.map { Int.random(in: 1...min(3, $0), using: &generator) }
        let strides = positions.map { _ in Int.random(in: 1...2, using: &generator) }
        move(&positions, window, strides, padding)
        let isAverage = Bool.random(using: &generator)
        return Layer(
            .pool(
                Pool(
                    operation: isAverage ? .average : .sum, window: window, strides: strides, padding: padding,
                    normalizeEdges: isAverage && Bool.random(using: &generator))))
    }

    private func move(_ positions: inout [Int], _ window: [Int], _ strides: [Int], _ padding: Padding) {
        for axis in positions.indices {
            positions[axis] = padding == .valid
                ? (positions[axis] - window[axis]) / strides[axis] + 1 : (positions[axis] + strides[axis] - 1) / strides[axis]
        }
    }
}
