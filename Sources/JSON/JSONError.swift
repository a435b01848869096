/// Why a text was refused as a document, and where.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Reason: Sendable, Equatable {
        case empty
        case byteOrderMark
        case unexpectedEnd
        /// A byte that cannot stand here; `expected` names what can.
        case unexpected(UInt8, expected: String)
        case trailingText
        case invalidNumber(String)
        case numberTooLong(limit: Int)
        /// A number beyond the range of a double, such as 1e999.
        case numberOutOfRange
        case invalidEscape
        case loneSurrogate
        case controlCharacter
        case invalidUTF8
        case duplicateMember(String)
        case tooDeep(limit: Int)
        case tooManyValues(limit: Int)
    }

    /// Whether the text is not JSON at all (HTTP 400) or is JSON that no document here may hold (HTTP 422).
    public enum Category: Sendable, Equatable { case syntax, document }

    public let reason: Reason
    /// Bytes before the fault.
    public let offset: Int
    /// Lines and columns count from 1; a column is a Unicode scalar.
    public let line: Int
    public let column: Int
    /// The value being read when the fault was met.
    public let pointer: JSONPointer
    /// Of a name that appears twice: all others that do, in the order of the text.
    public internal(set) var others: [JSONError] = []

    public var category: Category {
        switch reason {
        case .numberOutOfRange, .duplicateMember: .document
        default: .syntax
        }
    }

    /// What is wrong and the mend, as one sentence for a person.
    public var detail: String { "\(sentence) (line \(line), column \(column))." }

    public var description: String { detail }

    private var sentence: String {
        switch reason {
        case .empty: "The body is empty; send a JSON document"
        case .byteOrderMark: "The text begins with a byte order mark; send UTF-8 without one"
        case .unexpectedEnd: "The text ends in the middle of a value; send the whole document"
        case .unexpected(let byte, let expected): "Found \(Self.name(byte)) where \(expected) belongs"
        case .trailingText: "There is text after the end of the document; send one value only"
        case .invalidNumber(let mend): "This is not a JSON number: \(mend)"
        case .numberTooLong(let limit): "The number is longer than \(limit) bytes; 17 significant digits say all that a double holds"
        case .numberOutOfRange: "The number is beyond the range of a double (about 1.8e308); send a finite one"
        case .invalidEscape: "This escape is not one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX"
        case .loneSurrogate: "A \\u escape names half of a surrogate pair; send both halves or the character itself"
        case .controlCharacter: "A control character stands in a string; write it as an escape such as \\n"
        case .invalidUTF8: "The string is not valid UTF-8; send the document in UTF-8"
        case .duplicateMember(let name): "The member \(quoted(name)) appears twice in one object; keep one of them"
        case .tooDeep(let limit): "Arrays and objects are nested deeper than \(limit) levels"
        case .tooManyValues(let limit): "The document holds more than \(limit) values besides rectangular arrays of numbers"
        }
    }

    private static func name(_ byte: UInt8) -> String {
        (0x21...0x7E).contains(byte) ? "'\(Character(Unicode.Scalar(byte)))'" : "the byte 0x\(String(byte, radix: 16))"
    }
}

/// A name as quoted in a sentence, cut where it is long: a client's text never makes an answer large.
package func quoted(_ text: String) -> String {
    let cut = text.unicodeScalars.prefix(64)
    let isWhole = cut.endIndex == text.unicodeScalars.endIndex
    return "\"\(String(cut))\(isWhole ? "" : "…")\""
}
