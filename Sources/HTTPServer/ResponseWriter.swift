import HTTPTypes

/// Serialises response heads (RFC 9112 section 4, RFC 9110 section 6.6.1).
enum ResponseWriter {
    enum Framing {
        /// Neither Content-Length nor Transfer-Encoding: 1xx, 204, 304, or a body that ends with the connection.
        case none
        case length(Int)
        case chunked
    }

    enum Connection {
        case implicit, close, keepAlive
    }

    /// Appends a complete head. The fields that the server answers for are left out of `fields`.
    static func writeHead(
        _ status: HTTPResponse.Status, _ fields: HTTPFields, framing: Framing, connection: Connection, date: [UInt8],
        requestID: String?, into buffer: inout [UInt8]
    ) {
        buffer.append(contentsOf: "HTTP/1.1 ".utf8)
        writeDecimal(status.code, into: &buffer)
        buffer.append(.space)
        buffer.append(contentsOf: status.reasonPhrase.utf8)
        buffer.append(contentsOf: "\r\n".utf8)
        buffer.append(contentsOf: date)
        if let requestID {
            buffer.append(contentsOf: "X-Request-Id: ".utf8)
            buffer.append(contentsOf: requestID.utf8)
            buffer.append(contentsOf: "\r\n".utf8)
        }
        switch framing {
        case .none: break
        case .length(let length):
            buffer.append(contentsOf: "Content-Length: ".utf8)
            writeDecimal(length, into: &buffer)
            buffer.append(contentsOf: "\r\n".utf8)
        case .chunked:
            buffer.append(contentsOf: "Transfer-Encoding: chunked\r\n".utf8)
        }
        switch connection {
        case .implicit: break
        case .close: buffer.append(contentsOf: "Connection: close\r\n".utf8)
        case .keepAlive: buffer.append(contentsOf: "Connection: keep-alive\r\n".utf8)
        }
        for field in fields where !isOurs(field.name) {
            buffer.append(contentsOf: field.name.rawName.utf8)
            buffer.append(contentsOf: ": ".utf8)
            field.withUnsafeBytesOfValue { buffer.append(contentsOf: $0) }
            buffer.append(contentsOf: "\r\n".utf8)
        }
        buffer.append(contentsOf: "\r\n".utf8)
    }

    /// Whether the handler asked to close the connection.
    static func asksToClose(_ fields: HTTPFields) -> Bool {
        fields[.connection].map { matches($0.utf8, lowercase: "close".utf8) } ?? false
    }

    static func writeDecimal(_ value: Int, into buffer: inout [UInt8]) {
        if value >= 10 { writeDecimal(value / 10, into: &buffer) }
        buffer.append(UInt8(ascii: "0") + UInt8(value % 10))
    }

    static func writeHexadecimal(_ value: Int, into buffer: inout [UInt8]) {
        if value >= 16 { writeHexadecimal(value / 16, into: &buffer) }
        buffer.append(hexadecimalDigits[value % 16])
    }

    static let hexadecimalDigits = Array("0123456789abcdef".utf8)

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
