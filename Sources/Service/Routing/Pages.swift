import HTTPServer
import HTTPTypes
import JSON
import Jobs

extension PageRequest {
    /// `page_size` (1 to 200, default 50) and `page_token`.
    init(_ query: Query) throws(Problem) {
        self.init(size: try query.integer("page_size", in: 1...200) ?? 50, token: try query.one("page_token"))
    }
}

extension Page {
    func document(_ show: (Item) -> JSONValue) -> JSONValue {
        .object(["items": .array(items.map(show)), "next_page_token": nextToken.map { .string($0) }])
    }
}

extension Response {
    /// A document of ours as an answer.
    static func json(_ document: JSONValue, status: HTTPResponse.Status = .ok, fields: HTTPFields = [:]) -> Response {
        var fields = fields
        fields[.contentType] = "application/json"
        return Response(status: status, fields: fields, body: .bytes(document.ownText))
    }
}
