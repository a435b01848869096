import HTTPServer
import HTTPTypes
import JSON
import Jobs

extension PageRequest {
    private static let defaultSize = 50
    private static let largestSize = 1000

    /// `page_size` and `page_token`. As in AIP-158, 0 means the default and what is too large is cut down.
    init(_ query: Query) throws(Problem) {
        let size = try query.integer("page_size", in: 0...Int.max) ?? 0
        self.init(size: size == 0 ? Self.defaultSize : min(size, Self.largestSize), token: try query.one("page_token"))
    }
}

extension Page {
    /// The page as an answer, with a `Link` to the next one (RFC 8288).
    ///
    /// - Parameter query: The parameters of this request, which the next one repeats.
    func response(path: String, query: Query, _ show: (Item) -> JSONValue) -> Response {
        var fields: ResponseFields = [:]
        if let nextToken {
            let kept = query.items.filter { $0.name != "page_token" } + [(name: "page_token", value: nextToken)]
            let text = kept.map { "\($0.name)=\(PercentEncoding.encode($0.value))" }.joined(separator: "&")
            fields[.link] = "<\(path)?\(text)>; rel=\"next\""
        }
        return .json(document(show), fields: fields)
    }

    private func document(_ show: (Item) -> JSONValue) -> JSONValue {
        .object(["items": .array(items.map(show)), "next_page_token": nextToken.map { .string($0) }])
    }
}

extension Response {
    /// A document of ours as an answer.
    static func json(_ document: JSONValue, status: HTTPResponse.Status = .ok, fields: ResponseFields = [:]) -> Response {
        var fields = fields
        fields[.contentType] = "application/json"
        return Response(status: status, fields: fields, body: .bytes(document.ownText))
    }
}
