import HTTPServer
import JSON
import Synchronization

/// Whether the process does anything at all: it depends on the event loops and nothing else.
final class Liveness: Sendable {
    /// Seconds in which a loop must give a sign of life.
    private static let patience = 5.0
    private struct Watched { weak var server: HTTPServer? }
    /// Known only after the routes, which it serves.
    private let watched = Mutex(Watched())

    func watch(_ server: HTTPServer) { watched.withLock { $0.server = server } }

    func response(_ context: RequestContext) -> Response {
        let server = watched.withLock { $0.server }
        guard server?.loopsAnswer(within: Self.patience) == false else { return Self.alive }
        return Problem(.notReady, "An event loop hangs; restart the process.", members: [("reason", "an event loop hangs")])
            .response(requestID: context.head.id)
    }

    static let alive = Response(
        status: .ok, fields: [.contentType: "application/json", .cacheControl: "no-store"], body: .bytes(Array(#"{"status":"ok"}"#.utf8)))
}
