import HTTPServer
import HTTPTypes

/// What a handler does with a request: answer it, or keep the responder and answer later.
enum Outcome {
    case response(Response)
    /// The handler has handed the responder on (a wait for a job, a write that is being committed).
    case deferred
    /// A handler on the loop found that it would have to block: it is run again on the pool.
    case mustBlock
}

/// One request on its way through a handler.
struct RequestContext: Sendable {
    let head: RequestHead
    let body: RequestBody
    /// The decoded path segments that matched `:name` parts of the route, in order.
    let parameters: [String]
    let responder: Responder
    /// Whether this runs on a pool of threads, where the store may be asked, and not on an event loop.
    let mayBlock: Bool

    func query(allowing names: String...) throws(Problem) -> Query {
        let query = try Query(head.query)
        guard let unknown = query.items.first(where: { !names.contains($0.name) }) else { return query }
        let known = names.isEmpty ? "none" : names.joined(separator: ", ")
        throw Problem(.invalidRequest, "There is no query parameter \"\(unknown.name)\" here; known are: \(known).")
    }
}

/// What body a route takes.
enum BodyRule: Sendable {
    case none
    /// In memory, one of the media types, at most `limit` bytes.
    case collected(limit: Int, mediaTypes: [String])
    /// Streamed to disk.
    case spooled(limit: Int, mediaTypes: [String])

    /// Nil where no body is wanted.
    var mediaTypes: [String]? {
        switch self {
        case .none: nil
        case .collected(_, let mediaTypes), .spooled(_, let mediaTypes): mediaTypes
        }
    }
}

/// Where a handler runs: on the event loop (it must not block) or on a pool of threads.
enum Placement: Sendable {
    case loop
    /// Store look-ups and small documents.
    case pool
    /// Uploads and conversions, which may take seconds and must not hold up the others.
    case bulk
    /// Readiness and cancels, which nothing else may hold up.
    case control
}

/// A class, so that a match hands on one reference.
final class Route: Sendable {
    typealias Handler = @Sendable (RequestContext) throws -> Outcome

    let method: HTTPRequest.Method
    let segments: [String]
    let body: BodyRule
    let placement: Placement
    let handler: Handler

    init(
        _ method: HTTPRequest.Method, _ pattern: String, body: BodyRule = .none, on placement: Placement = .pool,
        _ handler: @escaping Handler
    ) {
        self.method = method
        self.segments = pattern.split(separator: "/").map(String.init)
        self.body = body
        self.placement = placement
        self.handler = handler
    }
}

/// Finds the route of a request by its path segments: a trie, so the cost is that of the path's length.
struct Router: Sendable {
    enum Match {
        case route(Route, parameters: [String])
        case methodNotAllowed(allowed: [HTTPRequest.Method])
        case notFound
    }

    private final class Node: Sendable {
        /// Few enough that comparing their bytes is quicker than hashing.
        let children: [(segment: [UInt8], node: Node)]
        let parameter: Node?
        let routes: [Route]

        init(_ routes: [Route], depth: Int) {
            self.routes = routes.filter { $0.segments.count == depth }
            let deeper = Dictionary(grouping: routes.filter { $0.segments.count > depth }) { $0.segments[depth] }
            children = deeper.filter { !$0.key.hasPrefix(":") }.map { (Array($0.key.utf8), Node($0.value, depth: depth + 1)) }
            let parameters = deeper.filter { $0.key.hasPrefix(":") }.flatMap(\.value)
            parameter = parameters.isEmpty ? nil : Node(parameters, depth: depth + 1)
        }

        func child(_ segment: some Collection<UInt8>) -> Node? {
            children.first { $0.segment.count == segment.count && $0.segment.elementsEqual(segment) }?.node
        }
    }

    private let root: Node

    init(_ routes: [Route]) { root = Node(routes, depth: 0) }

    /// HEAD is answered by the GET route; the server leaves the body out (RFC 9110 section 9.3.2).
    func match(_ method: HTTPRequest.Method, path: String) -> Match {
        var path = path
        return path.withUTF8 { match(method, $0) }
    }

    /// Bytes rather than characters: this runs for every request on the event loop.
    private func match(_ method: HTTPRequest.Method, _ path: UnsafeBufferPointer<UInt8>) -> Match {
        let slash = UInt8(ascii: "/")
        var node = root
        var parameters: [String] = []
        var start = path.count == 1 && path[0] == slash ? 2 : 1
        while start <= path.count {
            var end = start
            while end < path.count && path[end] != slash { end += 1 }
            let segment = UnsafeBufferPointer(rebasing: path[start..<end])
            start = end + 1
            if let child = node.child(segment) {
                node = child
                continue
            }
            guard let text = Self.decoded(segment) else { return .notFound }
            if text.utf8.count != segment.count, let child = node.child(text.utf8) {
                node = child
            } else if let child = node.parameter, !text.isEmpty {
                node = child
                parameters.append(text)
            } else {
                return .notFound
            }
        }
        guard !node.routes.isEmpty else { return .notFound }
        let wanted = method == .head ? .get : method
        if let route = node.routes.first(where: { $0.method == wanted }) { return .route(route, parameters: parameters) }
        var allowed = node.routes.map(\.method)
        if allowed.contains(.get) { allowed.append(.head) }
        allowed.append(.options)
        return .methodNotAllowed(allowed: allowed)
    }

    private static func decoded(_ segment: UnsafeBufferPointer<UInt8>) -> String? {
        let text = String(decoding: segment, as: UTF8.self)
        return segment.contains(UInt8(ascii: "%")) ? PercentEncoding.decode(text[...]) : text
    }
}
