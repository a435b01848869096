import HTTPTypes

/// Entity tags and the conditions on them (RFC 9110 sections 8.8.3 and 13.1.2).
enum EntityTag {
    static func strong(_ value: String) -> String { "\"\(value)\"" }

    /// Whether `If-None-Match` names this tag, so that the answer is 304. The comparison is weak.
    static func matches(_ tag: String, ifNoneMatch fields: HTTPFields) -> Bool {
        guard let text = fields[.ifNoneMatch] else { return false }
        if text == tag { return true }
        return text.split(separator: ",").contains { candidate in
            var candidate = candidate.trimmingSpaces
            if candidate.hasPrefix("W/") { candidate = candidate.dropFirst(2) }
            return candidate == "*" || candidate == tag
        }
    }
}
