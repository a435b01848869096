import Arrays
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
        return try submissions.submit(for: context) {
            let request = try KernelRequest(context.json(), only: kind, store: core.store, blobs: core.blobs)
            let threads = core.configuration.threadsPerWorker
            let forecast = request.forecast(threads: threads)
            try request.check(forecast, limit: core.configuration.memoryLimit, threads: threads)
            try core.checkDisk(forecast)
            return Submissions.Draft(isLong: request.isStandardized) { try request.job(forecast, blobs: core.blobs) }
        }
    }
}

extension KernelRequest {
    /// Whether a pass over a dataset is due before the job can be accepted.
    fileprivate var isStandardized: Bool {
        [x1, x2].contains { reference in
            if case .dataset(_, _, _, let standardize) = reference?.source { standardize != .none } else { false }
        }
    }

    fileprivate func job(_ forecast: Forecast, blobs: BlobStore) throws -> NewJob {
        try x1.checkStandardization(at: .root.appending("x1"), blobs: blobs)
        try x2?.checkStandardization(at: .root.appending("x2"), blobs: blobs)
        var request = self
        let moved = try request.moveLargeInputs(to: blobs)
        return NewJob(
            kind: jobKind, spec: request.specification, metadata: JSONValue.object(["forecast": forecast.json]).ownString,
            datasets: datasets, blobs: moved)
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

extension DataReference {
    /// Looks whether the rows can be scaled as asked, so that a constant column is a fault of the request and not of the job.
    fileprivate func checkStandardization(at pointer: JSONPointer, blobs: BlobStore) throws {
        guard case .dataset(_, let blob, let rows, let standardize) = source, standardize != .none else { return }
        let array = try MappedArray(path: blobs.path(of: blob))
        do throws(Standardization.Degenerate) {
            try standardize.check(rows: rows.count, columns: rowLength) { RowLoader.values(of: array, row: rows.lowerBound + $0) }
        } catch {
            throw Problem.invalidDocument(at: pointer.appending("standardize"), "\(error.detail).")
        }
    }
}
