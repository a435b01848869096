import CNumberText

/// Decimal text of floating-point numbers: correctly rounded reading and shortest round-trip writing.
///
/// `std::from_chars` and `std::to_chars` do the work (fast_float and Ryu in libstdc++): several hundred megabytes a
/// second, where `strtod` and `description` take a copy and a String for every number.
public enum NumberText {
    public enum Parsed: Equatable, Sendable {
        case value(Double, length: Int)
        /// No number starts here.
        case none
        /// Digits that stand for a value beyond the range of a double (1e999).
        case overflow
    }

    /// The longest decimal number at the front of `text`; `inf` and `nan` are not numbers here.
    @inlinable
    public static func parse(_ text: UnsafeRawBufferPointer) -> Parsed {
        guard let base = text.baseAddress, text.count > 0 else { return .none }
        let first = text[0] == UInt8(ascii: "-") && text.count > 1 ? text[1] : text[0]
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) || first == UInt8(ascii: ".") else { return .none }
        var value = 0.0
        let length = tangent_parse_double(base.assumingMemoryBound(to: CChar.self), text.count, &value)
        if length > 0 { return .value(value, length: length) }
        return length < 0 ? .overflow : .none
    }

    /// Bytes that any number written here fits in.
    public static let maximumLength = 32

    /// Writes the shortest text of a finite `value` that reads back the same; returns its length.
    /// `buffer` holds at least ``maximumLength`` bytes.
    @inlinable
    public static func write(_ value: Double, into buffer: UnsafeMutableRawPointer) -> Int {
        tangent_write_double(value, buffer.assumingMemoryBound(to: CChar.self))
    }

    @inlinable
    public static func write(_ value: Float, into buffer: UnsafeMutableRawPointer) -> Int {
        tangent_write_float(value, buffer.assumingMemoryBound(to: CChar.self))
    }
}
