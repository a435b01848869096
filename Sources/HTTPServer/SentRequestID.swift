import HTTPTypes

/// What a client calls its request in `X-Request-Id`.
enum SentRequestID {
    /// Nil unless it is 1 to 128 letters, digits, dots, underscores and hyphens: it goes into the log and
    /// back as it came. Not unique, so nothing is stored under it.
    static func find(in fields: HTTPFields) -> String? {
        guard let name = FieldName.requestID, let id = fields[name], (1...128).contains(id.utf8.count) else { return nil }
        return id.utf8.allSatisfy(isAllowed) ? id : nil
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
