import Architectures
import Foundation
import InfiniteNetworks
import JSON
import Testing

/// The presets' kernels against published ones.
struct PresetKernelTests {
    private func network(_ document: String, _ shape: [Int]) throws -> SpatialNetwork {
        let faults = Faults()
        let architecture = ArchitectureParser.parse(try JSONParser.parse(document), faults: faults)
        #expect(faults.isEmpty)
        return try SpatialNetwork(try #require(architecture), inputShape: shape)
    }

    /// Two 3 x 4 x 4 images (channels first there, last here).
    private static let images: [[Double]] = {
        func image(_ pixel: (Double, Double, Double) -> Double) -> [Double] {
            (0..<4).flatMap { i in (0..<4).flatMap { j in (0..<3).map { c in pixel(Double(c), Double(i), Double(j)) } } }
        }
        return [image { c, i, j in sin(0.7 * (c + 1) + 0.3 * i + 0.9 * j) }, image { c, i, j in cos(0.5 * (c + 1) + 1.1 * i - 0.4 * j) }]
    }()

    /// The kernels of arXiv 1904.11955 at depth 3 in 40-digit arithmetic: CNTK-V, all layers trained, and CNTK-GAP, the ends
    /// fixed. They are sums where the network here has means: half the channels, for V times the positions.
    @Test(arguments: [
        (#"{"preset":"cntk","depth":3,"pooling":"none"}"#, 24.0, [37.07598210677, 10.63296074545, 38.61985355197]),
        (#"{"preset":"cntk","depth":3}"#, 1.5, [0.21524655492, 0.12955652896, 0.20846284211]),
    ])
    func convolutionalTangentKernel(document: String, factor: Double, expected: [Double]) throws {
        let kernel = try network(document, [4, 4, 3]).results(Self.images).ntk.kernel
        for (value, reference) in zip([kernel[0], kernel[1], kernel[3]], expected) {
            #expect(abs(value * factor / reference - 1) < 5e-11, "\(value * factor) against \(reference)")
        }
    }

    /// Relu with weight_std √2 and no bias keeps variances: K(x, x) = 2 |x|²/d at every depth of a multilayer perceptron,
    /// and Θ(x, x) = (depth + 1) K(x, x).
    @Test(arguments: [1, 3, 10])
    func multilayerPerceptron(depth: Int) throws {
        let results = try network(#"{"preset":"mlp","depth":\#(depth)}"#, [3]).results([[1, 2, -1]])
        #expect(abs(results.nngp.kernel[0] - 4) < 1e-14 && abs(results.ntk.kernel[0] - 4 * Double(depth + 1)) < 1e-13)
    }
}
