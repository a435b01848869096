import HTTPTypes

/// A `Range` request for bytes (RFC 9110 section 14).
enum ByteRange {
    enum Answer: Equatable {
        /// No range asked for, or one that may be ignored: the whole content, status 200.
        case whole
        case part(Range<Int>)
        case unsatisfiable
    }

    /// A single range is honoured. Several ranges in one request are answered with the whole content, as RFC 9110 section
    /// 14.2 allows, and so is a unit or syntax we do not know.
    ///
    /// - Parameters:
    ///   - length: The length of the selected representation in bytes.
    ///   - etag: Its entity tag: an `If-Range` that differs makes the range void (RFC 9110 section 13.1.5).
    static func read(_ fields: HTTPFields, length: Int, etag: String) -> Answer {
        guard let text = fields[.range], text.hasPrefix("bytes=") else { return .whole }
        if let condition = fields[.ifRange], condition != etag { return .whole }
        let specification = text.dropFirst("bytes=".count).trimmingSpaces
        guard !specification.contains(",") else { return .whole }
        let ends = specification.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard ends.count == 2 else { return .whole }
        switch (digits(ends[0]), digits(ends[1])) {
        case (.number(let from), .number(let to)):
            guard from <= to else { return .whole }
            return from < length ? .part(from..<min(to, length - 1) + 1) : .unsatisfiable
        case (.number(let from), .empty):
            return from < length ? .part(from..<length) : .unsatisfiable
        case (.empty, .number(let suffix)):
            return suffix > 0 && length > 0 ? .part(max(0, length - suffix)..<length) : .unsatisfiable
        default:
            return .whole
        }
    }

    private enum Digits { case number(Int), empty, malformed }

    private static func digits(_ text: Substring) -> Digits {
        if text.isEmpty { return .empty }
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return .malformed }
        // More digits than an Int holds lie beyond any content.
        return .number(Int(text) ?? Int.max - 1)
    }
}
