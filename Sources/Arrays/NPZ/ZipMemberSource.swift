import CZlib

/// The bytes of one member of a zip archive, stored (method 0) or deflated (method 8), counted and summed as they are read.
struct ZipMemberSource: ByteSource {
    private let member: ZipDirectory.Member
    private let maximumRatio: Int
    private var decoder: Decoder
    private var produced = 0
    private var checksum: uLong = 0

    private enum Decoder {
        case stored(MemorySource)
        case deflated(Inflater)
    }

    /// - Parameter archive: outlives this value.
    /// - Throws: `unsupported` for encryption and other methods, `malformed` if the member lies about its place or size.
    init(_ member: ZipDirectory.Member, archive: UnsafeRawBufferPointer, maximumRatio: Int) throws(ArrayError) {
        guard !member.isEncrypted else {
            throw ArrayError(.unsupported, "the member \(quoted(member.name)) is encrypted; send the archive without a password")
        }
        let data = try member.data(in: archive)
        switch member.method {
        case 0:
            guard data.count == member.size else { throw ZipBytes.broken("the member \(quoted(member.name)) has two different sizes") }
            decoder = .stored(MemorySource(data))
        case 8: decoder = .deflated(try Inflater(data))
        default:
            throw ArrayError(.unsupported, "the member \(quoted(member.name)) is compressed by method \(member.method); write it with numpy.savez or numpy.savez_compressed")
        }
        self.member = member
        self.maximumRatio = maximumRatio
    }

    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(ArrayError) -> Int {
        let count: Int
        switch decoder {
        case .stored(var memory):
            count = try memory.read(into: buffer)
            decoder = .stored(memory)
        case .deflated(let inflater):
            count = try inflater.read(into: buffer, name: member.name)
            try checkRatio(produced + count, of: inflater.consumed)
        }
        produced += count
        guard produced <= member.size else {
            throw ZipBytes.broken("the member \(quoted(member.name)) is longer than the \(member.size) bytes that the directory says")
        }
        // Blocks are far shorter than the 4 GiB that zlib's length can say.
        checksum = crc32(checksum, buffer.baseAddress?.assumingMemoryBound(to: Bytef.self), uInt(count))
        return count
    }

    /// The first mebibyte is free, since a small file of zeros is no attack.
    private func checkRatio(_ produced: Int, of consumed: Int) throws(ArrayError) {
        guard produced > 1 << 20, produced / max(consumed, 1) > maximumRatio else { return }
        throw ArrayError(.tooLarge, "the member \(quoted(member.name)) grows more than \(maximumRatio) times when it is inflated; send it stored, with numpy.savez")
    }

    /// Says that nothing more is wanted: the member must end here, and its checksum be right.
    mutating func finish() throws(ArrayError) {
        let one = UnsafeMutableRawBufferPointer.allocate(byteCount: 1, alignment: 1)
        defer { one.deallocate() }
        guard try read(into: one) == 0, produced == member.size else {
            throw ZipBytes.broken("the member \(quoted(member.name)) is not as long as the directory says")
        }
        guard checksum == uLong(member.checksum) else {
            throw ZipBytes.broken("the checksum of \(quoted(member.name)) is wrong, so the file was damaged on its way; send it again")
        }
    }
}

/// A raw deflate stream (RFC 1951) that is in memory.
private final class Inflater {
    // zlib keeps the address of its stream, so that the stream has a fixed place, freed with this object.
    private let stream: UnsafeMutablePointer<z_stream>
    /// What zlib has not been given yet; its own counters are 32 bits wide.
    private var rest: UnsafeRawBufferPointer
    private var isAtEnd = false

    init(_ data: UnsafeRawBufferPointer) throws(ArrayError) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        rest = data
        guard tangent_inflate_raw_init(stream) == Z_OK else {
            stream.deallocate()
            throw ArrayError(.inputOutput, "the system has no memory to inflate an archive")
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Compressed bytes read so far.
    private(set) var consumed = 0

    func read(into buffer: UnsafeMutableRawBufferPointer, name: String) throws(ArrayError) -> Int {
        var filled = 0
        while filled < buffer.count, !isAtEnd {
            let input = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
            let room = min(buffer.count - filled, 1 << 30)
            // zlib reads only through next_in; its type lacks the const.
            stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress?.assumingMemoryBound(to: Bytef.self))
            stream.pointee.avail_in = uInt(input.count)
            stream.pointee.next_out = buffer.baseAddress?.advanced(by: filled).assumingMemoryBound(to: Bytef.self)
            stream.pointee.avail_out = uInt(room)
            let status = inflate(stream, Z_NO_FLUSH)
            let taken = input.count - Int(stream.pointee.avail_in)
            let given = room - Int(stream.pointee.avail_out)
            consumed += taken
            filled += given
            rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
            switch status {
            case Z_STREAM_END: isAtEnd = true
            case Z_OK where taken > 0 || given > 0: continue
            default:
                throw ZipBytes.broken("the member \(quoted(name)) cannot be inflated; it was damaged or cut short, send it again")
            }
        }
        return filled
    }
}
