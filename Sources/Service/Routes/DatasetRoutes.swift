import Arrays
import HTTPServer
import HTTPTypes
import JSON
import Jobs

/// `/datasets`: upload, look, download, delete.
struct DatasetRoutes: Sendable {
    let core: Core

    var routes: [Route] {
        let upload = BodyRule.spooled(
            limit: core.configuration.limits.upload, mediaTypes: DatasetUpload.MediaType.allCases.map(\.rawValue))
        return [
            Route(.post, "/datasets", body: upload, on: .bulk, create),
            Route(.get, "/datasets", list),
            Route(.get, "/datasets/:id", show),
            Route(.delete, "/datasets/:id", delete),
            Route(.get, "/datasets/:id/inputs") { try array($0, \.inputs, named: "inputs") },
            Route(.get, "/datasets/:id/targets") { try array($0, \.targets, named: "targets") },
        ]
    }

    private func create(_ context: RequestContext) throws -> Outcome {
        guard case .file(let file) = context.body, file.length > 0 else {
            throw Problem(.missingBody, "This request needs a dataset as its body.")
        }
        guard let type = Negotiation.mediaType(context.head.fields[.contentType]).flatMap(DatasetUpload.MediaType.init) else {
            throw Problem(.unsupportedMediaType, "Content-Type must be one of those that POST /datasets takes.")
        }
        let query =
            switch type {
            case .json: try context.query()
            case .csv: try context.query(allowing: "name", "header", "target")
            case .npy, .npz: try context.query(allowing: "name")
            }
        guard let request = try IdempotentRequest(context) else {
            return try insert(DatasetUpload(path: file.path, type: type, query: query, blobs: core.blobs), nil, context)
        }
        switch try core.store.begin(request) {
        case .created:
            do {
                return try insert(DatasetUpload(path: file.path, type: type, query: query, blobs: core.blobs), request, context)
            } catch {
                core.abandon(request)
                throw error
            }
        case .replayed(let stored):
            let fields = Self.fields(id: stored.resource ?? "", replayed: true)
            return .response(Response(status: .created, fields: fields, body: .bytes(Array(stored.body.utf8))))
        case .conflict: throw Submissions.keyReused
        case .inProgress: throw Submissions.keyInProgress
        }
    }

    private func insert(_ upload: DatasetUpload, _ request: IdempotentRequest?, _ context: RequestContext) throws -> Outcome {
        let dataset = upload.dataset
        let document = upload.metadata.document(dataset)
        let answer = request.map {
            IdempotentAnswer(
                request: $0, response: StoredResponse(status: 201, headers: "{}", body: document.ownString, resource: dataset.id))
        }
        _ = try core.store.insert(dataset, answering: answer)
        return .response(.json(document, status: .created, fields: Self.fields(id: dataset.id, replayed: false)))
    }

    private static func fields(id: String, replayed: Bool) -> ResponseFields {
        var fields: ResponseFields = [.location: "/datasets/\(id)", .contentType: "application/json"]
        if replayed { fields[.idempotencyReplayed] = "true" }
        return fields
    }

    private func list(_ context: RequestContext) throws -> Outcome {
        let query = try context.query(allowing: "page_size", "page_token")
        let page = try core.store.datasets(of: .dataset, page: try PageRequest(query))
        return .response(page.response(path: "/datasets", query: query) { DatasetMetadata($0)?.document($0) ?? .null })
    }

    private func show(_ context: RequestContext) throws -> Outcome {
        _ = try context.query()
        let (dataset, metadata) = try found(context.parameters[0])
        let etag = EntityTag.strong(dataset.sha256)
        let fields: ResponseFields = [.eTag: etag, .cacheControl: "no-cache"]
        if EntityTag.matches(etag, ifNoneMatch: context.head.fields) {
            return .response(Response(status: .notModified, fields: fields))
        }
        return .response(.json(metadata.document(dataset), fields: fields))
    }

    private func delete(_ context: RequestContext) throws -> Outcome {
        _ = try context.query()
        let id = context.parameters[0]
        switch try core.store.deleteDataset(id) {
        case .deleted: return .response(Response(status: .noContent))
        case .noSuchDataset: throw Self.noSuchDataset(id)
        case .inUse(let job):
            throw Problem(
                .datasetInUse, "Job \(job) still needs this dataset; wait for it or cancel it.", members: [("job", .string(job))])
        }
    }

    private func array(_ context: RequestContext, _ blob: (Dataset) -> Blob?, named name: String) throws -> Outcome {
        let query = try context.query(allowing: "format", "rows", "columns")
        let (dataset, _) = try found(context.parameters[0])
        guard let blob = blob(dataset) else { throw Problem(.notFound, "This dataset has no \(name).") }
        let representation = try ArrayRepresentation(
            of: MappedArray(path: core.blobs.path(of: blob)), named: name, sha256: blob.sha256, query: query, accept: context.head.fields[.accept])
        return .response(try representation.response(to: context.head, pool: core.pieces))
    }

    private func found(_ id: String) throws -> (Dataset, DatasetMetadata) {
        guard let dataset = try core.store.dataset(id), let metadata = DatasetMetadata(dataset) else { throw Self.noSuchDataset(id) }
        return (dataset, metadata)
    }

    private static func noSuchDataset(_ id: String) -> Problem {
        Problem(.notFound, "There is no dataset \(id.prefix(64)); GET /datasets lists them.")
    }
}
