import HTTPTypes

/// What the server does with a field beyond handing it on.
enum FieldRole {
    case host, contentLength, transferEncoding, connection, expect
    /// Holds one value: a second line is an error (RFC 9110 section 5.3).
    case single
    /// A list, or a field unknown to us: further lines are joined.
    case list
}

/// Field names met in most requests, so that a head needs no new strings for them.
enum FieldName {
    private static let special: [(String, FieldRole)] = [
        ("Host", .host), ("Content-Length", .contentLength), ("Transfer-Encoding", .transferEncoding),
        ("Connection", .connection), ("Expect", .expect),
    ]
    private static let singles = [
        "Content-Type", "Authorization", "User-Agent", "Range", "If-Range", "If-Modified-Since", "If-Unmodified-Since",
        "From", "Referer", "Max-Forwards", "Date", "Content-Location", "Content-Range", "Location", "Proxy-Authorization",
        "Origin", "Traceparent", "Age", "Expires", "Last-Modified", "ETag", "Retry-After", "Server", "Idempotency-Key",
        "Last-Event-ID", "X-Request-Id",
    ]
    private static let lists = [
        "Accept", "Accept-Encoding", "Accept-Language", "Cache-Control", "Content-Encoding", "Content-Language", "Cookie",
        "If-Match", "If-None-Match", "Upgrade", "TE", "Trailer", "Via", "Tracestate", "Priority", "Prefer",
        "X-Forwarded-For", "X-Forwarded-Proto", "Content-Digest", "Repr-Digest",
    ]

    private struct Entry {
        let lowercase: [UInt8]
        let name: HTTPField.Name
        let role: FieldRole
    }

    /// By length and last letter, which leaves one or two candidates.
    private static let buckets: [[Entry]] = {
        var buckets = [[Entry]](repeating: [], count: 256)
        for (text, role) in special + singles.map({ ($0, .single) }) + lists.map({ ($0, .list) }) {
            guard let name = HTTPField.Name(text), let last = text.utf8.last else { continue }
            let entry = Entry(lowercase: Array(name.canonicalName.utf8), name: name, role: role)
            buckets[bucket(length: text.utf8.count, last: last)].append(entry)
        }
        return buckets
    }()

    private static func bucket(length: Int, last: UInt8) -> Int {
        (length &* 31 &+ Int(last | 0x20)) & 255
    }

    /// The Host field, which HTTPTypes names only inside a request's pseudo fields.
    static let host = HTTPField.Name("Host")

    static let requestID = HTTPField.Name("X-Request-Id")

    /// - Parameter bytes: token bytes, at least one.
    static func find(_ bytes: UnsafeRawBufferPointer) throws(ParseFailure) -> (name: HTTPField.Name, role: FieldRole) {
        guard let last = bytes.last else { throw .fieldLine }
        for entry in buckets[bucket(length: bytes.count, last: last)] where matches(bytes, lowercase: entry.lowercase) {
            return (entry.name, entry.role)
        }
        guard let name = HTTPField.Name(String(decoding: bytes, as: UTF8.self)) else { throw .fieldLine }
        return (name, .list)
    }
}
