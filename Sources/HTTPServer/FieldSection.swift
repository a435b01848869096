import HTTPTypes

/// Gathers the field lines of one head and what they say about framing (RFC 9112 sections 5 and 6).
struct FieldSection {
    /// What the Transfer-Encoding field asks for.
    private enum Coding {
        case chunked, unsupported, invalid
    }

    private(set) var fields = HTTPFields()
    private(set) var contentLength: Int?
    private(set) var closes = false
    private(set) var keepsAlive = false
    private(set) var expectsContinue = false
    private var hasUnknownExpectation = false
    private var hasHost = false
    private var coding: Coding?
    private var count = 0
    private var length = 0

    /// Takes one line, without its CRLF and not empty.
    mutating func add(_ line: UnsafeRawBufferPointer, limits: RequestParser.Limits) throws(ParseFailure) {
        count += 1
        length += line.count + 2
        if count > limits.fieldCount || length > limits.fieldSection { throw .sectionTooLarge }
        let (nameBytes, value) = try Self.split(line)
        let (name, role) = try FieldName.find(nameBytes)
        switch role {
        case .host:
            if hasHost { throw .missingHost }
            guard HostField.isValid(value) else { throw .invalidHost }
            hasHost = true
        case .contentLength:
            guard contentLength == nil, let number = Self.number(value) else { throw .contentLength }
            contentLength = number
        case .transferEncoding:
            coding = coding == nil ? Self.coding(value) : .invalid
        case .connection:
            for option in value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: true) {
                let option = Self.trim(UnsafeRawBufferPointer(rebasing: option))
                if matches(option, lowercase: "close".utf8) { closes = true }
                if matches(option, lowercase: "keep-alive".utf8) { keepsAlive = true }
            }
        case .expect:
            if matches(value, lowercase: "100-continue".utf8) { expectsContinue = true } else { hasUnknownExpectation = true }
        case .single:
            if fields.contains(name) { throw .repeatedField }
        case .list:
            break
        }
        let field = Self.field(name, value)
        if (role == .list || role == .connection), fields.contains(name) {
            join(field)
        } else {
            fields.append(field)
        }
    }

    /// Text goes in as text, which is quicker; what is not ASCII stays the bytes it is.
    private static func field(_ name: HTTPField.Name, _ value: UnsafeRawBufferPointer) -> HTTPField {
        if ByteClass.end(of: ByteClass.ascii, in: value) < value.count { return HTTPField(name: name, value: value) }
        return HTTPField(name: name, value: String(decoding: value, as: UTF8.self))
    }

    /// Judges the section as a whole.
    /// - Returns: whether the body is chunked.
    mutating func finish(_ line: RequestLine) throws(ParseFailure) -> Bool {
        if !hasHost && !line.isVersion10 { throw .missingHost }
        if let authority = line.authority, let host = FieldName.host { fields[host] = authority }
        if line.isVersion10 {
            expectsContinue = false
        } else if hasUnknownExpectation {
            throw .expectation
        }
        guard let coding else { return false }
        if contentLength != nil { throw .framing }
        if line.isVersion10 { throw .transferEncoding }
        switch coding {
        case .chunked: return true
        case .unsupported: throw .codingNotImplemented
        case .invalid: throw .transferEncoding
        }
    }

    /// The name and the value without surrounding SP and HTAB of one field line.
    static func split(
        _ line: UnsafeRawBufferPointer
    ) throws(ParseFailure) -> (name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        let colon = ByteClass.end(of: ByteClass.token, in: line)
        guard colon > 0, colon < line.count, line[colon] == UInt8(ascii: ":") else { throw .fieldLine }
        return (line.part(0..<colon), trim(line.part((colon + 1)...)))
    }

    private static func trim(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        func isBlank(_ byte: UInt8) -> Bool { byte == .space || byte == .tab }
        var (start, end) = (0, bytes.count)
        while start < end && isBlank(bytes[start]) { start += 1 }
        while end > start && isBlank(bytes[end - 1]) { end -= 1 }
        return bytes.part(start..<end)
    }

    /// Digits only: Swift's own `Int` takes signs.
    private static func number(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard let first = bytes.first, first != UInt8(ascii: "0") || bytes.count == 1 else { return nil }
        var value = 0
        for byte in bytes {
            guard ByteClass.is(byte, ByteClass.digit) else { return nil }
            let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tenfold.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
            if overflow || carry { return nil }
            value = sum
        }
        return value
    }

    private static func coding(_ value: UnsafeRawBufferPointer) -> Coding {
        if matches(value, lowercase: "chunked".utf8) { return .chunked }
        let names = value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
            .map { trim(UnsafeRawBufferPointer(rebasing: $0)) }
        for (index, name) in names.enumerated() {
            let isLast = index == names.count - 1
            if name.isEmpty || !ByteClass.all(name, ByteClass.token) || matches(name, lowercase: "identity".utf8) { return .invalid }
            // A name around "chunked" is an attempt to hide it from one of two parsers, not another coding.
            let holdsChunked = String(decoding: name, as: UTF8.self).lowercased().contains("chunked")
            if holdsChunked && !(isLast && name.count == "chunked".utf8.count) { return .invalid }
        }
        return .unsupported
    }

    private mutating func join(_ field: HTTPField) {
        guard let first = fields.firstIndex(where: { $0.name == field.name }) else { return }
        let separator = field.name == .cookie ? "; " : ", "
        fields[first].value += separator + field.value
    }
}
