import Foundation
import Testing

@testable import Arrays

/// A folder that goes with the test that made it.
final class Folder {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("tangent-arrays-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func write(_ bytes: [UInt8], to name: String) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
        return file(name)
    }

    func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }

    static func bytes(_ path: String) throws -> [UInt8] { try [UInt8](Data(contentsOf: URL(fileURLWithPath: path))) }
}

/// The bytes of a .npy file: any header text, any data.
func npy(_ dictionary: String, data: [UInt8] = [], version: UInt8 = 1) -> [UInt8] {
    let length = dictionary.utf8.count
    var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [version, 0, UInt8(length & 0xFF), UInt8(length >> 8 & 0xFF)]
    if version > 1 { bytes += [UInt8(length >> 16 & 0xFF), UInt8(length >> 24 & 0xFF)] }
    return bytes + Array(dictionary.utf8) + data
}

func npy(descr: String, shape: String, fortran: Bool = false, data: [UInt8]) -> [UInt8] {
    npy("{'descr': '\(descr)', 'fortran_order': \(fortran ? "True" : "False"), 'shape': \(shape), }\n", data: data)
}

/// The little-endian bytes of `values`.
func littleEndian<Value>(_ values: [Value]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }

func header(_ bytes: [UInt8]) throws -> NPYHeader {
    try bytes.withUnsafeBytes { try NPYHeader($0) }
}

func float64(_ path: String) throws -> (shape: [Int], values: [Double]) {
    let array = try MappedArray(path: path)
    return try withExtendedLifetime(array) { (array.shape.axes, Array(try #require(array.elements(as: Double.self)))) }
}

/// Runs `body`, which must throw an ArrayError of `kind` whose message has `text`.
func expectRefusal(
    _ kind: ArrayError.Kind, _ text: String = "", sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) {
    let error = #expect(throws: ArrayError.self, sourceLocation: sourceLocation) { try body() }
    guard let error else { return }
    #expect(error.kind == kind, "\(error.message)", sourceLocation: sourceLocation)
    #expect(text.isEmpty || error.message.contains(text), "\(error.message)", sourceLocation: sourceLocation)
}

/// SplitMix64 (Steele, Lea and Flood 2014): property tests print its seed.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// A seed for a property test; printed, so that a failure can be had again.
func freshSeed(_ test: String = #function) -> UInt64 {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("\(test): seed \(seed)")
    return seed
}
