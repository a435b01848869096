import Architectures
import Foundation
import InfiniteNetworks
import JSON
import Testing

/// Convolutional kernels of neural-tangents 0.6.5 in float64. Its own errors are at pairs of positions that nearly coincide.
struct SpatialGoldenTests {
    static let names = [
        "cnn_1d", "cnn_avg_pool", "cnn_circular_flatten", "cnn_layer_norm_attention", "cnn_same_flatten", "cnn_same_gap",
        "cnn_sum_pool_overlap", "cnn_symmetric_gap", "cnn_valid_stride_gap", "cnn_wide_resnet_mini", "layers_attention_abs",
        "layers_attention_identity", "layers_attention_quadratic", "layers_attention_relu", "layers_circular_even",
        "layers_concat", "layers_conv_local_flatten", "layers_conv_local_pool", "layers_conv_transpose_circular",
        "layers_conv_transpose_same", "layers_conv_transpose_valid", "layers_dropout", "layers_norm_axes",
        "layers_pool_circular", "layers_product", "layers_same_even", "layers_standard", "layers_standard_flatten",
    ]

    @Test(arguments: names)
    func agreesWithNeuralTangents(name: String) throws {
        let document = try fixture(name)
        let (network, x1, x2) = try read(document)
        let results = try network.results(x1, x2)
        let expected = try #require(document["expected"] as? [String: [[Double]]])
        let columns = (x2 ?? x1).count
        for (kind, values) in [("nngp", results.nngp.kernel), ("ntk", results.ntk.kernel)] {
            let reference = try #require(expected[kind])
            for i in x1.indices {
                for j in 0..<columns {
                    // Of an image with itself neural-tangents has lost half the digits of each position's own angle.
                    let tolerance = x2 == nil && i == j ? 1e-8 : 1e-10
                    let value = values[i * columns + j]
                    #expect(
                        abs(value - reference[i][j]) <= tolerance * abs(reference[i][j]),
                        "\(name) \(kind) [\(i), \(j)]: \(value) against \(reference[i][j])")
                }
            }
        }
    }

    private func read(_ document: [String: Any]) throws -> (SpatialNetwork, [[Double]], [[Double]]?) {
        let members = try #require(document["architecture"])
        let text = try JSONSerialization.data(withJSONObject: members)
        let faults = Faults()
        let parsed = ArchitectureParser.parse(try JSONParser.parse(Array(text)), at: .root, faults: faults)
        #expect(faults.all.isEmpty)
        let shape = try #require(document["input_shape"] as? [Int])
        let x1 = try #require(document["x1"] as? [[Double]])
        return (try SpatialNetwork(try #require(parsed), inputShape: shape), x1, document["x2"] as? [[Double]])
    }
}
