import Arrays
import HTTPServer
import HTTPTypes
import JSON
import Jobs

/// The paths that take jobs: one for each endpoint of ``JobRequests``.
struct ComputationRoutes: Sendable {
    let core: Core
    let submissions: Submissions

    var routes: [Route] {
        JobRequests.types.flatMap { type in type.endpoints.map { route(to: $0, of: type) } }
    }

    private func route<Request: JobRequest>(to endpoint: JobEndpoint, of type: Request.Type) -> Route {
        let body = BodyRule.collected(limit: core.configuration.limits.jsonBody, mediaTypes: ["application/json"])
        return Route(.post, endpoint.path, body: body) { try submit($0, endpoint.kind, as: type) }
    }

    private func submit<Request: JobRequest>(_ context: RequestContext, _ kind: String, as type: Request.Type) throws -> Outcome {
        _ = try context.query()
        return try submissions.submit(for: context) {
            let reader = try RequestReader(context.json(), kind: kind, store: core.store, blobs: core.blobs)
            let asked = try Request(reader)
            // What the draft's closure needs of the reader, which does not leave this thread.
            let (references, told) = (reader.references, reader.faults.all)
            let isLong = references.values.contains(where: \.isStandardized)
            guard let asked, told.isEmpty else {
                return Submissions.Draft(isLong: isLong) {
                    throw Problem.invalidDocument(try references.standardizationFaults(beside: told, blobs: core.blobs))
                }
            }
            let (threads, limit) = (core.configuration.threadsPerWorker, core.configuration.memoryLimit)
            let request = asked.fitted(memoryLimit: limit, threads: threads)
            let forecast = request.forecast(threads: threads)
            try request.check(forecast, limit: limit, threads: threads)
            try core.checkDisk(forecast)
            var moved: [Blob] = []
            let specification = try JobSpecification(request, reader, movingTo: core.blobs, recording: &moved)
            let job = NewJob(
                kind: kind, spec: specification.text, metadata: JSONValue.object(["forecast": forecast.json]).ownString,
                datasets: references.values.compactMap(\.datasetID), blobs: moved)
            return Submissions.Draft(isLong: isLong) {
                let faults = try references.standardizationFaults(beside: [], blobs: core.blobs)
                guard faults.isEmpty else { throw Problem.invalidDocument(faults) }
                return job
            }
        }
    }
}

extension RequestContext {
    /// The body as JSON. An empty one is told from a broken one.
    func json() throws -> JSONValue {
        guard case .bytes(let bytes) = body, !bytes.isEmpty else {
            throw Problem(.missingBody, "This request needs a JSON document as its body.")
        }
        return try JSONParser.parse(bytes)
    }
}

extension DataReference {
    fileprivate var datasetID: String? {
        if case .dataset(let id, _, _, _) = source { id } else { nil }
    }

    /// Whether a pass over a dataset is due before the job can be accepted.
    fileprivate var isStandardized: Bool {
        if case .dataset(_, _, _, let standardize) = source { standardize != .none } else { false }
    }

    /// Looks whether the rows can be scaled as asked, so that a constant column is a fault of the request and not of the job.
    fileprivate func checkStandardization(at pointer: JSONPointer, blobs: BlobStore, faults: Faults) throws {
        guard case .dataset(_, let blob, let rows, let standardize) = source, standardize != .none else { return }
        let array = try MappedArray(path: blobs.path(of: blob))
        do throws(Standardization.Degenerate) {
            try standardize.check(rows: rows.count, columns: rowLength) { RowLoader.values(of: array, row: rows.lowerBound + $0) }
        } catch {
            faults.add(pointer.appending("standardize"), Problem.sentence(error.detail))
        }
    }
}

extension [JSONPointer: DataReference] {
    /// The faults of a document, with those of its data that cannot be scaled as asked.
    ///
    /// - Parameter told: What was found without looking at the data.
    func standardizationFaults(beside told: [Fault], blobs: BlobStore) throws -> Faults {
        let faults = Faults()
        for fault in told { faults.add(fault.pointer, fault.detail) }
        for (pointer, reference) in sorted(by: { $0.key.description < $1.key.description }) {
            try reference.checkStandardization(at: pointer, blobs: blobs, faults: faults)
        }
        return faults
    }
}
