import JSON

/// The parameters of a query string (`application/x-www-form-urlencoded`, WHATWG URL section 5.1), in order.
struct Query: Sendable {
    private(set) var items: [(name: String, value: String)] = []

    /// - Throws: ``Problem`` for a bad percent escape or text that is not UTF-8.
    init(_ text: String?) throws(Problem) {
        guard let text, !text.isEmpty else { return }
        for part in text.split(separator: "&") {
            let pieces = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decode(pieces[0], plusIsSpace: true),
                let value = pieces.count == 2 ? PercentEncoding.decode(pieces[1], plusIsSpace: true) : ""
            else { throw Problem(.invalidRequest, "The query parameter \"\(part)\" is not valid percent-encoded UTF-8.") }
            items.append((name, value))
        }
    }

    /// All values of a repeatable parameter.
    func all(_ name: String) -> [String] { items.filter { $0.name == name }.map(\.value) }

    /// The value of a parameter that may stand once.
    func one(_ name: String) throws(Problem) -> String? {
        let values = all(name)
        guard values.count <= 1 else { throw Problem(.invalidRequest, "The query parameter \"\(name)\" may be given only once.") }
        return values.first
    }

    /// A number too large for `Int` counts as the largest, so that a limit applies to it as to any other.
    func integer(_ name: String, in range: ClosedRange<Int>) throws(Problem) -> Int? {
        guard let text = try one(name) else { return nil }
        let isWholeNumber = !text.isEmpty && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        let value = isWholeNumber ? Int(text) ?? .max : nil
        guard let value, range.contains(value) else {
            throw Problem(
                .invalidRequest,
                "The query parameter \"\(name)\" is \"\(text)\"; it takes a whole number from \(range.lowerBound) to \(range.upperBound).")
        }
        return value
    }

    func choice<Choice: RawRepresentable & CaseIterable>(_ name: String, of type: Choice.Type) throws(Problem) -> Choice?
    where Choice.RawValue == String {
        guard let text = try one(name) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem(.invalidRequest, "The query parameter \"\(name)\" is \"\(text)\"; it takes one of \(known).")
        }
        return choice
    }
}

enum PercentEncoding {
    /// Decodes `%HH` escapes (RFC 3986 section 2.1); nil for a bad escape, a control character, or bytes that are not UTF-8.
    static func decode(_ text: Substring, plusIsSpace: Bool = false) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var iterator = text.utf8.makeIterator()
        while let byte = iterator.next() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = iterator.next().flatMap(hexadecimal), let low = iterator.next().flatMap(hexadecimal) else { return nil }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
            default: bytes.append(byte)
            }
        }
        guard !bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    /// Escapes everything but the unreserved characters (RFC 3986 section 2.3).
    static func encode(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                encoded.append(Character(Unicode.Scalar(byte)))
            default:
                encoded += byte < 16 ? "%0" : "%"
                encoded += String(byte, radix: 16, uppercase: true)
            }
        }
        return encoded
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
