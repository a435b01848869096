import Architectures
import FiniteNetworks
import Foundation
import JSON
import Testing

@testable import Arrays
@testable import Service

@Suite struct SafetensorsTests {
    @Test func namesAreOrderedByTheirNumbers() {
        let names = ["10.weight", "2.weight", "fc10", "fc2", "a.1.b2", "a.1.b1", "0"]
        #expect(names.sorted(by: UploadedParameters.precedes) == ["0", "2.weight", "10.weight", "a.1.b1", "a.1.b2", "fc2", "fc10"])
        for (a, b) in [("0", "2"), ("fc1", "fc2"), ("net.0.linear", "net.2.linear"), ("0", "0.1")] { #expect(UploadedParameters.isOrdered(a, b)) }
        for (a, b) in [("decoder", "encoder"), ("conv1", "fc1"), ("net.a", "net.b"), ("0", "head")] { #expect(!UploadedParameters.isOrdered(a, b)) }
    }

    /// A file with this header and data.
    private func file(_ header: String, data: [UInt8], length: UInt64? = nil) -> MappedFile {
        let text = Array(header.utf8)
        return MappedFile(bytes: withUnsafeBytes(of: (length ?? UInt64(text.count)).littleEndian) { Array($0) } + text + data)
    }

    private func bytes(_ values: [Float]) -> [UInt8] { values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } } }

    private func network(_ layers: String, shape: [Int]) throws -> FiniteNetwork {
        let faults = Faults()
        let text = "{\"parameterization\": \"pytorch\", \"layers\": [\(layers)]}"
        let architecture = try #require(ArchitectureParser.parse(try JSONParser.parse(text), faults: faults))
        return try #require(FiniteNetwork(architecture, inputShape: shape, faults: faults), "\(faults.all)")
    }

    private func values(of tensor: SafetensorsFile.Tensor, in file: SafetensorsFile) throws -> [Double] {
        var values: [Double] = []
        try file.forEach(of: tensor) { index, value in
            #expect(index == values.count)
            values.append(value)
        }
        return values
    }

    private func parameters(of network: FiniteNetwork, in file: SafetensorsFile) throws -> [Double] {
        let source = try UploadedParameters(file, of: network)
        var values = [Double](repeating: .nan, count: network.parameterCount)
        try values.withUnsafeMutableBufferPointer { try source.write(into: $0) }
        return values
    }

    @Test func everyElementTypeIsRead() throws {
        let header = """
            {"__metadata__": {"name": "four"}, "a": {"dtype": "F64", "shape": [1], "data_offsets": [0, 8]},
             "b": {"dtype": "F32", "shape": [2], "data_offsets": [8, 16]}, "c": {"dtype": "F16", "shape": [5], "data_offsets": [16, 26]},
             "d": {"dtype": "BF16", "shape": [2], "data_offsets": [26, 30]}}
            """
        let double = withUnsafeBytes(of: (-0.1).bitPattern.littleEndian) { Array($0) }
        // 1, -2, the largest, the smallest subnormal, the smallest normal.
        let halves: [UInt8] = [0x00, 0x3C, 0x00, 0xC0, 0xFF, 0x7B, 0x01, 0x00, 0x00, 0x04]
        let read = try SafetensorsFile(file(header, data: double + bytes([0.5, -3]) + halves + [0x80, 0x3F, 0x40, 0xC0]))
        #expect(read.metadata == ["name": "four"])
        #expect(try read.tensors.map { try values(of: $0, in: read) } == [[-0.1], [0.5, -3], [1, -2, 65504, 0x1p-24, 0x1p-14], [1, -3]])
    }

    @Test(arguments: [
        #"{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}"#, "[]", "3", #"{"a": 1}"#,
        #"{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}"#, #"{"a": {"dtype": "F32", "shape": [2], "data_offsets": [8, 0]}}"#,
        #"{"a": {"dtype": "F32", "shape": [3], "data_offsets": [0, 12]}}"#, #"{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}"#,
        #"{"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}"#, #"{"a": {"dtype": "I64", "shape": [1], "data_offsets": [0, 8]}}"#,
        #"{"a": {"dtype": "F32", "shape": [-2], "data_offsets": [0, 8]}}"#, #"{"a": {"dtype": "F32", "shape": [2], "data_offsets": [-8, 0]}}"#,
        #"{"a": {"dtype": "F32", "shape": [9223372036854775807, 4], "data_offsets": [0, 8]}}"#,
        #"{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], "more": 1}}"#, #"{"a": {"dtype": "F32", "shape": [2]}}"#,
        #"{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}, "b": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}"#,
        #"{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}, "b": {"dtype": "F16", "shape": [1], "data_offsets": [6, 8]}}"#,
        #"{"__metadata__": {"a": 1}, "a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}"#, "{}",
    ])
    func headersThatLieAreRefused(_ header: String) throws {
        let problem = #expect(throws: Problem.self) { try SafetensorsFile(file(header, data: bytes([1, 2]))) }
        #expect(problem?.code == .invalidDocument)
        // Told as other faults are: of the tensor, where one is at fault.
        let pointer = try #require(problem?.faults.first?.pointer.description)
        #expect(problem?.faults.count == 1 && problem?.faults.first?.detail == problem?.detail)
        #expect(["", "/a", "/a/dtype", "/b", "/__metadata__/a"].contains(pointer), "\(pointer)")
    }

    @Test func lengthsThatLieAndCutFilesAreRefused() throws {
        let header = #"{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}"#
        for length: UInt64 in [0, 5, UInt64(header.utf8.count) + 1, UInt64(header.utf8.count) + 9, 1 << 40, .max] {
            #expect(throws: Problem.self) { try SafetensorsFile(file(header, data: bytes([1, 2]), length: length)) }
        }
        let whole = Array(file(header, data: bytes([1, 2])).bytes)
        for end in 0..<whole.count { #expect(throws: Problem.self) { try SafetensorsFile(MappedFile(bytes: Array(whole[..<end]))) } }
        #expect(throws: Problem.self) { try SafetensorsFile(MappedFile(bytes: whole + [0])) }
    }

    /// Bytes changed at random are read or refused, and never anything else; what is read has only finite numbers.
    @Test func changedFilesAreReadOrRefused() throws {
        let header = #"{"0.weight": {"dtype": "F32", "shape": [1, 2], "data_offsets": [0, 8]}, "0.bias": {"dtype": "F16", "shape": [1], "data_offsets": [8, 10]}}"#
        let whole = Array(file(header, data: bytes([1, 2]) + [0, 0x3C]).bytes)
        var refused = 0
        for seed in 1...3000 {
            var generator = SeededGenerator(state: UInt64(seed))
            var changed = whole
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                changed[Int.random(in: 0..<changed.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            do {
                let read = try SafetensorsFile(MappedFile(bytes: changed))
                for tensor in read.tensors { #expect(try values(of: tensor, in: read).allSatisfy(\.isFinite), "seed \(seed)") }
            } catch let problem as Problem {
                refused += 1
                #expect(problem.faults.count == 1)
                #expect(problem.code == .invalidDocument, "seed \(seed)")
            }
        }
        #expect(refused > 1000)
    }

    @Test func numbersThatAreNotFiniteAreRefused() throws {
        let header = #"{"0.weight": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}"#
        for value in [Float.nan, .infinity, -.infinity] {
            let read = try SafetensorsFile(file(header, data: bytes([1, value])))
            #expect(throws: Problem.self) { try values(of: read.tensors[0], in: read) }
        }
    }

    /// [outputs, inputs] there is [inputs, outputs] here, and layer 10 comes after layer 2.
    @Test func linearLayersAreTransposed() throws {
        let network = try network(#"{"type": "dense", "width": 1}, "tanh", {"type": "dense", "width": 2}"#, shape: [2])
        let header = """
            {"10.bias": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}, "10.weight": {"dtype": "F32", "shape": [2, 1], "data_offsets": [8, 16]},
             "2.bias": {"dtype": "F32", "shape": [1], "data_offsets": [16, 20]}, "2.weight": {"dtype": "F32", "shape": [1, 2], "data_offsets": [20, 28]}}
            """
        let read = try SafetensorsFile(file(header, data: bytes([1, 2, 3, 4, 5, 6, 7])))
        #expect(try parameters(of: network, in: read) == [6, 7, 5, 3, 4, 1, 2])
    }

    /// A convolution's filter comes first and its outputs last; after flattening, positions come before channels.
    @Test func convolutionsAndFlattenedInputsArePermuted() throws {
        let network = try network(#"{"type": "conv", "channels": 2, "filter": [1, 2]}, "relu", "flatten", {"type": "dense", "width": 1}"#, shape: [1, 3, 1])
        let header = """
            {"0.weight": {"dtype": "F32", "shape": [2, 1, 1, 2], "data_offsets": [0, 16]}, "0.bias": {"dtype": "F32", "shape": [2], "data_offsets": [16, 24]},
             "3.weight": {"dtype": "F32", "shape": [1, 4], "data_offsets": [24, 40]}, "3.bias": {"dtype": "F32", "shape": [1], "data_offsets": [40, 44]}}
            """
        let read = try SafetensorsFile(file(header, data: bytes((1...11).map { Float($0) })))
        // Taps 0 and 1 of output 0 are 1 and 2, of output 1 are 3 and 4; channel 0 at positions 0 and 1 has 7 and 8, channel 1 has 9 and 10.
        #expect(try parameters(of: network, in: read) == [1, 3, 2, 4, 5, 6, 7, 9, 8, 10, 11])
    }

    private static let residual =
        #"{"type": "dense", "width": 1}, {"type": "parallel", "branches": [["tanh", {"type": "dense", "width": 1}], [{"type": "dense", "width": 1}]]}"#

    /// Where layers run beside each other the names say which is which, in whatever order the file has them.
    @Test func parallelLayersAreFoundByName() throws {
        let network = try network(Self.residual, shape: [1])
        let header = """
            {"1.1.0.weight": {"dtype": "F32", "shape": [1, 1], "data_offsets": [0, 4]}, "1.1.0.bias": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]},
             "1.0.1.bias": {"dtype": "F32", "shape": [1], "data_offsets": [8, 12]}, "1.0.1.weight": {"dtype": "F32", "shape": [1, 1], "data_offsets": [12, 16]},
             "0.weight": {"dtype": "F32", "shape": [1, 1], "data_offsets": [16, 20]}, "0.bias": {"dtype": "F32", "shape": [1], "data_offsets": [20, 24]}}
            """
        let read = try SafetensorsFile(file(header, data: bytes([1, 2, 3, 4, 5, 6])))
        #expect(try parameters(of: network, in: read) == [5, 6, 4, 3, 1, 2])
    }

    /// Tensors of the right shapes under other names could be of either branch.
    @Test(arguments: ["1.0.2", "1", "block.left"])
    func parallelLayersUnderOtherNamesAreRefused(_ name: String) throws {
        let network = try network(Self.residual, shape: [1])
        let names = ["0", name, "1.1.0"].sorted()
        let entries = names.enumerated().map { index, name in
            #""\#(name).weight": {"dtype": "F32", "shape": [1, 1], "data_offsets": [\#(8 * index), \#(8 * index + 4)]}, "\#(name).bias": {"dtype": "F32", "shape": [1], "data_offsets": [\#(8 * index + 4), \#(8 * index + 8)]}"#
        }
        let read = try SafetensorsFile(file("{\(entries.joined(separator: ", "))}", data: bytes([1, 2, 3, 4, 5, 6])))
        let problem = #expect(throws: Problem.self) { try parameters(of: network, in: read) }
        #expect(problem?.detail.contains("1.0.1, the dense at /layers/1/branches/0/1: weight [1, 1], bias [1]") == true, "\(problem?.detail ?? "")")
        #expect(problem?.detail.contains("\"\(name)\"") == true)
    }

    @Test(arguments: [
        #"{"0.weight": {"dtype": "F32", "shape": [2, 1], "data_offsets": [0, 8]}, "0.bias": {"dtype": "F32", "shape": [1], "data_offsets": [8, 12]}}"#,
        #"{"0.weight": {"dtype": "F32", "shape": [1, 2], "data_offsets": [0, 8]}, "0.bias": {"dtype": "F32", "shape": [], "data_offsets": [8, 12]}}"#,
        #"{"0.weight": {"dtype": "F32", "shape": [1, 2], "data_offsets": [0, 8]}, "1.bias": {"dtype": "F32", "shape": [1], "data_offsets": [8, 12]}}"#,
        #"{"0.weight": {"dtype": "F32", "shape": [1, 2], "data_offsets": [0, 8]}, "0.gain": {"dtype": "F32", "shape": [1], "data_offsets": [8, 12]}}"#,
        #"{"0.weight": {"dtype": "F32", "shape": [1, 3], "data_offsets": [0, 12]}}"#, #"{"0.bias": {"dtype": "F32", "shape": [3], "data_offsets": [0, 12]}}"#,
    ])
    func tensorsThatDoNotFitAreRefusedWithWhatWasExpected(_ header: String) throws {
        let network = try network(#"{"type": "dense", "width": 1}"#, shape: [2])
        let read = try SafetensorsFile(file(header, data: bytes([1, 2, 3])))
        let problem = #expect(throws: Problem.self) { try parameters(of: network, in: read) }
        #expect(problem?.detail.contains("weight [1, 2], bias [1]") == true)
        #expect(problem.map { $0.faults.map(\.detail) == [$0.detail] } == true)
        let tensor = try #require(problem?.faults.first?.pointer.description.dropFirst())
        #expect(tensor.isEmpty || header.contains("\"\(tensor)\""))
    }
}

/// SplitMix64.
private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
