import HTTPTypes

/// The forms in which an array is given out.
enum ArrayFormat: String, CaseIterable {
    case json, npy, csv, svg

    var mediaType: String {
        switch self {
        case .json: "application/json"
        case .npy: "application/x-npy"
        case .csv: "text/csv; charset=utf-8"
        case .svg: "image/svg+xml"
        }
    }
}

/// Server-driven content negotiation (RFC 9110 section 12.5.1).
enum Negotiation {
    /// The first of `offers` (media types without parameters, in the server's order of preference) that the client likes best;
    /// nil where it accepts none of them.
    static func choose(_ accept: String?, among offers: [String]) -> String? {
        guard let accept, !accept.isEmpty else { return offers.first }
        var best: (offer: String, quality: Double)?
        let ranges = accept.split(separator: ",").compactMap(MediaRange.init)
        for offer in offers {
            // The most specific range that matches decides the quality of an offer.
            let match = ranges.filter { $0.matches(offer) }.max { $0.specificity < $1.specificity }
            guard let match, match.quality > 0 else { continue }
            if match.quality > best?.quality ?? 0 { best = (offer, match.quality) }
        }
        return best?.offer
    }

    /// The media type of a `Content-Type` value in lower case, without its parameters.
    static func mediaType(_ contentType: String?) -> String? {
        contentType.map { $0.prefix { $0 != ";" }.trimmingSpaces.lowercased() }
    }

    private struct MediaRange {
        let type: Substring
        let subtype: Substring
        let quality: Double

        init?(_ text: Substring) {
            let pieces = text.split(separator: ";")
            let names = (pieces.first?.trimmingSpaces ?? "").split(separator: "/", maxSplits: 1)
            guard names.count == 2 else { return nil }
            type = names[0]
            subtype = names[1]
            let weight = pieces.dropFirst().lazy.map(\.trimmingSpaces).first { $0.hasPrefix("q=") || $0.hasPrefix("Q=") }
            quality = weight.map { min(max(Double($0.dropFirst(2)) ?? 0, 0), 1) } ?? 1
        }

        var specificity: Int { type == "*" ? 0 : subtype == "*" ? 1 : 2 }

        func matches(_ offer: String) -> Bool {
            let names = offer.split(separator: "/", maxSplits: 1)
            return (type == "*" || type.lowercased() == names[0]) && (subtype == "*" || subtype.lowercased() == names[1])
        }
    }
}
