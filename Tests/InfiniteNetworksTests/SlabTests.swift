import Architectures
@testable import InfiniteNetworks
import Testing

/// Slabs (all planes of one row offset at once) against the dense tensor, for stacks drawn at random from what slabs know; and
/// what they leave to planes.
struct SlabTests {
    @Test(arguments: Array(1...60))
    func slabsAgreeWithTensors(seed: Int) throws {
        var draw = SlabDraw(seed: UInt64(5000 + seed))
        let (shape, architecture) = draw.network()
        let network = try SpatialNetwork(architecture, inputShape: shape)
        let place = "seed \(seed), shape \(shape)"
        #expect(network.planes?.usesSlabs == true, "\(place)")
        try expectPlanesAgreeWithTensors(network, draw.images(2, shape), draw.images(3, shape), place)
    }

    /// Rows of whole vectors of either precision, and longer by one: the frame then stands beyond them or among them.
    @Test(arguments: [8, 16, 17, 33])
    func widths(width: Int) throws {
        var draw = SlabDraw(seed: UInt64(width))
        let layers = [conv([3, 3]), relu, conv([3, 3]), relu, globalAverage, dense()]
        let network = try SpatialNetwork(Architecture(layers: layers), inputShape: [3, width, 2])
        #expect(network.planes?.usesSlabs == true)
        try expectPlanesAgreeWithTensors(network, draw.images(2, [3, width, 2]), draw.images(2, [3, width, 2]), "width \(width)")
    }

    /// Opposite images have obtuse angles at the first layer, whose rectifier is not the near one.
    @Test func oppositeImages() throws {
        var draw = SlabDraw(seed: 7)
        let x = draw.images(1, [5, 6, 2])
        let network = try SpatialNetwork(
            Architecture(layers: [conv([3, 3]), relu, conv([3, 3]), relu, globalAverage, dense()]), inputShape: [5, 6, 2])
        var tensors = network
        tensors.planes = nil
        let opposite = x.map { $0.map { -$0 } }
        let (a, b) = (try network.results(x, opposite), try tensors.results(x, opposite))
        #expect(expectNear(a.nngp.kernel, b.nngp.kernel, 1e-12))
        #expect(expectNear(a.ntk.kernel, b.ntk.kernel, 1e-12))
    }

    /// Covariances are known to be no less than zero after a rectifier whose even part is the larger one, and stay so.
    @Test func nearLayers() throws {
        func near(_ slopes: [(Double, Double)]) throws -> [Bool] {
            let layers = slopes.flatMap { [conv([3, 3]), activation(.abRelu(a: $0.0, b: $0.1))] }
            let network = try SpatialNetwork(Architecture(layers: layers + [globalAverage, dense()]), inputShape: [4, 4, 1])
            return try #require(network.planes).segments[0].layers.map(\.isNear)
        }
        #expect(try near([(0, 1), (0, 1), (0.5, 1), (0, 1)]) == [false, true, true, true])
        #expect(try near([(0.1, 1), (0.1, 1), (-1, 1), (0.1, 1)]) == [false, false, false, true])
        // Of a residual sum every branch must be.
        let mixed = Layer(.parallel(branches: [[relu, conv([3, 3])], []], combine: .sum))
        let layers = [conv([3, 3]), mixed, relu, conv([3, 3]), relu, globalAverage, dense()]
        let network = try SpatialNetwork(Architecture(layers: layers), inputShape: [4, 4, 1])
        #expect(try #require(network.planes).segments[0].layers.filter { $0.rectifier != nil }.map(\.isNear) == [false, false, true])
    }

    @Test func whatSlabsLeaveToPlanes() throws {
        func usesSlabs(_ layers: [Layer], _ shape: [Int] = [8, 8, 1]) throws -> Bool {
            try #require(SpatialNetwork(Architecture(layers: layers + [dense()]), inputShape: shape).planes).usesSlabs
        }
        #expect(try usesSlabs([conv([3, 3]), relu, globalAverage]))
        #expect(try usesSlabs([conv([3, 1]), relu, conv([1, 3]), globalAverage]))
        #expect(try !usesSlabs([conv([3, 3]), relu, flatten]))
        #expect(try !usesSlabs([conv([5, 5]), relu, globalAverage]))
        #expect(try !usesSlabs([conv([3, 3], strides: [2, 2]), relu, globalAverage]))
        #expect(try !usesSlabs([conv([3, 3], .circular), relu, globalAverage]))
        #expect(try !usesSlabs([conv([3, 3]), relu, conv([3, 3], .valid), relu, globalAverage]))
        // Blocks of long sequences leave the caches.
        #expect(try usesSlabs([conv([3]), relu, globalAverage], [256, 1]))
        #expect(try !usesSlabs([conv([3]), relu, globalAverage], [4096, 1]))
    }
}

/// Random stacks of filters of one or three taps.
private struct SlabDraw {
    private var draw: NetworkDraw

    init(seed: UInt64) { draw = NetworkDraw(seed: seed) }

    mutating func images(_ count: Int, _ shape: [Int]) -> [[Double]] { draw.images(count, shape) }

    private mutating func chance(_ n: Int) -> Bool { Int.random(in: 0..<n, using: &draw.generator) == 0 }

    mutating func network() -> (shape: [Int], architecture: Architecture) {
        let isSequence = chance(4)
        let positions = (0..<(isSequence ? 1 : 2)).map { _ in Int.random(in: 1...(isSequence ? 40 : 9), using: &draw.generator) }
        var layers: [Layer] = []
        for _ in 0..<Int.random(in: 1...4, using: &draw.generator) {
            let filter = positions.map { _ in chance(4) ? 1 : 3 }
            layers.append(conv(filter, biasStd: chance(2) ? 0.2 : 0, trainable: !chance(5), channels: 5))
            if !chance(5) { layers.append(activation(chance(2) ? .abRelu(a: 0, b: 1) : .abRelu(a: chance(2) ? 0.3 : -0.3, b: 1))) }
        }
        layers += [globalAverage, dense(1.1, 0.1, width: 7)]
        return (positions + [2], Architecture(parameterization: chance(3) ? .standard : .ntk, layers: layers))
    }
}
