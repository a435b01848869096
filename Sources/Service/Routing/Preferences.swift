import HTTPTypes

extension HTTPField.Name {
    static let prefer = HTTPField.Name("Prefer").unsafelyKnown
    static let preferenceApplied = HTTPField.Name("Preference-Applied").unsafelyKnown
    static let idempotencyKey = HTTPField.Name("Idempotency-Key").unsafelyKnown
    static let idempotencyReplayed = HTTPField.Name("Idempotency-Replayed").unsafelyKnown
    static let lastEventID = HTTPField.Name("Last-Event-ID").unsafelyKnown
    static let accelBuffering = HTTPField.Name("X-Accel-Buffering").unsafelyKnown
    static let link = HTTPField.Name("Link").unsafelyKnown
}

extension Optional<HTTPField.Name> {
    /// For the literals above, each a token (RFC 9110 section 5.1), checked by a test.
    fileprivate var unsafelyKnown: HTTPField.Name {
        guard let name = self else { preconditionFailure("a field name in our own code is a token") }
        return name
    }
}

/// What the client prefers (RFC 7240): to wait for the job, and how long, or not to wait.
struct Preferences: Sendable {
    static let longestWait = 60

    /// Seconds to wait, capped; nil: answer at once.
    let wait: Int?

    init(_ fields: HTTPFields) {
        var wait: Int?
        var respondAsync = false
        for preference in (fields[.prefer] ?? "").split(separator: ",") {
            // Parameters after ";" and unknown preferences are ignored (RFC 7240 section 2).
            let head = preference.prefix { $0 != ";" }.trimmingSpaces
            let pieces = head.split(separator: "=", maxSplits: 1)
            guard let name = pieces.first?.trimmingSpaces.lowercased() else { continue }
            if name == "respond-async" { respondAsync = true }
            if name == "wait", pieces.count == 2, wait == nil {
                let digits = pieces[1].trimmingSpaces.trimmingQuotes
                guard !digits.isEmpty, digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { continue }
                // More digits than an Int holds are more than the cap.
                wait = min(Int(digits) ?? Self.longestWait, Self.longestWait)
            }
        }
        self.wait = respondAsync ? nil : wait
    }

    /// The `Preference-Applied` value, nil where nothing was asked for.
    var applied: String? { wait.map { "wait=\($0)" } }
}

extension Substring {
    var trimmingSpaces: Substring {
        var text = self
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }

    var trimmingQuotes: Substring {
        count >= 2 && first == "\"" && last == "\"" ? dropFirst().dropLast() : self
    }
}
