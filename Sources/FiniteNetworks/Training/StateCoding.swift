/// The bytes of a state of training: numbers one after another, little-endian, bit for bit.
struct StateWriter {
    private(set) var bytes: [UInt8] = []

    mutating func write(_ value: Int) { append(UInt64(bitPattern: Int64(value))) }
    mutating func write(_ value: Double) { append(value.bitPattern) }
    mutating func write(_ value: Bool) { write(value ? 1 : 0) }

    mutating func write(_ values: [Double]) {
        write(values.count)
        values.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }

    mutating func write(_ values: [Int]) {
        write(values.count)
        for value in values { write(value) }
    }

    mutating func write(_ nested: [UInt8]) {
        write(nested.count)
        bytes += nested
    }

    mutating func write<Scalar: NetworkScalar>(_ values: UnsafePointer<Scalar>?, count: Int) {
        write(values == nil ? 0 : count)
        if let values { bytes.append(contentsOf: UnsafeRawBufferPointer(start: values, count: count * MemoryLayout<Scalar>.stride)) }
    }

    private mutating func append(_ word: UInt64) {
        withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
    }
}

/// A state that cannot be read back: of another version of the program, or damaged.
struct DamagedState: Error {}

/// Reads what ``StateWriter`` wrote, in the same order.
struct StateReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func int() throws(DamagedState) -> Int { Int(Int64(bitPattern: try word())) }
    mutating func double() throws(DamagedState) -> Double { Double(bitPattern: try word()) }
    mutating func bool() throws(DamagedState) -> Bool { try word() != 0 }

    mutating func doubles() throws(DamagedState) -> [Double] {
        let count = try count(of: 8)
        return [Double](unsafeUninitializedCapacity: count) { buffer, initialised in
            copy(into: UnsafeMutableRawBufferPointer(buffer), count * 8)
            initialised = count
        }
    }

    mutating func ints() throws(DamagedState) -> [Int] {
        var values: [Int] = []
        for _ in 0..<(try count(of: 8)) { values.append(try int()) }
        return values
    }

    mutating func nested() throws(DamagedState) -> [UInt8] {
        let count = try count(of: 1)
        defer { position += count }
        return Array(bytes[position..<position + count])
    }

    /// Fills memory of `count` elements that the same pointer was written from; a nil one reads nothing.
    mutating func read<Scalar: NetworkScalar>(into target: UnsafeMutablePointer<Scalar>?, count expected: Int) throws(DamagedState) {
        let count = try count(of: MemoryLayout<Scalar>.stride)
        guard count == (target == nil ? 0 : expected) else { throw DamagedState() }
        if let target { copy(into: UnsafeMutableRawBufferPointer(start: target, count: count * MemoryLayout<Scalar>.stride), count * MemoryLayout<Scalar>.stride) }
    }

    private mutating func word() throws(DamagedState) -> UInt64 {
        guard bytes.count - position >= 8 else { throw DamagedState() }
        defer { position += 8 }
        return bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: UInt64.self)) }
    }

    private mutating func count(of stride: Int) throws(DamagedState) -> Int {
        let count = try int()
        guard count >= 0, count <= (bytes.count - position) / stride else { throw DamagedState() }
        return count
    }

    private mutating func copy(into target: UnsafeMutableRawBufferPointer, _ length: Int) {
        bytes.withUnsafeBytes { target.copyBytes(from: $0[position..<position + length]) }
        position += length
    }
}
