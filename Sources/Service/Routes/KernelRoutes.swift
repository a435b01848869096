import HTTPServer
import HTTPTypes
import InfiniteNetworks
import JSON
import Jobs

/// `POST /kernels`, `/kernels/nngp`, `/kernels/ntk`.
struct KernelRoutes: Sendable {
    let core: Core
    let submissions: Submissions

    var routes: [Route] {
        [(nil, "/kernels"), (KernelKind.nngp, "/kernels/nngp"), (.ntk, "/kernels/ntk")].map { kind, path in
            let body = BodyRule.collected(limit: core.configuration.limits.jsonBody, mediaTypes: ["application/json"])
            return Route(.post, path, body: body) { try submit($0, only: kind) }
        }
    }

    private func submit(_ context: RequestContext, only kind: KernelKind?) throws -> Outcome {
        _ = try context.query()
        let body = try context.json()
        var request = try KernelRequest(body, only: kind, store: core.store, blobs: core.blobs)
        let threads = core.configuration.threadsPerWorker
        let forecast = request.forecast(threads: threads)
        try request.check(forecast, limit: core.configuration.memoryLimit, threads: threads)
        try core.checkDisk(forecast)
        let blobs = try request.moveLargeInputs(to: core.blobs)
        let job = NewJob(
            kind: request.jobKind, spec: request.specification, metadata: JSONValue.object(["forecast": forecast.json]).ownString,
            datasets: request.datasets, blobs: blobs)
        return try submissions.submit(job, for: context)
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

extension KernelRequest {
    /// Moves large inline inputs into blobs; returns them, for the job to hold on to.
    mutating func moveLargeInputs(to blobs: BlobStore) throws -> [Blob] {
        var moved: [Blob] = []
        try x1.moveLargeValues(to: blobs, recording: &moved)
        try x2?.moveLargeValues(to: blobs, recording: &moved)
        return moved
    }

    var datasets: [String] {
        [x1, x2].compactMap { reference in
            if case .dataset(let id, _, _, _) = reference?.source { id } else { nil }
        }
    }
}

extension DataReference {
    /// Numbers beyond this many are kept as a file beside the job and not in its row.
    private static let rowValues = 1 << 14

    fileprivate mutating func moveLargeValues(to blobs: BlobStore, recording moved: inout [Blob]) throws {
        guard case .inline(let tensor) = source, tensor.values.count > Self.rowValues else { return }
        let blob = try blobs.store(tensor.values, shape: tensor.shape)
        source = .blob(blob)
        moved.append(blob)
    }
}
