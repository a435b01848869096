import HTTPTypes

/// The field lines of an answer as they go out, without those that the server answers for.
struct FieldLines: Sendable {
    private(set) var bytes: [UInt8] = []
    /// Whether the handler asked to close the connection.
    private(set) var closes = false

    init(_ fields: HTTPFields) {
        for field in fields {
            if Self.isOurs(field.name) {
                if field.name == .connection, matches(field.value.utf8, lowercase: "close".utf8) { closes = true }
                continue
            }
            bytes.append(text: field.name.rawName)
            bytes.append(": ")
            field.withUnsafeBytesOfValue { bytes.append(contentsOf: $0) }
            bytes.append("\r\n")
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
