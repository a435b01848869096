import NumberText

/// A number that can be written as the shortest text that reads back the same.
public protocol JSONFloatingPoint: BinaryFloatingPoint & Sendable {
    /// Writes a finite value's text; `buffer` holds at least `NumberText.maximumLength` bytes. Returns the length.
    func writeText(into buffer: UnsafeMutableRawPointer) -> Int
}

extension Double: JSONFloatingPoint {
    @inlinable public func writeText(into buffer: UnsafeMutableRawPointer) -> Int { NumberText.write(self, into: buffer) }
}

extension Float: JSONFloatingPoint {
    @inlinable public func writeText(into buffer: UnsafeMutableRawPointer) -> Int { NumberText.write(self, into: buffer) }
}

/// The text of a nested array, written piece by piece as its numbers come, in row-major order.
///
///     var text = JSONArrayText(shape: [rows, columns])
///     while let block = file.next() { try text.append(block, to: &buffer); send(&buffer) }
///
/// An array without elements has its text from the start: ask for it by appending no values.
public struct JSONArrayText: Sendable {
    /// Axes from the innermost outwards: after so many numbers so many brackets close.
    private let spans: [Int]
    private let total: Int
    private let emptyText: [UInt8]
    private var written = 0

    /// - Parameter shape: extents of zero or more; `[]` is a single number.
    public init(shape: [Int]) {
        precondition(shape.allSatisfy { $0 >= 0 }, "an extent is not negative")
        total = shape.reduce(1, *)
        spans = shape.indices.reversed().map { shape[$0...].reduce(1, *) }
        emptyText = total == 0 ? Self.emptyText(shape[...]) : []
    }

    /// Whether all the numbers have been written.
    public var isComplete: Bool { written == total }

    /// [0] is `[]`, [2, 0] is `[[],[]]`.
    private static func emptyText(_ shape: ArraySlice<Int>) -> [UInt8] {
        guard let extent = shape.first, extent > 0 else { return Array("[]".utf8) }
        let inner = emptyText(shape.dropFirst())
        return Array("[".utf8) + Array(repeatElement(inner, count: extent).joined(separator: ",".utf8)) + Array("]".utf8)
    }

    /// Adds the text of the next `values` to `bytes`. On a throw, `bytes` ends before the value that is not finite.
    public mutating func append<T: JSONFloatingPoint>(_ values: UnsafeBufferPointer<T>, to bytes: inout [UInt8]) throws(NonFiniteNumber) {
        precondition(values.count <= total - written, "an array holds as many values as its shape says")
        if total == 0 {
            bytes.append(contentsOf: emptyText)
            return
        }
        // A number with its brackets on both sides and a comma, and room for a few hundred of them.
        let longest = NumberText.maximumLength + 2 * spans.count + 1
        let capacity = max(16 * 1024, longest)
        let failure = withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 1) { scratch -> NonFiniteNumber? in
            // Holds because `longest` bytes are free before each number is written: the loop empties the scratch when they are not.
            guard let start = scratch.baseAddress else { return nil }
            var used = 0
            defer { bytes.append(contentsOf: UnsafeRawBufferPointer(start: start, count: used)) }
            for value in values {
                if capacity - used < longest {
                    bytes.append(contentsOf: UnsafeRawBufferPointer(start: start, count: used))
                    used = 0
                }
                guard value.isFinite else { return NonFiniteNumber(index: written, isNaN: value.isNaN) }
                used = write(value, to: start, at: used)
            }
            return nil
        }
        if let failure { throw failure }
    }

    public mutating func append<T: JSONFloatingPoint>(_ values: [T], to bytes: inout [UInt8]) throws(NonFiniteNumber) {
        let result = values.withUnsafeBufferPointer { values in
            Result { () throws(NonFiniteNumber) in try append(values, to: &bytes) }
        }
        try result.get()
    }

    @inline(__always)
    private mutating func write<T: JSONFloatingPoint>(_ value: T, to start: UnsafeMutableRawPointer, at offset: Int) -> Int {
        var used = offset
        func put(_ byte: UInt8) {
            start.storeBytes(of: byte, toByteOffset: used, as: UInt8.self)
            used += 1
        }
        if written > 0 { put(UInt8(ascii: ",")) }
        for span in spans {
            guard written % span == 0 else { break }
            put(UInt8(ascii: "["))
        }
        used += value.writeText(into: start + used)
        written += 1
        for span in spans {
            guard written % span == 0 else { break }
            put(UInt8(ascii: "]"))
        }
        return used
    }
}
