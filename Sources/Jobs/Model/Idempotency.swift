/// A request that carries an `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07).
public struct IdempotentRequest: Sendable, Equatable {
    public var method: String
    public var path: String
    public var key: String
    /// Digest of the body and of the headers that give it its meaning.
    public var fingerprint: String
    /// Tells this request from another one with the same key that is under way at the same time.
    public var holder: String
    public var lifetime: Duration

    public init(
        method: String, path: String, key: String, fingerprint: String, holder: String = UUIDv7.next(),
        lifetime: Duration = .seconds(24 * 3600)
    ) {
        self.method = method
        self.path = path
        self.key = key
        self.fingerprint = fingerprint
        self.holder = holder
        self.lifetime = lifetime
    }
}

/// The answer that is given again to a repeated request.
public struct StoredResponse: Sendable, Equatable {
    public var status: Int
    /// JSON text.
    public var headers: String
    public var body: String
    /// The job or dataset that the first request made.
    public var resource: String?

    public init(status: Int, headers: String, body: String, resource: String? = nil) {
        self.status = status
        self.headers = headers
        self.body = body
        self.resource = resource
    }
}

/// An idempotent request together with the answer to keep for it.
public struct IdempotentAnswer: Sendable, Equatable {
    public var request: IdempotentRequest
    public var response: StoredResponse

    public init(request: IdempotentRequest, response: StoredResponse) {
        self.request = request
        self.response = response
    }
}

/// What became of a request that creates something.
public enum Submission<Created: Sendable>: Sendable {
    case created(Created)
    /// The same request was answered before, thus.
    case replayed(StoredResponse)
    /// The key was used before with another payload.
    case conflict
    /// The first request with this key has not been answered yet.
    case inProgress
}
extension Submission: Equatable where Created: Equatable {}
