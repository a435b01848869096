/// The header of a .npy file (NumPy Enhancement Proposal 1, formats 1.0, 2.0 and 3.0).
public struct NPYHeader: Sendable, Equatable {
    public let type: SourceType
    /// The axes vary in Fortran order (first fastest) in the file.
    public let isFortranOrder: Bool
    public let shape: ArrayShape
    /// Where the data begin.
    public let dataOffset: Int

    /// No header of numbers is longer; numpy's are 128 bytes.
    public static let maximumLength = 65_536

    /// The longest prefix before the dictionary: magic, version, and a length of four bytes.
    static let preambleLength = 12

    /// Bytes of the data that follow the header. Cannot overflow: see ``ArrayShape``.
    public var dataByteCount: Int { shape.count * type.size }

    /// Reads the header at the front of `bytes`, which may hold more, or all, of the file.
    /// - Throws: `malformed` for anything that is no such header, `unsupported` for a dtype that is not taken,
    ///   `tooLarge` for a header beyond ``maximumLength`` or a shape that overflows.
    public init(_ bytes: UnsafeRawBufferPointer) throws(ArrayError) {
        let (start, length) = try Self.extent(bytes)
        guard bytes.count >= start + length else {
            throw ArrayError(.malformed, "the .npy header says that it is \(length) bytes long, and the file ends before that; send the whole file")
        }
        let dictionary = try NPYDictionary(UnsafeRawBufferPointer(rebasing: bytes[start..<start + length]))
        type = try SourceType(descr: dictionary.descr)
        isFortranOrder = dictionary.isFortranOrder
        shape = try ArrayShape(dictionary.shape)
        dataOffset = start + length
    }

    /// Where the dictionary starts and how long it is, from the first bytes of a file.
    static func extent(_ bytes: UnsafeRawBufferPointer) throws(ArrayError) -> (start: Int, length: Int) {
        let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]
        guard bytes.count >= magic.count, bytes.prefix(magic.count).elementsEqual(magic) else {
            throw ArrayError(.malformed, "the file does not begin as a .npy file does; write it with numpy.save")
        }
        guard bytes.count >= 10 else { throw ArrayError(.malformed, "the .npy file ends within its header; send the whole file") }
        let (major, minor) = (bytes[6], bytes[7])
        guard (1...3).contains(major), minor == 0 else {
            throw ArrayError(.unsupported, "the .npy format version is \(major).\(minor); versions 1.0, 2.0 and 3.0 are read")
        }
        let short = Int(bytes[8]) | Int(bytes[9]) << 8
        var (start, length) = (10, short)
        if major > 1 {
            guard bytes.count >= 12 else { throw ArrayError(.malformed, "the .npy file ends within its header; send the whole file") }
            (start, length) = (12, short | Int(bytes[10]) << 16 | Int(bytes[11]) << 24)
        }
        guard start + length <= maximumLength else {
            throw ArrayError(.tooLarge, "the .npy header is \(length) bytes long; at most \(maximumLength) are read, which no plain array of numbers needs")
        }
        return (start, length)
    }

    /// A header of version 1.0 in C order, padded to a multiple of 64 bytes so that the data are aligned in a map.
    /// - Parameter length: the exact length wanted, a multiple of 64 (see ``reservedLength(type:rowShape:)``).
    public static func encode(type: ElementType, shape: ArrayShape, length: Int? = nil) -> [UInt8] {
        let text = "{'descr': '\(type.descr)', 'fortran_order': False, 'shape': \(shape), }"
        let unpadded = 10 + text.utf8.count + 1
        let total = length ?? (unpadded + 63) / 64 * 64
        precondition(total >= unpadded && total % 64 == 0, "a header of \(unpadded) bytes does not fit in \(total)")
        var bytes: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0, UInt8(truncatingIfNeeded: total - 10), UInt8((total - 10) >> 8)]
        bytes.reserveCapacity(total)
        bytes.append(contentsOf: text.utf8)
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: total - unpadded))
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    /// The length of a header that holds any number of rows of `rowShape`.
    static func reservedLength(type: ElementType, rowShape: ArrayShape) -> Int {
        let longest = "{'descr': '\(type.descr)', 'fortran_order': False, 'shape': \(ArrayShape.text([Int.max] + rowShape.axes)), }"
        return (10 + longest.utf8.count + 1 + 63) / 64 * 64
    }
}
