import Architectures
import Dynamics
import Foundation
import InfiniteNetworks
import JSON
import LinearAlgebra

struct FixtureError: Error { let description: String }

/// A file of the fixtures folder as a JSON object.
func fixture(_ name: String) throws -> [String: Any] {
    guard let url = Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: "json"),
        let object = try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any]
    else { throw FixtureError(description: "no fixture \(name)") }
    return object
}

/// A network on `inputs` features, read by the product's own parser.
func network(_ document: [String: Any], inputs: Int) throws -> InfiniteNetwork {
    let faults = Faults()
    let text = String(decoding: try JSONSerialization.data(withJSONObject: document), as: UTF8.self)
    guard let architecture = ArchitectureParser.parse(try JSONParser.parse(text), faults: faults) else {
        throw FixtureError(description: "\(faults.all)")
    }
    return try InfiniteNetwork(architecture, inputShape: [inputs], shapePointer: .root)
}

/// `depth` hidden layers of a nonlinearity with the same scales everywhere.
func perceptron(_ nonlinearity: String = "relu", depth: Int, weightStd: Double, biasStd: Double = 0, inputs: Int) throws -> InfiniteNetwork {
    let dense: [String: Any] = ["type": "dense", "weight_std": weightStd, "bias_std": biasStd]
    let layers = (0..<depth).flatMap { _ in [dense, ["type": nonlinearity]] as [[String: Any]] } + [dense]
    return try network(["layers": layers], inputs: inputs)
}

/// Steele, Lea and Flood's SplitMix64: a property test prints its seed and can be run again.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func matrix(_ rows: Int, _ columns: Int) -> DenseMatrix {
        DenseMatrix(rows: rows, columns: columns, values: (0..<rows * columns).map { _ in Double.random(in: -1...1, using: &self) })
    }
}

func matrix(_ value: Any?) throws -> DenseMatrix {
    guard let rows = value as? [[Double]], let first = rows.first else { throw FixtureError(description: "no matrix") }
    return DenseMatrix(rows: rows.count, columns: first.count, values: rows.flatMap { $0 })
}

/// The largest difference of two arrays of as many elements.
func difference(_ a: some Sequence<Double>, _ b: some Sequence<Double>) -> Double {
    zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) }
}

/// Rows `range` of a stack of matrices.
func block(_ matrix: DenseMatrix, _ index: Int, rows: Int) -> [Double] {
    Array(matrix.elements[index * rows * matrix.columns..<(index + 1) * rows * matrix.columns])
}
