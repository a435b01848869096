import CResources
import HTTPServer
import HTTPTypes
import JSON
import Yams

/// Health, the contract, and where to begin.
struct OperationsRoutes: Sendable {
    let core: Core
    let liveness: Liveness
    let readiness: Readiness
    /// The other routes, whose addresses the discovery document links to.
    let others: [Route]

    var routes: [Route] {
        [
            Route(.get, "/", discovery),
            Route(.get, "/livez", on: .loop) { .response(liveness.response($0)) },
            Route(.get, "/healthz", on: .loop) { .response(liveness.response($0)) },
            // Nothing listens before the store is open and migrated and the workers are started: an answer says that much.
            Route(.get, "/startupz", on: .loop) { _ in .response(Liveness.alive) },
            Route(.get, "/readyz", on: .control) { .response(try readiness.response(core, $0)) },
            Route(.get, "/openapi.yaml") { _ in .response(Self.contract("application/yaml", Self.yaml)) },
            Route(.get, "/openapi.json") { _ in .response(Self.contract("application/json", Self.json)) },
        ]
    }

    private func discovery(_ context: RequestContext) throws -> Outcome {
        _ = try context.query()
        return .response(.json([
            "name": "tangent", "version": .string(Version.text),
            "links": .object(JSONObject(Self.links(to: routes + others).map { (name: $0.name, value: .string($0.path)) })),
        ]))
    }

    /// The addresses without parameters, each once, by name: `/kernels/ntk` is `kernels_ntk`.
    static func links(to routes: [Route]) -> [(name: String, path: String)] {
        let probes = ["/livez": "live", "/readyz": "ready", "/healthz": "health", "/startupz": "started"]
        var links: [(name: String, path: String)] = []
        for route in routes where !route.segments.isEmpty && !route.segments.contains(where: { $0.hasPrefix(":") }) {
            let path = "/" + route.segments.joined(separator: "/")
            if links.contains(where: { $0.path == path }) { continue }
            let words = path.dropFirst().split { "/.-".contains($0) }
            links.append((probes[path] ?? words.joined(separator: "_"), path))
        }
        return links
    }

    // MARK: The contract

    private static let yaml = Array(UnsafeBufferPointer(start: tangent_openapi_yaml(), count: tangent_openapi_yaml_length()))

    /// Made from the YAML once, at the first request.
    private static let json: [UInt8] = {
        let document = try? Yams.compose(yaml: String(decoding: yaml, as: UTF8.self)).map(JSONValue.init(yaml:))
        return (document ?? .null).ownText
    }()

    private static func contract(_ type: String, _ body: [UInt8]) -> Response {
        Response(status: .ok, fields: [.contentType: type, .cacheControl: "public, max-age=300"], body: .bytes(body))
    }
}

extension JSONValue {
    /// A YAML document of the JSON schema (YAML 1.2 section 10.2) as JSON.
    init(yaml node: Node) {
        switch node {
        case .mapping(let mapping):
            self = .object(JSONObject(mapping.map { (name: $0.key.string ?? "", value: JSONValue(yaml: $0.value)) }))
        case .sequence(let sequence): self = .array(sequence.map(JSONValue.init(yaml:)))
        case .scalar(let scalar):
            switch scalar.style {
            case .plain, .any:
                self =
                    if node.null != nil || scalar.string.isEmpty { .null }
                    else if let bool = node.bool { .bool(bool) }
                    else if let integer = node.int { .integer(integer) }
                    else if let double = node.float, double.isFinite { .double(double) }
                    else { .string(scalar.string) }
            default: self = .string(scalar.string)
            }
        case .alias: self = .null
        }
    }
}
