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
        guard let first = line.firstIndex(of: .space) else { throw .requestLine }
        let methodBytes = line[..<first]
        guard !methodBytes.isEmpty, ByteClass.all(methodBytes, ByteClass.token) else { throw .requestLine }
        let rest = line[(first + 1)...]
        guard let second = rest.firstIndex(of: .space) else {
            throw methodBytes.count > Self.longestMethod ? .methodNotImplemented : .requestLine
        }
        isVersion10 = try Self.isVersion10(line[(second + 1)...])
        guard let method = Self.method(methodBytes), method != .connect else { throw .methodNotImplemented }
        self.method = method

        let bytes = line[(first + 1)..<second]
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
    private static func isVersion10(_ bytes: Slice<UnsafeRawBufferPointer>) throws(ParseFailure) -> Bool {
        let start = bytes.startIndex
        guard bytes.count == 8, bytes.starts(with: "HTTP/".utf8), bytes[start + 6] == UInt8(ascii: "."),
            ByteClass.is(bytes[start + 5], ByteClass.digit), ByteClass.is(bytes[start + 7], ByteClass.digit)
        else { throw .requestLine }
        guard bytes[start + 5] == UInt8(ascii: "1") else { throw .version }
        return bytes[start + 7] == UInt8(ascii: "0")
    }

    private static let methods: [HTTPRequest.Method] = [
        .get, .post, .put, .head, .delete, .options, .patch, .trace, .connect,
    ]

    /// nil for a method that the server does not know; methods are case-sensitive.
    private static func method(_ bytes: Slice<UnsafeRawBufferPointer>) -> HTTPRequest.Method? {
        methods.first { $0.rawValue.utf8.elementsEqual(bytes) }
    }

    private static func pathAndQuery(
        _ bytes: Slice<UnsafeRawBufferPointer>, whole: String?
    ) throws(ParseFailure) -> (path: String, query: String?) {
        guard ByteClass.all(bytes, ByteClass.target) else { throw .target }
        let end = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.endIndex
        let path = bytes[..<end]
        try checkPath(path)
        if end == bytes.endIndex { return (whole ?? String(decoding: path, as: UTF8.self), nil) }
        return (String(decoding: path, as: UTF8.self), String(decoding: bytes[(end + 1)...], as: UTF8.self))
    }

    /// Rejects bad escapes, escaped control bytes, text that is not UTF-8, and dot segments in any spelling:
    /// no handler, log or file name shall ever meet them.
    private static func checkPath(_ path: Slice<UnsafeRawBufferPointer>) throws(ParseFailure) {
        guard path.contains(UInt8(ascii: "%")) else {
            if hasDotSegment(path) { throw .pathEncoding }
            return
        }
        var decoded: [UInt8] = []
        var index = path.startIndex
        while index < path.endIndex {
            guard path[index] == UInt8(ascii: "%") else {
                decoded.append(path[index])
                index += 1
                continue
            }
            guard index + 2 < path.endIndex, let high = path[index + 1].hexadecimalValue,
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
        guard path.contains(UInt8(ascii: ".")) else { return false }
        return path.split(separator: UInt8(ascii: "/")).contains { segment in
            segment.count <= 2 && segment.allSatisfy { $0 == UInt8(ascii: ".") }
        }
    }

    /// Splits `http://authority` from what follows it.
    private static func splitAbsolute(
        _ bytes: Slice<UnsafeRawBufferPointer>
    ) throws(ParseFailure) -> (authority: String, rest: Slice<UnsafeRawBufferPointer>) {
        let schemes = ["http://", "https://"]
        guard let scheme = schemes.first(where: { matches(bytes.prefix($0.utf8.count), lowercase: $0) }) else { throw .target }
        let afterScheme = bytes.dropFirst(scheme.utf8.count)
        let end = afterScheme.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? afterScheme.endIndex
        let authority = afterScheme[..<end]
        guard HostField.isValid(authority) else { throw .target }
        return (String(decoding: authority, as: UTF8.self), afterScheme[end...])
    }
}

/// Whether `bytes` spell `lowercase`, letters in either case.
func matches(_ bytes: some Collection<UInt8>, lowercase: String) -> Bool {
    guard bytes.count == lowercase.utf8.count else { return false }
    return zip(bytes, lowercase.utf8).allSatisfy { byte, expected in
        let isLetter = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
        return (isLetter ? byte | 0x20 : byte) == expected
    }
}
