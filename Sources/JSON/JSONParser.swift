/// Reads a JSON text (RFC 8259), strictly.
///
/// Refused: a byte order mark, invalid UTF-8, lone surrogates, NaN and Infinity, leading zeros, trailing commas, comments,
/// text after the document, names that appear twice in an object, and numbers beyond the range of a double.
/// Time is linear in the text. Rectangular arrays of numbers cost eight bytes a number; ``Limits/values`` bounds all else.
public enum JSONParser {
    public struct Limits: Sendable {
        /// Nested arrays and objects.
        public var depth = 64
        /// Bytes of one number's text.
        public var numberLength = 1024
        /// Values held one by one: all but the numbers and rows of rectangular arrays.
        public var values = 250_000

        public init() {}
    }

    /// - Parameter text: read in place, also where it is a mapped file; nothing of it is kept.
    /// - Throws: the first fault met. Complexity: O(bytes).
    public static func parse(_ text: UnsafeRawBufferPointer, limits: Limits = Limits()) throws(JSONError) -> JSONValue {
        var scanner = JSONScanner(text, limits: limits)
        do throws(ScanFailure) {
            return try scanner.document()
        } catch {
            throw error.located(in: text)
        }
    }

    public static func parse(_ bytes: [UInt8], limits: Limits = Limits()) throws(JSONError) -> JSONValue {
        try bytes.withUnsafeBytes { text in
            Result { () throws(JSONError) in try parse(text, limits: limits) }
        }.get()
    }

    public static func parse(_ text: String, limits: Limits = Limits()) throws(JSONError) -> JSONValue {
        try parse(Array(text.utf8), limits: limits)
    }
}

/// A fault as the scanner meets it. The way to it is gathered while the calls unwind, so a text without faults pays nothing for it.
struct ScanFailure: Error {
    enum Step {
        case name(String)
        case index(Int)
    }

    let reason: JSONError.Reason
    let offset: Int
    /// From the fault outwards.
    var steps: [Step] = []

    func inside(_ step: Step) -> ScanFailure {
        var copy = self
        copy.steps.append(step)
        return copy
    }

    func located(in text: UnsafeRawBufferPointer) -> JSONError {
        var line = 1
        var column = 1
        for byte in text[..<min(offset, text.count)] {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        let pointer = steps.reversed().reduce(JSONPointer.root) { pointer, step in
            switch step {
            // A pointer longer than this helps nobody, and a client chooses how long its names are.
            case .name(let name): pointer.appending(name.utf8.count <= 256 ? name : String(name.unicodeScalars.prefix(64)) + "…")
            case .index(let index): pointer.appending(index)
            }
        }
        return JSONError(reason: reason, offset: offset, line: line, column: column, pointer: pointer)
    }
}
