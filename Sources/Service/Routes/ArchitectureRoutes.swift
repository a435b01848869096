import Architectures
import HTTPServer
import HTTPTypes
import JSON

/// `GET /architectures`, the presets; `POST /architectures/describe`, what a document means. Both are answered at once.
struct ArchitectureRoutes: Sendable {
    let core: Core

    var routes: [Route] {
        let body = BodyRule.collected(limit: core.configuration.limits.jsonBody, mediaTypes: ["application/json"])
        return [Route(.get, "/architectures", list), Route(.post, "/architectures/describe", body: body, describe)]
    }

    private static let presets = Response.json(["presets": .array(Presets.descriptions.map(\.json))])

    private func list(_ context: RequestContext) throws -> Outcome {
        _ = try context.query()
        return .response(Self.presets)
    }

    private func describe(_ context: RequestContext) throws -> Outcome {
        _ = try context.query()
        let faults = Faults()
        guard let reader = ObjectReader(try context.json(), at: .root, faults: faults) else { throw Problem.invalidDocument(faults) }
        guard let description = ArchitectureDescription(reader, threads: core.configuration.threadsPerWorker) else {
            throw Problem.invalidDocument(faults)
        }
        return .response(.json(description.json))
    }
}
