import HTTPTypes
import Testing

@testable import Service

@Suite struct RouterTests {
    private let router = Router([
        Route(.get, "/") { _ in .deferred }, Route(.get, "/jobs") { _ in .deferred }, Route(.get, "/jobs/:id") { _ in .deferred },
        Route(.delete, "/jobs/:id") { _ in .deferred }, Route(.post, "/jobs/:id/cancel") { _ in .deferred },
        Route(.get, "/jobs/:id/result/:array") { _ in .deferred }, Route(.post, "/kernels/ntk") { _ in .deferred },
    ])

    private func describe(_ method: HTTPRequest.Method, _ path: String) -> String {
        switch router.match(method, path: path) {
        case .route(let route, let parameters): "\(route.method) /\(route.segments.joined(separator: "/")) \(parameters)"
        case .methodNotAllowed(let allowed): "405 \(allowed.map(\.rawValue).sorted())"
        case .notFound: "404"
        }
    }

    @Test(arguments: [
        (HTTPRequest.Method.get, "/", "GET / []"), (.get, "/jobs", "GET /jobs []"), (.head, "/jobs/7", "GET /jobs/:id [\"7\"]"),
        (.get, "/jobs/a%2Fb", "GET /jobs/:id [\"a/b\"]"), (.get, "/jobs/a/result/ntk", "GET /jobs/:id/result/:array [\"a\", \"ntk\"]"),
        (.get, "/kernels/ntk", "405 [\"OPTIONS\", \"POST\"]"), (.put, "/jobs/7", "405 [\"DELETE\", \"GET\", \"HEAD\", \"OPTIONS\"]"),
        (.get, "/jobs/", "404"), (.get, "//", "404"), (.get, "/jobs//cancel", "404"), (.get, "/nothing", "404"), (.get, "*", "404"),
        (.get, "/%6Aobs/%37", "GET /jobs/:id [\"7\"]"), (.get, "/jobs/%zz", "404"), (.get, "/jobs/%00", "404"),
    ])
    func finds(_ method: HTTPRequest.Method, _ path: String, _ expected: String) {
        #expect(describe(method, path) == expected)
    }
}
