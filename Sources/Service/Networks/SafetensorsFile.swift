import Arrays
import Foundation
import JSON

/// A file of named tensors: eight bytes of the header's length (little-endian), a JSON object {name: {dtype, shape,
/// data_offsets}} with text under `__metadata__`, then the data without gaps (https://huggingface.co/docs/safetensors).
///
/// Nothing in the header is believed: lengths, shapes and offsets must agree with each other and with the file.
struct SafetensorsFile {
    enum ElementType: String, CaseIterable {
        case float64 = "F64"
        case float32 = "F32"
        case float16 = "F16"
        case bfloat16 = "BF16"

        var size: Int {
            switch self {
            case .float64: 8
            case .float32: 4
            case .float16, .bfloat16: 2
            }
        }
    }

    struct Tensor {
        let name: String
        let type: ElementType
        let shape: [Int]
        /// Bytes of the data.
        let range: Range<Int>
    }

    /// As the format's own readers allow.
    static let longestHeader = 100_000_000

    let metadata: [String: String]
    /// In the order of the data.
    let tensors: [Tensor]
    private let file: MappedFile
    private let dataOffset: Int

    /// - Throws: ``Problem`` (422) for a file that is not what it says.
    init(path: String) throws {
        try self.init(MappedFile(path: path))
    }

    init(_ file: MappedFile) throws {
        let bytes = file.bytes
        guard bytes.count >= 8 else { throw Self.refusal("The file has \(bytes.count) bytes; a safetensors file begins with the eight bytes of its header's length; send the whole file.") }
        let claimed = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        guard let length = Int(exactly: claimed), length <= Self.longestHeader, length <= bytes.count - 8 else {
            throw Self.refusal("The header is said to have \(claimed) bytes, but the file has \(bytes.count - 8) after its first eight, and a header at most \(Self.longestHeader); the file was cut, or is no safetensors file; send the whole file.")
        }
        let header: JSONValue
        do {
            header = try JSONParser.parse(UnsafeRawBufferPointer(rebasing: bytes[8..<8 + length]))
        } catch {
            throw Self.refusal("The header is no JSON: \(error)")
        }
        guard case .object(let object) = header else { throw Self.refusal("The header is \(header.kind); it must be an object of tensors by name.") }
        var (metadata, tensors) = ([String: String](), [Tensor]())
        for member in object.members {
            if member.name == "__metadata__" {
                metadata = try Self.metadata(member.value)
            } else {
                tensors.append(try Self.tensor(member.name, member.value))
            }
        }
        tensors.sort { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
        var end = 0
        for tensor in tensors {
            guard tensor.range.lowerBound == end else {
                let fault = tensor.range.lowerBound < end ? "overlaps the tensor before it, which ends" : "leaves a gap after the tensor before it, which ends"
                throw Self.refusal("The tensor \"\(tensor.name)\" begins at byte \(tensor.range.lowerBound) of the data and \(fault) at \(end); write tensors one after another.", at: Self.place(of: tensor.name))
            }
            end = tensor.range.upperBound
        }
        guard end == bytes.count - 8 - length else {
            throw Self.refusal("The tensors take \(end) bytes, but the file holds \(bytes.count - 8 - length) bytes of data; the file was cut or has something appended; send it as it was saved.")
        }
        (self.metadata, self.tensors, self.file, dataOffset) = (metadata, tensors, file, 8 + length)
    }

    private static func metadata(_ value: JSONValue) throws -> [String: String] {
        let pointer = place(of: "__metadata__")
        guard case .object(let object) = value else { throw refusal("__metadata__ is \(value.kind); it must be an object of texts.", at: pointer) }
        var metadata: [String: String] = [:]
        for member in object.members {
            guard case .string(let text) = member.value else {
                throw refusal("\"\(member.name)\" of __metadata__ is \(member.value.kind); it must be a text.", at: pointer.appending(member.name))
            }
            metadata[member.name] = text
        }
        return metadata
    }

    private static func tensor(_ name: String, _ value: JSONValue) throws -> Tensor {
        let pointer = place(of: name)
        guard case .object(let object) = value, case .string(let dtype) = object["dtype"] ?? .null, let shape = object["shape"]?.integers,
            let offsets = object["data_offsets"]?.integers, offsets.count == 2, object.members.count == 3
        else { throw refusal("The tensor \"\(name)\" needs dtype, shape and two data_offsets, and nothing else.", at: pointer) }
        guard let type = ElementType(rawValue: dtype) else {
            let known = ElementType.allCases.map(\.rawValue).joined(separator: ", ")
            throw refusal("The tensor \"\(name)\" has the dtype \(dtype); parameters are \(known).", at: pointer.appending("dtype"))
        }
        guard shape.allSatisfy({ $0 >= 0 }), 0 <= offsets[0], offsets[0] <= offsets[1],
            Forecast.product(of: shape + [type.size]) == offsets[1] - offsets[0]
        else { throw refusal("The tensor \"\(name)\" of shape \(shape) in \(dtype) does not fit its data_offsets \(offsets); they end as many bytes apart as its elements take.", at: pointer) }
        return Tensor(name: name, type: type, shape: shape, range: offsets[0]..<offsets[1])
    }

    /// Hands over the numbers of a tensor in row-major order with their places.
    ///
    /// - Throws: ``Problem`` where one of them is not finite.
    func forEach(of tensor: Tensor, _ body: (_ index: Int, _ value: Double) -> Void) throws {
        let bytes = UnsafeRawBufferPointer(rebasing: file.bytes[dataOffset + tensor.range.lowerBound..<dataOffset + tensor.range.upperBound])
        let size = tensor.type.size
        for index in 0..<bytes.count / size {
            let offset = index * size
            let value: Double = switch tensor.type {
            case .float64: Double(bitPattern: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
            case .float32: Double(Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))))
            case .float16: Self.half(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
            case .bfloat16:
                Double(Float(bitPattern: UInt32(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))) << 16))
            }
            guard value.isFinite else {
                throw Self.refusal(
                    "The tensor \"\(tensor.name)\" has a number that is not finite, at place \(index); parameters are finite numbers.",
                    at: Self.place(of: tensor.name))
            }
            body(index, value)
        }
    }

    /// IEEE 754 binary16: a sign, five bits of exponent, ten of fraction.
    static func half(_ bits: UInt16) -> Double {
        let (exponent, fraction) = (Int(bits >> 10 & 0x1F), Double(bits & 0x3FF))
        let magnitude: Double =
            switch exponent {
            case 0: fraction * 0x1p-24
            case 31: fraction == 0 ? .infinity : .nan
            default: Double(sign: .plus, exponent: exponent - 15, significand: 1 + fraction * 0x1p-10)
            }
        return bits >> 15 == 1 ? -magnitude : magnitude
    }

    /// A tensor's member of the header; what does not look like a name has none.
    static func place(of tensor: String) -> JSONPointer { tensor.utf8.count <= 256 ? JSONPointer.root.appending(tensor) : .root }

    /// - Parameter pointer: Into the header; the root is the file.
    static func refusal(_ detail: String, at pointer: JSONPointer = .root) -> Problem {
        Problem(.invalidDocument, detail, faults: [Fault(pointer, detail)])
    }
}
