import Architectures
import Foundation
import InfiniteNetworks
import Testing

/// Against 50-digit arithmetic (`Scripts/high_precision_kernels.py`): rows at relative distances 1, 1e-3 and 1e-7, the
/// diagonal, x' = 3x and x' = −x.
struct HighPrecisionTests {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let precision: String
        let nonlinearity: String
        let depth: Int
        let weight_std: Double
        let bias_std: Double
        let x: [[Double]]
        let nngp: [[Double]]
        let ntk: [[Double]]

        var testDescription: String { "\(precision) \(nonlinearity) depth \(depth) bias \(bias_std) x00 \(x[0][0])" }
    }

    private struct File: Decodable { let cases: [Case] }

    static func cases(_ precision: String) throws -> [Case] {
        guard let url = Bundle.module.url(forResource: "Fixtures/high_precision", withExtension: "json") else {
            throw DocumentError(description: "no fixture")
        }
        return try JSONDecoder().decode(File.self, from: Data(contentsOf: url)).cases.filter { $0.precision == precision }
    }

    @Test(arguments: try cases("float64"))
    func float64(_ reference: Case) throws {
        try check(reference, as: Double.self, tolerance: 1e-13)
    }

    @Test(arguments: try cases("float32"))
    func float32(_ reference: Case) throws {
        try check(reference, as: Float.self, tolerance: 2e-6)
    }

    private func check<Scalar: KernelScalar>(_ reference: Case, as type: Scalar.Type, tolerance: Double) throws {
        let functions: [String: Nonlinearity] = ["relu": .abRelu(a: 0, b: 1), "erf": .erf(a: 1, b: 1, c: 0), "gelu": .gelu]
        let names = reference.nonlinearity.components(separatedBy: ", ")
        let hidden = try names.flatMap { name in
            [dense(reference.weight_std, reference.bias_std), activation(try #require(functions[name]))]
        }
        let block = Layer(.repeat(times: reference.depth / names.count, hidden))
        let layers = [block, dense(reference.weight_std, reference.bias_std)]
        let stack = try DenseStack(Architecture(layers: layers), inputDimension: reference.x[0].count)
        for (x2, name) in [(nil, "symmetric"), (reference.x, "x2 given")] as [([[Double]]?, String)] {
            let results = try stack.results(reference.x, x2, as: Scalar.self)
            let n = reference.x.count
            var worst = (nngp: 0.0, ntk: 0.0)
            for i in 0..<n {
                for j in 0..<n {
                    worst.nngp = max(worst.nngp, error(results.nngp.kernel[i * n + j], reference.nngp, i, j, reference))
                    worst.ntk = max(worst.ntk, error(results.ntk.kernel[i * n + j], reference.ntk, i, j, reference))
                }
            }
            print("\(reference.testDescription) \(name): nngp \(worst.nngp), ntk \(worst.ntk)")
            #expect(worst.nngp <= tolerance)
            #expect(worst.ntk <= tolerance)
        }
    }

    /// Relative to the entry for relu, whose entries are all positive; for erf and gelu relative to √(K_ii K_jj), since
    /// opposite rows nearly cancel there.
    private func error<Scalar: KernelScalar>(
        _ value: Scalar, _ expected: [[Double]], _ i: Int, _ j: Int, _ reference: Case
    ) -> Double {
        let scale = reference.nonlinearity == "relu" ? expected[i][j] : (expected[i][i] * expected[j][j]).squareRoot()
        return abs(Double(value) - expected[i][j]) / scale
    }
}
