import Architectures
import Foundation
import InfiniteNetworks
import JSON
import LinearAlgebra
import Synchronization
import Testing

/// What the kernels are whatever the network, and that planes and tensors are two ways to the same numbers.
struct SpatialPropertyTests {
    static let gelu = activation(.gelu)
    static let networks: [[Layer]] = [
        [conv([3, 3]), relu, conv([3, 3], .circular), relu, globalAverage, dense(1, 0.1)],
        [conv([3, 2]), relu, conv([5, 5]), gelu, flatten, dense()],
        [
            conv([3, 3]), relu, Layer(.pool(Pool(operation: .average, window: [2, 2]))), conv([2, 2], .valid), gelu, flatten,
            dense(),
        ],
        [conv([3, 3], sharing: .unshared), relu, globalAverage, dense()],
        [
            conv([3, 3], strides: [2, 2]), relu, conv([2, 2], strides: [2, 2], .valid, sharing: .transposed), relu, flatten,
            dense(),
        ],
        [
            conv([3, 3]), Layer(.layerNorm(LayerNorm(axes: [-1, 1]))), relu, Layer(.attention(Attention())), relu,
            globalAverage, dense(),
        ],
        [
            conv([3, 3]),
            Layer(.parallel(branches: [[relu, conv([3, 3])], []], combine: .sum)),
            Layer(.parallel(branches: [[gelu, conv([1, 1])], [relu, conv([3, 3])]], combine: .product)), flatten, dense(),
        ],
        [conv([3, 3]), relu, Layer(.dropout(keepRate: 0.7)), conv([3, 3]), relu, globalAverage, dense(), relu, dense()],
    ]

    @Test(arguments: networks)
    func symmetricAndPositiveSemidefinite(layers: [Layer]) throws {
        var generator = SplitMix(state: 71)
        let n = 7
        let network = try SpatialNetwork(Architecture(layers: layers), inputShape: [4, 4, 2])
        let results = try network.results(generator.matrix(n, 32))
        for kind in [results.nngp, results.ntk] {
            for array in [kind.kernel, kind.cosine, kind.angle, kind.distance] {
                #expect((0..<n).allSatisfy { i in (0..<i).allSatisfy { j in array[i * n + j] == array[j * n + i] } })
            }
            #expect((0..<n).allSatisfy { kind.kernel[$0 * (n + 1)] == kind.diagonal[$0] })
            #expect((0..<n).allSatisfy { kind.distance[$0 * (n + 1)] == 0 && kind.angle[$0 * (n + 1)] == 0 })
        }
        let excess = zip(results.ntk.kernel, results.nngp.kernel).map { $0 - $1 }
        for matrix in [results.nngp.kernel, results.ntk.kernel, excess] {
            let spectrum = try matrix.withUnsafeBufferPointer {
                try Spectrum(of: MatrixView(try #require($0.baseAddress), rows: n, columns: n))
            }
            let (largest, smallest) = (try #require(spectrum.largest), try #require(spectrum.smallest))
            #expect(smallest > -1e-13 * largest)
        }
    }

    @Test(arguments: networks.indices.filter { $0 != 7 })
    func aSampleMeetsItselfAlikeInBothForms(index: Int) throws {
        var generator = SplitMix(state: 72)
        let x = generator.matrix(3, 32)
        let network = try SpatialNetwork(Architecture(layers: Self.networks[index]), inputShape: [4, 4, 2])
        let (symmetric, rectangular) = (try network.results(x), try network.results(x, x))
        for (a, b) in [(symmetric.nngp, rectangular.nngp), (symmetric.ntk, rectangular.ntk)] {
            // Pooling works in covariances, which a sample's own angle loses half its digits in.
            #expect(expectNear(a.kernel, b.kernel, 1e-7))
            #expect(a.diagonal == b.diagonal)
        }
    }

    @Test func circularNetworksDoNotSeeShifts() throws {
        var generator = SplitMix(state: 73)
        let x = generator.matrix(2, 5 * 6)
        let layers = [conv([3, 3], .circular), relu, conv([2, 3], .circular), relu, globalAverage, dense()]
        let network = try SpatialNetwork(Architecture(layers: layers), inputShape: [5, 6, 1])
        var shifted: [Double] = []
        for row in 2..<7 { for column in 5..<11 { shifted.append(x[0][row % 5 * 6 + column % 6]) } }
        let a: Results<Double> = try network.results([x[0]], [x[1]])
        let b: Results<Double> = try network.results([shifted], [x[1]])
        #expect(expectNear(a.nngp.kernel, b.nngp.kernel, 1e-13))
        #expect(expectNear(a.ntk.kernel, b.ntk.kernel, 1e-13))
    }

    /// Without biases ReLU networks are homogeneous, also at scales whose squares float32 does not hold.
    @Test(arguments: [(1e-3, 1.0), (1e3, 1.0), (1e-14, 1e-14), (1e14, 1e14)])
    func homogeneous(scales: (Double, Double)) throws {
        var generator = SplitMix(state: 74)
        let x = generator.matrix(2, 32).map { $0.map { Double(Float($0)) } }
        let layers = [conv([3, 3], biasStd: 0), relu, conv([3, 3], biasStd: 0), relu, globalAverage, dense()]
        let network = try SpatialNetwork(Architecture(layers: layers), inputShape: [4, 4, 2])
        let plain = try network.results([x[0]], [x[1]])
        let (left, right) = (x[0].map { $0 * scales.0 }, x[1].map { $0 * scales.1 })
        let scaled = try network.results([left], [right], as: Float.self)
        #expect(expectNear(scaled.ntk.kernel, plain.ntk.kernel.map { $0 * scales.0 * scales.1 }, 5e-6))
    }

    @Test func vectorsAreImagesOfOnePosition() throws {
        var generator = SplitMix(state: 75)
        let x = generator.matrix(4, 6)
        let layers = [dense(1.3, 0.2), relu, dense(1.1, 0.1), Self.gelu, dense()]
        let spatial = try SpatialNetwork(Architecture(layers: layers), inputShape: [6]).results(x)
        let stack = try DenseStack(Architecture(layers: layers), inputDimension: 6).results(x)
        #expect(expectNear(spatial.ntk.kernel, stack.ntk.kernel, 1e-14))
        #expect(expectNear(spatial.nngp.kernel, stack.nngp.kernel, 1e-14))
    }

    @Test func blackImagesStayFinite() throws {
        let x = [[Double](repeating: 0, count: 32), (0..<32).map { $0 < 16 ? 0 : 1 }]
        for layers in Self.networks {
            let results = try SpatialNetwork(Architecture(layers: layers), inputShape: [4, 4, 2]).results(x)
            #expect((results.nngp.kernel + results.ntk.kernel).allSatisfy { $0.isFinite })
        }
    }

    @Test func equalPositionsSufficeBeforeFlatten() throws {
        let flat = try SpatialNetwork(Architecture(layers: [conv([3, 3]), relu, flatten, dense()]), inputShape: [4, 4, 2])
        let pooled = try SpatialNetwork(Architecture(layers: [conv([3, 3]), relu, globalAverage, dense()]), inputShape: [4, 4, 2])
        #expect(!flat.needsAllPairs)
        #expect(pooled.needsAllPairs)
    }

    @Test func forecastsGrowWithWhatIsKept() throws {
        func forecast(_ readout: Layer, _ rows: Int) throws -> SpatialForecast {
            try SpatialNetwork(Architecture(layers: [conv([3, 3]), relu, readout, dense()]), inputShape: [8, 8, 3])
                .forecast(rows: rows, bytesPerElement: 4, threads: 2)
        }
        let (flat, pooled, more) = (try forecast(flatten, 10), try forecast(globalAverage, 10), try forecast(globalAverage, 20))
        #expect(pooled.elements == 64 * flat.elements)
        #expect(more.elements / pooled.elements == 210.0 / 55)
        #expect(more.workingBytes > pooled.workingBytes)
    }

    @Test func faultsNameTheLayer() throws {
        func faults(_ layers: [Layer], _ shape: [Int] = [4, 4, 2]) -> [String] {
            do throws(ArchitectureFaults) {
                _ = try SpatialNetwork(Architecture(layers: layers), inputShape: shape)
                return []
            } catch {
                return error.faults.map(\.detail)
            }
        }
        #expect(faults([conv([3, 3])]).first?.contains("still has positions") == true)
        #expect(faults([conv([5, 5], .valid), flatten]).first?.contains("larger than its input") == true)
        #expect(faults([relu, flatten]).first?.contains("raw input") == true)
        #expect(faults([flatten], [3, 3, 0]).first?.contains("at least 1") == true)
    }

    @Test(arguments: [globalAverage, flatten, Layer(.pool(Pool(operation: .sum, window: [2, 2])))])
    func progressIsOrderedAndCancellationStops(readout: Layer) throws {
        var generator = SplitMix(state: 76)
        let flat = generator.matrix(20, 16).flatMap(\.self)
        let layers = [conv([3, 3]), relu, readout, flatten, dense()].filter { !(readout == globalAverage && $0 == flatten) }
        let network = try SpatialNetwork(Architecture(layers: layers), inputShape: [4, 4, 1])
        var out = [Double](repeating: 0, count: 400)
        let seen = Mutex<[Int]>([])
        func run(stopAfter: Int) throws {
            try out.withUnsafeMutableBufferPointer { out in
                try flat.withUnsafeBufferPointer { flat in
                    try network.compute(
                        x1: MatrixView(try #require(flat.baseAddress), rows: 20, columns: 16),
                        into: KernelDestinations(ntk: KernelArrays(kernel: out.baseAddress)), threads: 2,
                        progress: { completed, _ in seen.withLock { $0.append(completed) } },
                        isCancelled: { seen.withLock { $0.count } >= stopAfter })
                }
            }
        }
        try run(stopAfter: .max)
        let all = seen.withLock { $0 }
        #expect(all == Array(1...all.count))
        seen.withLock { $0 = [] }
        #expect(throws: KernelError.cancelled) { try run(stopAfter: 3) }
        #expect(seen.withLock { $0.count } < all.count)
    }
}
