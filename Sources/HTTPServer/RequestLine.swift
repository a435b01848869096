import HTTPTypes

/// The first line of a request (RFC 9112 section 3).
struct RequestLine {
    let method: HTTPRequest.Method
    let target: String
    let path: String
    let query: String?
    /// The authority of an absolute-form target; it takes the place of the Host field.
    let authority: String?
    /// HTTP/1.0; every other minor version counts as 1.1.
    let isVersion10: Bool

    private static let longestMethod = 32

    /// - Parameter line: without its CRLF; holds no control byte but HTAB.
    init(_ line: UnsafeRawBufferPointer) throws(ParseFailure) {
        let first = ByteClass.end(of: ByteClass.token, in: line)
        guard first > 0, first < line.count, line[first] == .space else { throw .requestLine }
        guard let second = line.place(of: .space, from: first + 1) else {
            throw first > Self.longestMethod ? .methodNotImplemented : .requestLine
        }
        isVersion10 = try Self.isVersion10(line.part((second + 1)...))
        guard let method = Self.method(line.part(0..<first)), method != .connect else { throw .methodNotImplemented }
        self.method = method

        let bytes = line.part((first + 1)..<second)
        guard let start = bytes.first else { throw .requestLine }
        target = String(decoding: bytes, as: UTF8.self)
        if start == UInt8(ascii: "/") {
            authority = nil
            (path, query) = try Self.pathAndQuery(bytes, whole: target)
        } else if bytes.count == 1 && start == UInt8(ascii: "*") {
            guard method == .options else { throw .target }
            (authority, path, query) = (nil, "*", nil)
        } else {
            let (found, remainder) = try Self.splitAbsolute(bytes)
            authority = found
            if remainder.first == UInt8(ascii: "/") {
                (path, query) = try Self.pathAndQuery(remainder, whole: nil)
            } else {
                guard ByteClass.all(remainder, ByteClass.target) else { throw .target }
                (path, query) = ("/", remainder.isEmpty ? nil : String(decoding: remainder.dropFirst(), as: UTF8.self))
            }
        }
    }

    /// `HTTP/` and two single digits, nothing looser.
    private static func isVersion10(_ bytes: UnsafeRawBufferPointer) throws(ParseFailure) -> Bool {
        guard bytes.count == 8, bytes.starts(with: "HTTP/".utf8), bytes[6] == UInt8(ascii: "."),
            ByteClass.is(bytes[5], ByteClass.digit), ByteClass.is(bytes[7], ByteClass.digit)
        else { throw .requestLine }
        guard bytes[5] == UInt8(ascii: "1") else { throw .version }
        return bytes[7] == UInt8(ascii: "0")
    }

    private static let methods: [(name: [UInt8], method: HTTPRequest.Method)] = [
        HTTPRequest.Method.get, .post, .put, .head, .delete, .options, .patch, .trace, .connect,
    ].map { (Array($0.rawValue.utf8), $0) }

    /// nil for a method that the server does not know; methods are case-sensitive.
    private static func method(_ bytes: UnsafeRawBufferPointer) -> HTTPRequest.Method? {
        for known in methods where bytes.elementsEqual(known.name) { return known.method }
        return nil
    }

    private static func pathAndQuery(
        _ bytes: UnsafeRawBufferPointer, whole: String?
    ) throws(ParseFailure) -> (path: String, query: String?) {
        guard ByteClass.all(bytes, ByteClass.target) else { throw .target }
        let end = bytes.place(of: UInt8(ascii: "?")) ?? bytes.count
        let path = bytes.part(0..<end)
        try checkPath(path)
        if end == bytes.count { return (whole ?? String(decoding: path, as: UTF8.self), nil) }
        return (String(decoding: path, as: UTF8.self), String(decoding: bytes.part((end + 1)...), as: UTF8.self))
    }

    /// Rejects bad escapes, escaped control bytes, text that is not UTF-8, and dot segments in any spelling:
    /// no handler, log or file name shall ever meet them.
    private static func checkPath(_ path: UnsafeRawBufferPointer) throws(ParseFailure) {
        guard path.holds(UInt8(ascii: "%")) else {
            if path.holds(UInt8(ascii: ".")), hasDotSegment(path) { throw .pathEncoding }
            return
        }
        var decoded: [UInt8] = []
        var index = 0
        while index < path.count {
            guard path[index] == UInt8(ascii: "%") else {
                decoded.append(path[index])
                index += 1
                continue
            }
            guard index + 2 < path.count, let high = path[index + 1].hexadecimalValue,
                let low = path[index + 2].hexadecimalValue
            else { throw .pathEncoding }
            let byte = high << 4 | low
            if ByteClass.is(byte, ByteClass.control) { throw .pathEncoding }
            decoded.append(byte)
            index += 3
        }
        if hasDotSegment(decoded) || String(validating: decoded, as: UTF8.self) == nil { throw .pathEncoding }
    }

    private static func hasDotSegment(_ path: some Collection<UInt8>) -> Bool {
        path.split(separator: UInt8(ascii: "/")).contains { segment in
            segment.count <= 2 && segment.allSatisfy { $0 == UInt8(ascii: ".") }
        }
    }

    /// Splits `http://authority` from what follows it.
    private static func splitAbsolute(
        _ bytes: UnsafeRawBufferPointer
    ) throws(ParseFailure) -> (authority: String, rest: UnsafeRawBufferPointer) {
        let schemes = ["http://", "https://"]
        guard let scheme = schemes.first(where: { matches(bytes.prefix($0.utf8.count), lowercase: $0.utf8) }) else { throw .target }
        let afterScheme = bytes.part(scheme.utf8.count...)
        let end = afterScheme.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? afterScheme.count
        let authority = afterScheme.part(0..<end)
        guard HostField.isValid(authority) else { throw .target }
        return (String(decoding: authority, as: UTF8.self), afterScheme.part(end...))
    }
}

/// Whether `bytes` spell `lowercase`, letters in either case.
@inline(__always)
func matches(_ bytes: some Collection<UInt8>, lowercase: some Collection<UInt8>) -> Bool {
    guard bytes.count == lowercase.count else { return false }
    return zip(bytes, lowercase).allSatisfy { byte, expected in
        let isLetter = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
        return (isLetter ? byte | 0x20 : byte) == expected
    }
}
