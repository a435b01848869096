import HTTPServer
import HTTPTypes
import JSON
import Jobs

/// `/networks`: networks that were trained elsewhere; bring, look, delete.
struct NetworkRoutes: Sendable {
    let core: Core

    var routes: [Route] {
        let upload = BodyRule.spooled(limit: core.configuration.limits.upload, mediaTypes: [NetworkUpload.mediaType])
        return [
            Route(.post, "/networks", body: upload, on: .bulk, create),
            Route(.get, "/networks", list),
            Route(.get, "/networks/:id", show),
            Route(.delete, "/networks/:id", delete),
        ]
    }

    private func create(_ context: RequestContext) throws -> Outcome {
        guard case .file(let file) = context.body, file.length > 0 else {
            throw Problem(.missingBody, "This request needs a safetensors file as its body.")
        }
        let query = try context.query(allowing: "name", "architecture", "input_shape")
        guard let request = try IdempotentRequest(context) else { return try insert(file.path, query, nil) }
        switch try core.store.begin(request) {
        case .created:
            do {
                return try insert(file.path, query, request)
            } catch {
                core.abandon(request)
                throw error
            }
        case .replayed(let stored):
            var fields = Self.fields(id: stored.resource ?? "")
            fields[.idempotencyReplayed] = "true"
            return .response(Response(status: .created, fields: fields, body: .bytes(Array(stored.body.utf8))))
        case .conflict: throw Submissions.keyReused
        case .inProgress: throw Submissions.keyInProgress
        }
    }

    private func insert(_ path: String, _ query: Query, _ request: IdempotentRequest?) throws -> Outcome {
        let row = try NetworkUpload(path: path, query: query, blobs: core.blobs).row
        let document = NetworkMetadata(row)?.document(row) ?? .null
        let answer = request.map {
            IdempotentAnswer(request: $0, response: StoredResponse(status: 201, headers: "{}", body: document.ownString, resource: row.id))
        }
        _ = try core.store.insert(row, answering: answer)
        return .response(.json(document, status: .created, fields: Self.fields(id: row.id)))
    }

    private static func fields(id: String) -> ResponseFields { [.location: "/networks/\(id)", .contentType: "application/json"] }

    private func list(_ context: RequestContext) throws -> Outcome {
        let query = try context.query(allowing: "page_size", "page_token")
        let page = try core.store.datasets(of: .network, page: try PageRequest(query))
        return .response(page.response(path: "/networks", query: query) { NetworkMetadata($0)?.document($0) ?? .null })
    }

    private func show(_ context: RequestContext) throws -> Outcome {
        _ = try context.query()
        let id = context.parameters[0]
        guard let row = try core.store.dataset(id), let metadata = NetworkMetadata(row) else { throw Self.noSuchNetwork(id) }
        let etag = EntityTag.strong(row.sha256)
        let fields: ResponseFields = [.eTag: etag, .cacheControl: "no-cache"]
        if EntityTag.matches(etag, ifNoneMatch: context.head.fields) {
            return .response(Response(status: .notModified, fields: fields))
        }
        return .response(.json(metadata.document(row), fields: fields))
    }

    private func delete(_ context: RequestContext) throws -> Outcome {
        _ = try context.query()
        let id = context.parameters[0]
        switch try core.store.deleteDataset(id, of: .network) {
        case .deleted: return .response(Response(status: .noContent))
        case .noSuchDataset: throw Self.noSuchNetwork(id)
        case .inUse(let job):
            throw Problem(.networkInUse, "Job \(job) still needs this network; wait for it or cancel it.", members: [("job", .string(job))])
        }
    }

    private static func noSuchNetwork(_ id: String) -> Problem {
        Problem(.notFound, "There is no network \(id.prefix(64)); GET /networks lists them.")
    }
}
