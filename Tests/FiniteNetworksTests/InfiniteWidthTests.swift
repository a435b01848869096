import Architectures
import InfiniteNetworks
import JSON
import LinearAlgebra
import Testing

@testable import FiniteNetworks

/// The mean over networks of the empirical NTK against the kernel of infinite width.
struct InfiniteWidthTests {
    private func expectMean(_ layers: String, inputShape: [Int], networks: Int, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let network = try network("{\"layers\": [\(layers)]}", inputShape: inputShape)
        let n = 3
        let x = numbers(n * network.inputCount, seed: 7)
        let infinite = try InfiniteNetwork(network.architecture, inputShape: inputShape, shapePointer: .root)
        var expected = [Double](repeating: 0, count: n * n)
        try expected.withUnsafeMutableBufferPointer { target in
            try x.withUnsafeBufferPointer { x in
                let base = try #require(x.baseAddress)
                try infinite.compute(
                    x1: MatrixView(base, rows: n, columns: network.inputCount),
                    into: KernelDestinations(ntk: KernelArrays(kernel: target.baseAddress)))
            }
        }
        let moments = try EmpiricalKernel(network, x1: x, x2: nil, mode: .mean).moments(
            [.ntk], networks: networks, threads: 2, parameters: { network.initialParameters(seed: UInt64($0)) })
        let (mean, error) = (try #require(moments.mean[.ntk]), try #require(moments.standardError(of: .ntk)))
        for at in 0..<n * n {
            let distance = abs(mean[at] - expected[at])
            #expect(distance < 4 * error[at], "entry \(at): \(mean[at]) ± \(error[at]), infinite \(expected[at])", sourceLocation: sourceLocation)
            // Otherwise the first expectation says nothing.
            #expect(error[at] < 0.1 * expected[0], sourceLocation: sourceLocation)
        }
    }

    private func hidden(_ width: Int) -> String { "{\"type\": \"dense\", \"width\": \(width), \"weight_std\": 1.4142135623730951, \"bias_std\": 0.3}, \"relu\", " }
    private let last = "{\"type\": \"dense\", \"width\": 1, \"weight_std\": 1.2, \"bias_std\": 0.1}"

    @Test func oneHiddenLayer() throws { try expectMean(hidden(256) + last, inputShape: [4], networks: 40) }
    @Test func twoHiddenLayers() throws { try expectMean(hidden(192) + hidden(192) + last, inputShape: [4], networks: 30) }
    @Test func threeHiddenLayers() throws { try expectMean(hidden(192) + hidden(192) + hidden(192) + last, inputShape: [4], networks: 24) }

    @Test func convolutions() throws {
        let conv = "{\"type\": \"conv\", \"channels\": 48, \"weight_std\": 1.4142135623730951, \"bias_std\": 0.2, \"padding\": \"same\", \"filter\": [3, 3]}, \"relu\", "
        try expectMean(conv + conv + "\"global_avg_pool\", " + last, inputShape: [4, 4, 2], networks: 30)
    }
}
