import HTTPTypes

/// The head of one request: checked, with its framing decided (RFC 9112 sections 3 to 6).
///
/// A class, so that passing it on costs one retain and not one for each of its strings.
public final class RequestHead: Sendable {
    /// A lower-case UUID made by the server for this request; problem documents and logs carry it.
    public let id: String
    public let method: HTTPRequest.Method
    /// The request target as it came: origin-form, absolute-form or `*`.
    public let target: String
    /// The path, still percent-encoded; its escapes are known to be well formed. `*` for `OPTIONS *`.
    public let path: String
    /// The part behind `?`, still percent-encoded, without the `?`; nil where there was none.
    public let query: String?
    /// All fields in order; list-valued fields that came more than once are joined with ", ".
    public let fields: HTTPFields
    /// The numeric address of the peer.
    public let remoteAddress: String
    /// The declared length of the body in bytes; nil for a chunked body and where no body comes.
    public let contentLength: Int?
    /// Whether a body follows (chunked, or of a length above zero).
    public let hasBody: Bool

    init(
        id: String, method: HTTPRequest.Method, target: String, path: String, query: String?, fields: HTTPFields,
        remoteAddress: String, contentLength: Int?, hasBody: Bool
    ) {
        self.id = id
        self.method = method
        self.target = target
        self.path = path
        self.query = query
        self.fields = fields
        self.remoteAddress = remoteAddress
        self.contentLength = contentLength
        self.hasBody = hasBody
    }
}

/// What becomes of a request's body, decided from its head before `100 Continue` is sent.
public enum BodyPolicy: Sendable {
    /// No body is expected: read and dropped up to `ServerConfiguration.discardLimit`, else 413.
    case discard
    /// Kept in memory, at most `limit` bytes, else 413.
    case collect(limit: Int)
    /// Streamed into a new file of `directory`, at most `limit` bytes, else 413; 507 when the disk is full.
    case spool(limit: Int, directory: String)
    /// The final answer at once; `handle` is not called. The connection closes if a body is on its way.
    case refuse(Response)
}

/// A request's body, complete.
public enum RequestBody: Sendable {
    case none
    case bytes([UInt8])
    case file(SpooledFile)
}

/// One answer. The server adds `Date`, `Connection` and the framing fields, and ignores them in `fields`,
/// except that `Connection: close` closes the connection after the answer.
/// An answer with a control byte in a field value is not sent: the client gets 500 in its place.
public struct Response: Sendable {
    public var status: HTTPResponse.Status
    public var fields: ResponseFields {
        didSet { lines = nil }
    }
    public var body: ResponseBody
    /// `fields` as they go out, where they were written beforehand.
    private(set) var lines: FieldLines?

    public init(status: HTTPResponse.Status, fields: ResponseFields = [:], body: ResponseBody = .empty) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// Writes the lines of the fields now, once for an answer that is given many times. A later change of `fields` undoes it.
    public mutating func prepare() {
        lines = FieldLines(fields)
    }
}

public enum ResponseBody: Sendable {
    case empty
    case bytes([UInt8])
    /// `length` in bytes if it is known beforehand; nil sends chunks (to an HTTP/1.0 client: until the connection closes).
    /// A source that ends early or runs over its length ends the connection, so that the client sees the fault.
    case source(any BodySource, length: Int?)
}

/// A body that the connection pulls piece by piece, as fast as its client reads.
public protocol BodySource: Sendable {
    /// Asks for the next piece; at most one read is outstanding. `deliver` is called once, from any thread, now or
    /// much later (server-sent events); a nil piece is the end. A failure cuts the answer off.
    func read(deliver: @escaping @Sendable (Result<[UInt8]?, any Error>) -> Void)
    /// The client went away or the connection ends: an outstanding read need not deliver any more.
    func cancel()
}

/// The application behind the server. All methods are called on an event loop and must not block.
public protocol RequestHandler: Sendable {
    /// Called once for every request with a well-formed head, before any of its body is read.
    func policy(for head: RequestHead) -> BodyPolicy
    /// Called once the body is complete. The answer goes through `responder`, now or later, from any thread.
    func handle(_ head: RequestHead, _ body: RequestBody, _ responder: Responder)
    /// Seconds in which a request must be answered that `handle` has left open; nil for `ServerConfiguration.handlerTimeout`.
    func timeLimit(for head: RequestHead) -> Double?
    /// The answer to a fault that the server itself finds: 400, 408, 413, 414, 417, 431, 500, 501, 503, 505 or 507.
    /// - Parameters:
    ///   - code: a stable identifier of the fault such as `bare_line_feed`.
    ///   - detail: a sentence that tells the client what to change.
    func problem(_ status: HTTPResponse.Status, code: String, detail: String, requestID: String) -> Response
}

extension RequestHandler {
    public func timeLimit(for head: RequestHead) -> Double? { nil }
}
