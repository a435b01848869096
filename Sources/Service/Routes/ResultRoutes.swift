import Arrays
import HTTPServer
import HTTPTypes
import JSON
import Jobs

/// `/jobs/<id>/result`, the arrays below it, and the figures of a result.
struct ResultRoutes: Sendable {
    let core: Core

    var routes: [Route] {
        [
            Route(.get, "/jobs/:id/result", document),
            Route(.get, "/jobs/:id/result/:array", array),
            Route(.get, "/jobs/:id/plots/:plot", plot),
        ]
    }

    private func document(_ context: RequestContext) throws -> Outcome {
        let query = try context.query(allowing: "inline")
        let inline = try query.choice("inline", of: ResultDocument.Inline.self) ?? .automatic
        let (result, job) = try found(context.parameters[0])
        let etag = EntityTag.strong("\(job.id)-result-\(inline.rawValue)")
        let fields: ResponseFields = [.contentType: "application/json", .eTag: etag, .cacheControl: "private, max-age=3600"]
        if EntityTag.matches(etag, ifNoneMatch: context.head.fields) {
            return .response(Response(status: .notModified, fields: fields))
        }
        let document = try ResultDocument(result, of: job, inline: inline, blobs: core.blobs)
        return .response(try document.response(fields: fields, pool: core.pieces))
    }

    private func array(_ context: RequestContext) throws -> Outcome {
        let query = try context.query(allowing: "format", "rows", "columns")
        let (result, job) = try found(context.parameters[0])
        let name = context.parameters[1]
        guard let array = result.arrays.first(where: { $0.name == name }) else {
            let known = result.arrays.map(\.name).joined(separator: ", ")
            throw Problem(.notFound, "The result of job \(job.id) has no array \"\(name.prefix(64))\"; it has \(known).")
        }
        let representation = try ArrayRepresentation(
            of: MappedArray(of: array, in: core.blobs), named: name, sha256: array.blob.sha256, query: query, accept: context.head.fields[.accept])
        return .response(try representation.response(to: context.head, pool: core.pieces))
    }

    private func plot(_ context: RequestContext) throws -> Outcome {
        let query = try context.query(allowing: "format")
        if try query.one("format") == "png" { throw Problem.noPNG }
        _ = try query.choice("format", of: PlotFormat.self)
        if try query.one("format") == nil, Negotiation.choose(context.head.fields[.accept], among: ["image/svg+xml"]) == nil { throw Problem.noPNG }
        let (result, job) = try found(context.parameters[0])
        let plots = ResultPlots(
            try JSONParser.parse(result.document), kind: job.kind, arrays: result.arrays, blobs: core.blobs, dataset: core.store.dataset)
        guard let plot = plots[context.parameters[1]] else {
            let known = plots.plots.map(\.name).joined(separator: ", ")
            throw Problem(
                .notFound,
                "The result of job \(job.id) has no plot \"\(context.parameters[1].prefix(64))\"; it has \(known.isEmpty ? "none; its arrays can be drawn with ?format=svg" : known).")
        }
        // A result never changes, but a later version of the program may draw it otherwise.
        let etag = EntityTag.strong("\(job.id)-\(plot.name)-svg-\(Version.text)")
        let fields: ResponseFields = [.contentType: "image/svg+xml", .eTag: etag, .vary: "Accept", .cacheControl: "private, max-age=3600"]
        if EntityTag.matches(etag, ifNoneMatch: context.head.fields) {
            return .response(Response(status: .notModified, fields: fields))
        }
        return .response(Response(status: .ok, fields: fields, body: .bytes(Array(try plot.figure().svg.utf8))))
    }

    private enum PlotFormat: String, CaseIterable { case svg }

    private func found(_ id: String) throws -> (ComputedResult, Job) {
        switch try core.store.result(of: id) {
        case .found(let result, let job), .partial(let result, let job): return (result, job)
        case .noSuchJob: throw JobRoutes.noSuchJob(id)
        case .gone: throw Problem(.resultExpired, "The result of job \(id) has expired; post the job again.")
        case .notReady(let job):
            let state: (String, JSONValue) = ("state", .string(job.state.rawValue))
            guard job.state.isFinal else {
                throw Problem(
                    .jobNotFinished, "The job is \(job.state.rawValue); poll /jobs/\(id) until it has succeeded.", members: [state],
                    fields: [.retryAfter: "1"])
            }
            let sentence = job.state == .failed ? "The job has failed; its error says why." : "The job was cancelled, so there is no result."
            throw Problem(.jobNotSucceeded, sentence, members: [state])
        }
    }
}

extension Problem {
    /// Pictures are SVG, which every browser shows and any drawing program converts.
    static var noPNG: Problem {
        Problem(
            .notAcceptable, "A picture is given as image/svg+xml; name it in Accept or as ?format=svg.",
            members: [("available", .strings(["image/svg+xml"]))])
    }
}
