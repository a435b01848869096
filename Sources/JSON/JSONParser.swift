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
    /// - Throws: the first fault met; of names that appear twice, which end no reading, all. Complexity: O(bytes).
    public static func parse(_ text: UnsafeRawBufferPointer, limits: Limits = Limits()) throws(JSONError) -> JSONValue {
        var scanner = JSONScanner(text, limits: limits)
        var places = TextPlaces(text)
        let value: JSONValue
        do throws(ScanFailure) {
            value = try scanner.document()
        } catch {
            throw error.located(&places)
        }
        let duplicates = scanner.duplicates.map { $0.located(&places) }
        guard var error = duplicates.first else { return value }
        error.others = Array(duplicates.dropFirst())
        throw error
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

    func located(_ places: inout TextPlaces) -> JSONError {
        places.advance(to: offset)
        let pointer = steps.reversed().reduce(JSONPointer.root) { pointer, step in
            switch step {
            // A pointer longer than this helps nobody, and a client chooses how long its names are.
            case .name(let name): pointer.appending(name.utf8.count <= 256 ? name : String(name.unicodeScalars.prefix(64)) + "…")
            case .index(let index): pointer.appending(index)
            }
        }
        return JSONError(reason: reason, offset: offset, line: places.line, column: places.column, pointer: pointer)
    }
}

/// Lines and columns of places that are asked for in the order of the text, which is gone through once for all of them.
struct TextPlaces {
    private let text: UnsafeRawBufferPointer
    private var offset = 0
    private(set) var line = 1
    private(set) var column = 1

    init(_ text: UnsafeRawBufferPointer) { self.text = text }

    mutating func advance(to place: Int) {
        let end = min(place, text.count)
        guard offset < end else { return }
        for byte in text[offset..<end] {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        offset = end
    }
}
