import HTTPTypes

/// A request or a connection that cannot be served as it stands; the connection closes behind the answer.
struct ParseFailure: Error, Sendable, Equatable {
    let status: HTTPResponse.Status
    /// A stable identifier of the fault, for problem documents and metrics.
    let code: String
    /// What the client should change.
    let detail: String

    private init(_ status: HTTPResponse.Status, _ code: String, _ detail: String) {
        self.status = status
        self.code = code
        self.detail = detail
    }

    static func malformed(_ code: String, _ detail: String) -> ParseFailure { .init(.badRequest, code, detail) }

    static let bareLineFeed = malformed("bare_line_feed", "Lines end with CR LF, not with LF alone.")
    static let bareCarriageReturn = malformed("bare_carriage_return", "A CR must be followed by LF.")
    static let controlByte = malformed("control_byte", "Control bytes are not allowed in a request's head.")
    static let requestLine = malformed("invalid_request_line", "A request line is METHOD SP TARGET SP HTTP/1.1.")
    static let target = malformed("invalid_target", "The request target holds a byte or form that is not allowed; percent-encode it.")
    static let pathEncoding = malformed("invalid_path", "The path holds a bad or forbidden percent-encoding.")
    static let missingHost = malformed("missing_host", "An HTTP/1.1 request needs exactly one Host field.")
    static let invalidHost = malformed("invalid_host", "The Host is not a name or address with an optional port.")
    static let fieldLine = malformed("invalid_field", "A header line is NAME: VALUE, without a space before the colon and not folded.")
    static let repeatedField = malformed("repeated_field", "A field that holds a single value came more than once.")
    static let contentLength = malformed("invalid_content_length", "Content-Length is one decimal number without sign or leading zero, given once.")
    static let framing = malformed("conflicting_framing", "Content-Length and Transfer-Encoding exclude each other.")
    static let transferEncoding = malformed("invalid_transfer_encoding", "Transfer-Encoding, if any, is chunked, given once, in HTTP/1.1.")
    static let chunk = malformed("invalid_chunk", "The chunked body is malformed.")
    static let bodyCutOff = malformed("incomplete_body", "The connection ended before the body did.")

    static let codingNotImplemented = ParseFailure(
        .notImplemented, "transfer_coding_not_implemented", "The only transfer coding is chunked.")
    static let methodNotImplemented = ParseFailure(
        .notImplemented, "method_not_implemented", "The server does not know this method.")
    static let version = ParseFailure(
        .httpVersionNotSupported, "version_not_supported", "The server speaks HTTP/1.1 and HTTP/1.0.")
    static let targetTooLong = ParseFailure(.uriTooLong, "request_line_too_long", "The request line is too long.")
    static let fieldTooLarge = ParseFailure(
        .requestHeaderFieldsTooLarge, "field_too_large", "A header line is too long.")
    static let sectionTooLarge = ParseFailure(
        .requestHeaderFieldsTooLarge, "fields_too_large", "The header lines are too many or too long in total.")
    static let bodyTooLarge = ParseFailure(.contentTooLarge, "body_too_large", "The body is longer than this resource accepts.")
    static let expectation = ParseFailure(
        .expectationFailed, "expectation_failed", "The only expectation the server can meet is 100-continue.")
    static let headTimeout = ParseFailure(.requestTimeout, "head_timeout", "The request's head took too long to arrive.")
    static let bodyTimeout = ParseFailure(.requestTimeout, "body_timeout", "The request's body arrived too slowly.")
    static let diskFull = ParseFailure(
        HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage"), "disk_full", "There is no room to store the body.")
    static let spoolFailed = ParseFailure(.internalServerError, "spool_failed", "The body could not be stored.")
    static let busy = ParseFailure(.serviceUnavailable, "busy", "Too many bodies are being stored; try again in a moment.")
    static let memoryFull = ParseFailure(
        .serviceUnavailable, "body_memory_full", "The bodies of other requests take all the room there is; try again in a moment.")
    static let tooManyConnections = ParseFailure(
        .serviceUnavailable, "too_many_connections",
        "This address has all the connections that one may have; reuse them, or close some.")
    static let noDescriptors = ParseFailure(
        .serviceUnavailable, "no_descriptors", "The server has no room for another connection at the moment; try again.")
    static let handlerTimeout = ParseFailure(.serviceUnavailable, "handler_timeout", "The answer took too long.")
    static func responseField(_ name: HTTPField.Name) -> ParseFailure {
        ParseFailure(
            .internalServerError, "invalid_response_field",
            "The answer was not sent, because the value of its field \(name.rawName) holds a control byte.")
    }
    static let unanswered = ParseFailure(.internalServerError, "no_answer", "The request was dropped without an answer.")
}
