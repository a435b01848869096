/// A value that goes over the channel between a worker and its server, both of which are the same program: the coding has
/// no versions, and names nothing. Integers are 8 bytes, little-endian; texts and lists have their length before them.
protocol ChannelCodable {
    init(from reader: inout ChannelReader) throws
    func write(to writer: inout ChannelWriter)
}

/// What came over the channel is no message of ours.
struct MalformedMessage: Error {}

struct ChannelWriter {
    private(set) var bytes: [UInt8] = []

    /// Writes over the first 8 bytes.
    mutating func setHead(_ value: Int64) {
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: value.littleEndian, as: Int64.self) }
    }

    mutating func append(_ value: Int64) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ run: [UInt8]) {
        append(Int64(run.count))
        bytes += run
    }

    mutating func write<each Value: ChannelCodable>(_ value: repeat each Value) {
        repeat (each value).write(to: &self)
    }
}

struct ChannelReader {
    private let bytes: [UInt8]
    private var position: Int

    init(_ bytes: [UInt8], from position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    var isAtEnd: Bool { position == bytes.count }

    mutating func integer() throws -> Int64 {
        guard bytes.count - position >= 8 else { throw MalformedMessage() }
        defer { position += 8 }
        return bytes.withUnsafeBytes { Int64(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: Int64.self)) }
    }

    mutating func run() throws -> [UInt8] { Array(try slice()) }

    mutating func text() throws -> String { String(decoding: try slice(), as: UTF8.self) }

    mutating func value<Value: ChannelCodable>(_: Value.Type = Value.self) throws -> Value { try Value(from: &self) }

    /// A length that may be true: no element is shorter than a byte.
    mutating func count() throws -> Int {
        let count = try integer()
        guard count >= 0, count <= bytes.count - position else { throw MalformedMessage() }
        return Int(count)
    }

    private mutating func slice() throws -> ArraySlice<UInt8> {
        let count = try count()
        defer { position += count }
        return bytes[position..<position + count]
    }
}

extension Int64: ChannelCodable {
    init(from reader: inout ChannelReader) throws { self = try reader.integer() }
    func write(to writer: inout ChannelWriter) { writer.append(self) }
}

extension Int: ChannelCodable {
    init(from reader: inout ChannelReader) throws { self.init(try reader.integer()) }
    func write(to writer: inout ChannelWriter) { writer.append(Int64(self)) }
}

extension Int32: ChannelCodable {
    init(from reader: inout ChannelReader) throws {
        guard let value = Int32(exactly: try reader.integer()) else { throw MalformedMessage() }
        self = value
    }
    func write(to writer: inout ChannelWriter) { writer.append(Int64(self)) }
}

extension Bool: ChannelCodable {
    init(from reader: inout ChannelReader) throws { self = try reader.integer() != 0 }
    func write(to writer: inout ChannelWriter) { writer.append(Int64(self ? 1 : 0)) }
}

extension String: ChannelCodable {
    init(from reader: inout ChannelReader) throws { self = try reader.text() }
    func write(to writer: inout ChannelWriter) {
        var text = self
        text.withUTF8 { writer.append(Array($0)) }
    }
}

extension Optional: ChannelCodable where Wrapped: ChannelCodable {
    init(from reader: inout ChannelReader) throws { self = try reader.value(Bool.self) ? try reader.value(Wrapped.self) : nil }
    func write(to writer: inout ChannelWriter) {
        writer.write(self != nil)
        self?.write(to: &writer)
    }
}

extension Array: ChannelCodable where Element: ChannelCodable {
    init(from reader: inout ChannelReader) throws {
        let count = try reader.count()
        self = []
        reserveCapacity(count)
        for _ in 0..<count { append(try reader.value()) }
    }

    func write(to writer: inout ChannelWriter) {
        writer.write(count)
        for element in self { element.write(to: &writer) }
    }
}
