import HTTPServer
import HTTPTypes
import JSON

/// A problem document (RFC 9457): what every response of 4xx and 5xx carries, thrown by handlers as a value.
struct Problem: Error, Sendable {
    var code: ProblemCode
    /// What was wrong with this request and what to change, for a person.
    var detail: String
    /// The faults of a document, each with a JSON Pointer (RFC 6901).
    var faults: [Fault]
    /// Further members, such as `state` of a job that is not finished.
    var members: [(name: String, value: JSONValue)]
    var fields: ResponseFields

    init(
        _ code: ProblemCode, _ detail: String, faults: [Fault] = [], members: [(name: String, value: JSONValue)] = [],
        fields: ResponseFields = [:]
    ) {
        self.code = code
        self.detail = detail
        self.faults = faults
        self.members = members
        self.fields = fields
    }

    /// The 422 for a document with faults; its detail repeats the first one.
    static func invalidDocument(_ faults: Faults) -> Problem {
        let first = faults.all.first
        let place = first.map { $0.pointer == .root ? "The document" : $0.pointer.description } ?? "The document"
        let more = faults.all.count > 1 ? " (and \(faults.all.count - 1) more, see errors)" : ""
        return Problem(.invalidDocument, "\(place): \(first?.detail ?? "does not fit")\(more)", faults: faults.all)
    }

    static func invalidDocument(at pointer: JSONPointer, _ detail: String) -> Problem {
        let faults = Faults()
        faults.add(pointer, detail)
        return invalidDocument(faults)
    }

    static func queueFull() -> Problem {
        Problem(.queueFull, "Too many requests are waiting. Try again in a moment.", fields: [.retryAfter: "1"])
    }

    func document(requestID: String) -> JSONValue {
        var object = JSONObject([
            (name: "type", value: .string(Self.type(of: code.rawValue))), ("title", .string(code.title)),
            ("status", .integer(code.status.code)),
            ("detail", .string(detail)), ("code", .string(code.rawValue)), ("request_id", .string(requestID)),
        ])
        if !faults.isEmpty {
            object["errors"] = .array(faults.map { ["pointer": .string($0.pointer.description), "detail": .string($0.detail)] })
        }
        for member in members { object[member.name] = member.value }
        return .object(object)
    }

    func response(requestID: String) -> Response {
        var fields = fields
        fields[.contentType] = "application/problem+json"
        fields[.contentLanguage] = "en"
        fields[.cacheControl] = "no-store"
        return Response(status: code.status, fields: fields, body: .bytes(document(requestID: requestID).ownText))
    }

    /// A problem type is an absolute URI that names its code.
    static func type(of code: String) -> String { "urn:tangent:problem:\(code)" }
}
