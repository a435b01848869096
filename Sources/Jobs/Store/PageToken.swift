import Foundation

/// Where a page ended: the last item's place in the order (created_at, id), and a digest that ties it to its listing.
///
/// The digest makes a token of another listing, or a mangled one, an error instead of a wrong page. It is not a secret:
/// a token gives no right to anything.
struct PageToken: Equatable {
    var createdAt: Timestamp
    var id: String

    func text(for listing: String) -> String {
        let plain = "\(createdAt.rawValue) \(id)"
        return Data("\(Self.check(plain, listing)) \(plain)".utf8).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    init(createdAt: Timestamp, id: String) {
        self.createdAt = createdAt
        self.id = id
    }

    init(_ text: String, for listing: String) throws {
        let padded = text.replacing("-", with: "+").replacing("_", with: "/")
            + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: padded) else { throw StoreError.invalidPageToken }
        let parts = String(decoding: data, as: UTF8.self).split(separator: " ", maxSplits: 2)
        guard parts.count == 3, let microseconds = Int64(parts[1]),
            parts[0] == Self.check("\(parts[1]) \(parts[2])", listing)
        else { throw StoreError.invalidPageToken }
        self.init(createdAt: Timestamp(rawValue: microseconds), id: String(parts[2]))
    }

    private static func check(_ plain: String, _ listing: String) -> String {
        String(SHA256Hasher.digest(of: "\(listing) \(plain)".utf8).prefix(16))
    }
}
