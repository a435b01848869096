import Foundation
import InfiniteNetworks
import Testing

/// Kernels of neural-tangents 0.6.5 in float64. It works in covariances, so where two rows nearly coincide (or are nearly
/// opposite) its own NTK is off by up to about 1e-6 × depth; everywhere else the two agree to 1e-12.
struct GoldenTests {
    static let names = [
        "fc_ab_relu", "fc_abs", "fc_concat", "fc_cos", "fc_dropout", "fc_erf", "fc_exp_normalized", "fc_gabor",
        "fc_gaussian", "fc_gelu", "fc_layer_norm", "fc_leaky_relu", "fc_linear_3", "fc_monomial2", "fc_polynomial",
        "fc_product", "fc_rbf", "fc_rectified_monomial2", "fc_relu_1", "fc_relu_10", "fc_relu_3_nobias",
        "fc_relu_3_special_rows", "fc_relu_symmetric", "fc_repeat", "fc_residual", "fc_sigmoid_like", "fc_sign",
        "fc_sin", "fc_standard",
    ]

    static let quadratures = ["fc_softplus", "fc_tanh"]

    @Test(arguments: names + quadratures)
    func agreesWithNeuralTangents(name: String) throws {
        let document = try fixture(name)
        let members = try #require(document["architecture"] as? [String: Any])
        let network = try architecture(members)
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
                    let exact = Self.quadratures.contains(name) ? 1e-10 : 1e-12
                    let tolerance = near ? 1e-6 * Double(stack.layerNames.count) : exact
                    let value = values[i * others.count + j]
                    #expect(
                        abs(value - reference[i][j]) <= tolerance * abs(reference[i][j]),
                        "\(name) \(kind) [\(i), \(j)]: \(value) against \(reference[i][j])")
                }
            }
        }
    }

    /// neural-tangents' Hermite polynomial holds at unit variance only, and its file has others: here the numbers come from
    /// the textbook recursion with the integrals of `Scripts/dual_integrals.py` for a witness.
    @Test func hermiteAwayFromUnitVariance() throws {
        let document = try fixture("fc_hermite3")
        let network = try architecture(try #require(document["architecture"] as? [String: Any]))
        let (x1, x2) = (try #require(document["x1"] as? [[Double]]), try #require(document["x2"] as? [[Double]]))
        let results = try DenseStack(network, inputDimension: x1[0].count).results(x1, x2)
        for i in x1.indices {
            for j in x2.indices {
                let reference = NaiveReference(network, x1[i], x2[j])
                let scale = NaiveReference(network, x1[i], x1[i]).theta * NaiveReference(network, x2[j], x2[j]).theta
                let index = i * x2.count + j
                #expect(abs(results.nngp.kernel[index] - reference.c) < 1e-13 * scale.squareRoot())
                #expect(abs(results.ntk.kernel[index] - reference.theta) < 1e-13 * scale.squareRoot())
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
