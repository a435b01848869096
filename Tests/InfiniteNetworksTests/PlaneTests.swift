import Architectures
@testable import InfiniteNetworks
import Testing

/// Offset planes against the dense tensor over all pairs of positions, for networks drawn at random: convolutions of every
/// padding and stride, pools, residual sums.
struct PlaneTests {
    @Test(arguments: Array(1...80))
    func planesAgreeWithTensors(seed: Int) throws {
        var draw = PlaneDraw(seed: UInt64(1000 + seed))
        let (shape, layers) = draw.network()
        let network = try SpatialNetwork(Architecture(layers: layers), inputShape: shape)
        let place = "seed \(seed), shape \(shape)"
        #expect(network.planes != nil, "\(place)")
        try expectPlanesAgreeWithTensors(network, draw.images(2, shape), draw.images(3, shape), place)
    }

    /// What planes do not know goes the way of the tensor.
    @Test func otherLayersHaveNoPlanes() throws {
        let edge = Layer(.pool(Pool(operation: .average, window: [3, 3], strides: [1, 1], padding: .same)))
        for layer in [edge, Layer(.attention(Attention())), Layer(.layerNorm(LayerNorm(axes: [-1]))), activation(.gelu)] {
            let network = try SpatialNetwork(
                Architecture(layers: [conv([3, 3]), layer, conv([3, 3]), globalAverage, dense()]), inputShape: [6, 6, 1])
            #expect(network.planes == nil)
        }
    }

    /// Strides need only the planes of every second offset, and flattening only the pairs of equal windows.
    @Test func onlyWhatIsNeededIsComputed() throws {
        func planes(_ layers: [Layer]) throws -> [Int] {
            let network = try SpatialNetwork(Architecture(layers: layers + [dense()]), inputShape: [8, 8, 1])
            return try #require(network.planes).offsets.map(\.count)
        }
        let pool = Layer(.pool(Pool(operation: .average, window: [2, 2])))
        #expect(try planes([conv([3, 3]), relu, globalAverage]) == [64])
        #expect(try planes([conv([3, 3]), relu, flatten]) == [1])
        #expect(try planes([conv([3, 3]), relu, conv([3, 3], strides: [2, 2]), relu, globalAverage]) == [16])
        #expect(try planes([conv([3, 3]), relu, pool, conv([3, 3]), relu, globalAverage]) == [64, 16])
        #expect(try planes([conv([3, 3]), relu, pool, conv([3, 3]), relu, flatten]) == [9, 1])
    }

    /// An image meets itself alike whether it is told that it does or not, pools included.
    @Test func samplesMeetThemselves() throws {
        var draw = PlaneDraw(seed: 3)
        let x = draw.images(2, [6, 6, 2])
        let pool = Layer(.pool(Pool(operation: .average, window: [2, 2])))
        let network = try SpatialNetwork(
            Architecture(layers: [conv([3, 3]), relu, pool, conv([3, 3]), relu, globalAverage, dense()]), inputShape: [6, 6, 2])
        let (symmetric, rectangular) = (try network.results(x), try network.results(x, x))
        #expect(expectNear(symmetric.ntk.kernel, rectangular.ntk.kernel, 1e-13))
        #expect(expectNear(symmetric.nngp.kernel, rectangular.nngp.kernel, 1e-13))
    }
}

/// Random small networks within the planes' repertoire.
private struct PlaneDraw {
    private var draw: NetworkDraw

    init(seed: UInt64) { draw = NetworkDraw(seed: seed) }

    mutating func images(_ count: Int, _ shape: [Int]) -> [[Double]] { draw.images(count, shape) }

    private mutating func chance(_ n: Int) -> Bool { Int.random(in: 0..<n, using: &draw.generator) == 0 }

    mutating func network() -> (shape: [Int], layers: [Layer]) {
        let axes = chance(4) ? 1 : 2
        let shape = (0..<axes).map { _ in Int.random(in: 1...9, using: &draw.generator) } + [2]
        var positions = Array(shape.dropLast())
        var layers = [convolution(&positions)]
        for _ in 0..<Int.random(in: 1...4, using: &draw.generator) {
            switch Int.random(in: 0..<5, using: &draw.generator) {
            case 0: layers += pool(&positions)
            case 1: layers.append(residual(&positions, depth: 0))
            default: layers.append(convolution(&positions))
            }
            // What pools make is not Gaussian until a convolution; after a residual sum it is.
            let isPool = if case .pool = layers[layers.count - 1].kind { true } else { false }
            if isPool { layers.append(convolution(&positions)) }
            if !chance(4) { layers.append(rectifier()) }
            if case .nonlinearity = layers[layers.count - 1].kind, chance(2) { layers.append(convolution(&positions)) }
            // Two nonlinearities never follow each other, nor does a residual sum's begin after one.
            if case .nonlinearity = layers[layers.count - 1].kind { layers.append(convolution(&positions)) }
        }
        return (shape, layers + [chance(3) ? flatten : globalAverage, dense(1.1, 0.1)])
    }

    private mutating func rectifier() -> Layer { activation(chance(2) ? .abRelu(a: 0, b: 1) : .abRelu(a: -0.3, b: 1)) }

    private mutating func convolution(_ positions: inout [Int]) -> Layer {
        let paddings: [Padding] = [.same, .same, .circular, .valid]
        let padding = paddings[Int.random(in: paddings.indices, using: &draw.generator)]
        let filter = positions.map { Int.random(in: 1...min($0, padding == .valid ? 3 : 5), using: &draw.generator) }
        let strides = positions.map { _ in chance(3) ? 2 : 1 }
        positions = positions.indices.map {
            padding == .valid ? (positions[$0] - filter[$0]) / strides[$0] + 1 : (positions[$0] + strides[$0] - 1) / strides[$0]
        }
        return conv(filter, strides: strides, padding, biasStd: chance(2) ? 0.2 : 0, trainable: !chance(5))
    }

    private mutating func pool(_ positions: inout [Int]) -> [Layer] {
        let padding: Padding = chance(3) ? .circular : .valid
        let window = positions.map { Int.random(in: 1...min($0, 3), using: &draw.generator) }
        let strides = chance(3) ? positions.map { _ in 1 } : window
        positions = positions.indices.map {
            padding == .valid ? (positions[$0] - window[$0]) / strides[$0] + 1 : (positions[$0] + strides[$0] - 1) / strides[$0]
        }
        return [Layer(.pool(Pool(operation: chance(3) ? .sum : .average, window: window, strides: strides, padding: padding)))]
    }

    /// Branches of the same strides, each of which divides the extents.
    private mutating func residual(_ positions: inout [Int], depth: Int) -> Layer {
        let strides = positions.map { $0 % 2 == 0 && chance(2) ? 2 : 1 }
        func filter(_ extents: [Int]) -> [Int] { extents.map { min($0, 3) } }
        let padding: Padding = chance(3) ? .circular : .same
        var inner = [rectifier(), conv(filter(positions), strides: strides, padding, biasStd: 0.2)]
        positions = positions.indices.map { positions[$0] / strides[$0] }
        if depth < 2, chance(2) {
            var same = positions
            let nested = residual(&same, depth: depth + 1)
            if same == positions { inner.append(nested) }
        }
        inner += [rectifier(), conv(filter(positions), padding, biasStd: 0.1)]
        let isPlain = strides.allSatisfy { $0 == 1 }
        let shortcut = isPlain && chance(2) ? [] : [conv(strides.map { _ in 1 }, strides: strides)]
        let third = chance(3) ? [[rectifier(), conv(filter(strides.indices.map { positions[$0] * strides[$0] }), strides: strides)]] : []
        return Layer(.parallel(branches: [inner, shortcut] + third, combine: .sum))
    }
}
