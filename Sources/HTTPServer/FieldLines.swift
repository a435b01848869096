import HTTPTypes

/// The field lines of an answer as they go out, without those that the server answers for.
struct FieldLines: Sendable {
    private(set) var bytes: [UInt8] = []
    /// Whether the handler asked to close the connection.
    private(set) var closes = false
    /// A field whose value would break the head apart: it holds a control byte (RFC 9110 section 5.5). It is not among `bytes`.
    private(set) var refused: HTTPField.Name?

    init(_ fields: ResponseFields) {
        for field in fields.fields {
            if Self.isOurs(field.name) {
                if field.name == .connection, matches(field.value.utf8, lowercase: "close".utf8) { closes = true }
                continue
            }
            var value = field.value
            value.withUTF8 { text in
                let value = UnsafeRawBufferPointer(text)
                guard ByteClass.firstControl(in: value, 0..<value.count) == value.count else {
                    refused = field.name
                    return
                }
                bytes.append(text: field.name.rawName)
                bytes.append(": ")
                bytes.append(contentsOf: value)
                bytes.append("\r\n")
            }
        }
    }

    private static func isOurs(_ name: HTTPField.Name) -> Bool {
        // The lengths rule nearly every name out before a comparison.
        switch name.canonicalName.utf8.count {
        case 4: name == .date
        case 10: name == .connection || name.canonicalName == "keep-alive"
        case 14: name == .contentLength
        case 17: name == .transferEncoding
        default: false
        }
    }
}

extension [UInt8] {
    mutating func append(_ text: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func append(text: String) {
        var text = text
        text.withUTF8 { append(contentsOf: $0) }
    }
}
