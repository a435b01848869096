import Foundation
import InfiniteNetworks
import Testing

/// Kernels of neural-tangents 0.6.5 in float64. It works in covariances, so where two rows nearly coincide (or are nearly
/// opposite) its own NTK is off by up to about 1e-6 × depth; everywhere else the two agree to 1e-12.
struct GoldenTests {
    static let names = [
        "fc_ab_relu", "fc_abs", "fc_erf", "fc_gelu", "fc_leaky_relu", "fc_linear_3", "fc_relu_1", "fc_relu_10",
        "fc_relu_3_nobias", "fc_relu_3_special_rows", "fc_relu_symmetric", "fc_repeat", "fc_sigmoid_like", "fc_standard",
    ]

    @Test(arguments: names)
    func agreesWithNeuralTangents(name: String) throws {
        let document = try fixture(name)
        let members = try #require(document["architecture"] as? [String: Any])
        let parsed = try architecture(members)
        let network = try #require(parsed)
        let x1 = try #require(document["x1"] as? [[Double]])
        let x2 = document["x2"] as? [[Double]]
        let expected = try #require(document["expected"] as? [String: [[Double]]])
        let stack = try DenseStack(network, inputDimension: x1[0].count)
        let results = try stack.results(x1, x2)
        let others = x2 ?? x1
        for (kind, values) in [("nngp", results.nngp.kernel), ("ntk", results.ntk.kernel)] {
            let reference = try #require(expected[kind])
            for i in x1.indices {
                for j in others.indices {
                    let near = nearlyParallel(x1[i], others[j])
                    let tolerance = near ? 1e-6 * Double(stack.layerNames.count) : 1e-12
                    let value = values[i * others.count + j]
                    #expect(
                        abs(value - reference[i][j]) <= tolerance * abs(reference[i][j]),
                        "\(name) \(kind) [\(i), \(j)]: \(value) against \(reference[i][j])")
                }
            }
        }
    }

    /// Whether v = sin²(θ/2) or 1 − v of two rows is below 1e-6.
    private func nearlyParallel(_ x: [Double], _ y: [Double]) -> Bool {
        let dot = zip(x, y).reduce(0) { $0 + $1.0 * $1.1 }
        let sizes = (x.reduce(0) { $0 + $1 * $1 } * y.reduce(0) { $0 + $1 * $1 }).squareRoot()
        return (1 - abs(dot / sizes)) / 2 < 1e-6
    }
}
