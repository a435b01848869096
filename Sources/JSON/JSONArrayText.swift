import NumberText

/// Doubles and singles: what ``NumberText`` writes.
protocol WritableNumber: BinaryFloatingPoint {
    /// The number as an integer, where it is one that a double holds exactly, and not minus zero.
    var exactInteger: Int64? { get }
    func writeText(into buffer: UnsafeMutableRawPointer) -> Int
}

// The conversions stand here once for each type: the generic ones of the standard library take longer than the text itself.
extension Double: WritableNumber {
    var exactInteger: Int64? {
        guard magnitude < 0x1p53 else { return nil }
        let integer = Int64(self)
        return Double(integer) == self && (integer != 0 || sign == .plus) ? integer : nil
    }

    func writeText(into buffer: UnsafeMutableRawPointer) -> Int { NumberText.write(self, into: buffer) }
}

extension Float: WritableNumber {
    var exactInteger: Int64? { Double(self).exactInteger }
    func writeText(into buffer: UnsafeMutableRawPointer) -> Int { NumberText.write(self, into: buffer) }
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
    /// Brackets stand only at the ends of rows, and a division for each number would cost as much as its text.
    private let rowLength: Int
    private var leftInRow = 0

    /// - Parameter shape: extents of zero or more; `[]` is a single number.
    public init(shape: [Int]) {
        precondition(shape.allSatisfy { $0 >= 0 }, "an extent is not negative")
        total = shape.reduce(1, *)
        spans = shape.indices.reversed().map { shape[$0...].reduce(1, *) }
        rowLength = shape.last ?? 1
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
    public mutating func append(_ values: UnsafeBufferPointer<Double>, to bytes: inout [UInt8]) throws(NonFiniteNumber) {
        try write(values, to: &bytes)
    }

    public mutating func append(_ values: UnsafeBufferPointer<Float>, to bytes: inout [UInt8]) throws(NonFiniteNumber) {
        try write(values, to: &bytes)
    }

    public mutating func append(_ values: [Double], to bytes: inout [UInt8]) throws(NonFiniteNumber) {
        try values.withUnsafeBufferPointer { values in Result { () throws(NonFiniteNumber) in try write(values, to: &bytes) } }.get()
    }

    public mutating func append(_ values: [Float], to bytes: inout [UInt8]) throws(NonFiniteNumber) {
        try values.withUnsafeBufferPointer { values in Result { () throws(NonFiniteNumber) in try write(values, to: &bytes) } }.get()
    }

    // Generic inside only: a generic function that another module calls would not be specialized.
    private mutating func write<T: WritableNumber>(_ values: UnsafeBufferPointer<T>, to bytes: inout [UInt8]) throws(NonFiniteNumber) {
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

    /// The next number with the comma before it and the brackets on both sides; returns where the text ends.
    @inline(__always)
    private mutating func write<T: WritableNumber>(_ value: T, to start: UnsafeMutableRawPointer, at offset: Int) -> Int {
        var used = offset
        if written > 0 { put(UInt8(ascii: ","), to: start, &used) }
        if leftInRow == 0 {
            leftInRow = rowLength
            for span in spans {
                guard written % span == 0 else { break }
                put(UInt8(ascii: "["), to: start, &used)
            }
        }
        used += Self.text(value, into: start + used)
        written += 1
        leftInRow -= 1
        if leftInRow == 0 {
            for span in spans {
                guard written % span == 0 else { break }
                put(UInt8(ascii: "]"), to: start, &used)
            }
        }
        return used
    }

    @inline(__always)
    private func put(_ byte: UInt8, to start: UnsafeMutableRawPointer, _ used: inout Int) {
        start.storeBytes(of: byte, toByteOffset: used, as: UInt8.self)
        used += 1
    }

    /// Integers that a double holds exactly are written digit by digit: quicker, and 100000 stays that, where the shortest text is 1e+05.
    @inline(__always)
    private static func text<T: WritableNumber>(_ value: T, into start: UnsafeMutableRawPointer) -> Int {
        guard let integer = value.exactInteger else { return value.writeText(into: start) }
        var rest = integer.magnitude
        var length = 1
        if integer < 0 {
            start.storeBytes(of: UInt8(ascii: "-"), as: UInt8.self)
            length = 2
        }
        var bound: UInt64 = 10
        while rest >= bound {
            bound *= 10
            length += 1
        }
        var place = length
        repeat {
            place -= 1
            start.storeBytes(of: UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10), toByteOffset: place, as: UInt8.self)
            rest /= 10
        } while rest > 0
        return length
    }
}
