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

    /// Appends a complete head.
    static func writeHead(
        _ status: HTTPResponse.Status, _ lines: FieldLines, framing: Framing, connection: Connection, date: [UInt8],
        requestID: String?, into buffer: inout [UInt8]
    ) {
        buffer.append("HTTP/1.1 ")
        writeDecimal(status.code, into: &buffer)
        buffer.append(.space)
        buffer.append(text: status.reasonPhrase)
        buffer.append("\r\n")
        buffer.append(contentsOf: date)
        if let requestID {
            buffer.append("X-Request-Id: ")
            buffer.append(text: requestID)
            buffer.append("\r\n")
        }
        switch framing {
        case .none: break
        case .length(let length):
            buffer.append("Content-Length: ")
            writeDecimal(length, into: &buffer)
            buffer.append("\r\n")
        case .chunked:
            buffer.append("Transfer-Encoding: chunked\r\n")
        }
        switch connection {
        case .implicit: break
        case .close: buffer.append("Connection: close\r\n")
        case .keepAlive: buffer.append("Connection: keep-alive\r\n")
        }
        buffer.append(contentsOf: lines.bytes)
        buffer.append("\r\n")
    }

    static func writeDecimal(_ value: Int, into buffer: inout [UInt8]) {
        if value >= 10 { writeDecimal(value / 10, into: &buffer) }
        buffer.append(UInt8(ascii: "0") + UInt8(value % 10))
    }

    static func writeHexadecimal(_ value: Int, into buffer: inout [UInt8]) {
        if value >= 16 { writeHexadecimal(value / 16, into: &buffer) }
        buffer.append(hexadecimalDigit(UInt8(value % 16)))
    }

    /// - Parameter value: below 16.
    @inline(__always)
    static func hexadecimalDigit(_ value: UInt8) -> UInt8 {
        value + (value < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)
    }
}
