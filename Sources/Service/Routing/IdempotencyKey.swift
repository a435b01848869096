import HTTPTypes

/// The `Idempotency-Key` field: a quoted Structured Field String (draft-ietf-httpapi-idempotency-key-header-07, RFC 9651 section 3.3.3).
enum IdempotencyKey {
    static let longest = 255

    static func read(_ fields: HTTPFields) throws(Problem) -> String? {
        guard let text = fields[.idempotencyKey] else { return nil }
        var bytes = Substring(text).trimmingSpaces.utf8.makeIterator()
        guard bytes.next() == UInt8(ascii: "\"") else {
            throw Problem(.invalidRequest, "Idempotency-Key is a quoted string: write Idempotency-Key: \"\(text)\", with the quotes.")
        }
        var key: [UInt8] = []
        while let byte = bytes.next() {
            switch byte {
            case UInt8(ascii: "\""):
                guard bytes.next() == nil else { throw malformed }
                guard !key.isEmpty, key.count <= longest else {
                    throw Problem(.invalidRequest, "An Idempotency-Key has 1 to \(longest) characters; this one has \(key.count).")
                }
                return String(decoding: key, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = bytes.next(), escaped == UInt8(ascii: "\"") || escaped == UInt8(ascii: "\\") else { throw malformed }
                key.append(escaped)
            case 0x20...0x7E: key.append(byte)
            default: throw malformed
            }
        }
        throw malformed
    }

    private static var malformed: Problem {
        Problem(.invalidRequest, "Idempotency-Key is not a well-formed quoted string of printable ASCII characters.")
    }
}
