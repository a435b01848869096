/// The central directory of a zip archive (PKWARE APPNOTE 6.3.10, sections 4.3.12 to 4.3.16), of one disk, read from memory.
///
/// Names are compared and shown, never used as paths. Every offset is checked against the archive before it is followed.
struct ZipDirectory {
    struct Member {
        let name: String
        let method: UInt16
        let isEncrypted: Bool
        let checksum: UInt32
        let compressedSize: Int
        let size: Int
        let headerOffset: Int
    }

    let members: [Member]

    /// An archive of arrays has a handful.
    private static let maximumMembers = 1_000

    init(_ archive: UnsafeRawBufferPointer) throws(ArrayError) {
        let bytes = ZipBytes(archive)
        let end = try Self.endRecord(bytes)
        var count = Int(try bytes.u16(end + 10))
        var offset = Int(try bytes.u32(end + 16))
        guard try bytes.u16(end + 4) == 0, try bytes.u16(end + 6) == 0 else {
            throw ArrayError(.unsupported, "the .npz archive is split over disks; send one file")
        }
        if count == 0xFFFF || offset == 0xFFFF_FFFF, end >= 20, try bytes.u32(end - 20) == 0x0706_4B50 {
            let record = try bytes.size(end - 12)
            guard try bytes.u32(record) == 0x0606_4B50 else { throw ZipBytes.broken("its zip64 record is not where it says") }
            count = try bytes.size(record + 32)
            offset = try bytes.size(record + 48)
        }
        guard count <= Self.maximumMembers else {
            throw ArrayError(.tooLarge, "the .npz archive has \(count) members; at most \(Self.maximumMembers) are looked at, inputs and targets are needed")
        }
        var members: [Member] = []
        for _ in 0..<count { members.append(try Self.member(bytes, at: &offset)) }
        self.members = members
    }

    /// The end record: the last place that has its signature and a comment that fills the rest.
    private static func endRecord(_ bytes: ZipBytes) throws(ArrayError) -> Int {
        let last = bytes.count - 22
        guard last >= 0, try bytes.u16(0) == 0x4B50 else {
            throw ArrayError(.malformed, "the file does not begin as an .npz archive does; write it with numpy.savez")
        }
        for place in stride(from: last, through: max(0, last - 0xFFFF), by: -1) where try bytes.u32(place) == 0x0605_4B50 {
            if try bytes.u16(place + 20) == bytes.count - place - 22 { return place }
        }
        throw ZipBytes.broken("it has no directory at its end; it was cut short, send it whole")
    }

    private static func member(_ bytes: ZipBytes, at offset: inout Int) throws(ArrayError) -> Member {
        guard try bytes.u32(offset) == 0x0201_4B50 else { throw ZipBytes.broken("its directory is not where it says") }
        let nameLength = Int(try bytes.u16(offset + 28))
        let extraLength = Int(try bytes.u16(offset + 30))
        let commentLength = Int(try bytes.u16(offset + 32))
        let name = try bytes.slice(offset + 46, nameLength)
        // A field of all ones is found in the zip64 extra field instead, in this order (section 4.5.3).
        var wide = try Zip64Fields(bytes, at: offset + 46 + nameLength, length: extraLength)
        let size = try wide.value(try bytes.u32(offset + 24))
        let compressedSize = try wide.value(try bytes.u32(offset + 20))
        let headerOffset = try wide.value(try bytes.u32(offset + 42))
        let member = Member(
            name: String(decoding: name, as: UTF8.self), method: try bytes.u16(offset + 10),
            isEncrypted: try bytes.u16(offset + 8) & 1 != 0, checksum: try bytes.u32(offset + 16),
            compressedSize: compressedSize, size: size, headerOffset: headerOffset)
        offset += 46 + nameLength + extraLength + commentLength
        return member
    }
}

extension ZipDirectory.Member {
    /// The compressed bytes of this member in `archive`.
    func data(in archive: UnsafeRawBufferPointer) throws(ArrayError) -> UnsafeRawBufferPointer {
        let bytes = ZipBytes(archive)
        guard try bytes.u32(headerOffset) == 0x0403_4B50 else { throw ZipBytes.broken("the member \(quoted(name)) is not where the directory says") }
        // The local header has a name and extra field of its own length; all else is the directory's to say.
        let start = headerOffset + 30 + Int(try bytes.u16(headerOffset + 26)) + Int(try bytes.u16(headerOffset + 28))
        return try bytes.slice(start, compressedSize)
    }
}

/// The 64-bit fields of a zip64 extra field, taken one after another.
private struct Zip64Fields {
    private let bytes: ZipBytes
    private var next = 0
    private var end = 0

    init(_ bytes: ZipBytes, at start: Int, length: Int) throws(ArrayError) {
        self.bytes = bytes
        _ = try bytes.slice(start, length)
        var place = start
        while place + 4 <= start + length {
            let size = Int(try bytes.u16(place + 2))
            guard place + 4 + size <= start + length else { return }
            if try bytes.u16(place) == 1 {
                (next, end) = (place + 4, place + 4 + size)
                return
            }
            place += 4 + size
        }
    }

    mutating func value(_ narrow: UInt32) throws(ArrayError) -> Int {
        guard narrow == 0xFFFF_FFFF else { return Int(narrow) }
        guard next + 8 <= end else { throw ZipBytes.broken("a zip64 size is missing") }
        defer { next += 8 }
        return try bytes.size(next)
    }
}

/// Little-endian fields of an archive; a field beyond its end is a fault and not a trap.
struct ZipBytes {
    private let bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var count: Int { bytes.count }

    func u16(_ offset: Int) throws(ArrayError) -> UInt16 {
        UInt16(littleEndian: try slice(offset, 2).loadUnaligned(as: UInt16.self))
    }

    func u32(_ offset: Int) throws(ArrayError) -> UInt32 {
        UInt32(littleEndian: try slice(offset, 4).loadUnaligned(as: UInt32.self))
    }

    /// A 64-bit size or offset. None can be beyond an `Int`.
    func size(_ offset: Int) throws(ArrayError) -> Int {
        guard let size = Int(exactly: UInt64(littleEndian: try slice(offset, 8).loadUnaligned(as: UInt64.self))) else {
            throw Self.broken("it names a size beyond 2^63")
        }
        return size
    }

    func slice(_ offset: Int, _ length: Int) throws(ArrayError) -> UnsafeRawBufferPointer {
        guard offset >= 0, length >= 0, offset <= bytes.count, length <= bytes.count - offset else {
            throw Self.broken("it points beyond its end; it was cut short, send it whole")
        }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length])
    }

    static func broken(_ what: String) -> ArrayError { ArrayError(.malformed, "the .npz archive is broken: \(what)") }
}
