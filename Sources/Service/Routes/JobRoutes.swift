import HTTPServer
import HTTPTypes
import JSON
import Jobs

/// `/jobs`: looking, waiting, listening, cancelling, deleting.
struct JobRoutes: Sendable {
    let core: Core

    var routes: [Route] {
        [
            Route(.get, "/jobs", list),
            Route(.get, "/jobs/:id", on: .loop, show),
            Route(.delete, "/jobs/:id", delete),
            Route(.post, "/jobs/:id/cancel", on: .control, cancel),
            Route(.get, "/jobs/:id/events", events),
        ]
    }

    /// Polls are answered on the event loop from memory; the store is asked only for jobs that nobody looked at lately.
    private func show(_ context: RequestContext) throws -> Outcome {
        if context.head.query != nil { _ = try context.query() }
        let id = context.parameters[0]
        guard let document = try context.mayBlock ? core.board.document(id) : core.board.cached(id) else {
            guard context.mayBlock else { return .mustBlock }
            throw Self.noSuchJob(id)
        }
        guard context.head.fields[.prefer] != nil else { return .response(Self.response(document, to: context.head)) }
        let preferences = Preferences(context.head.fields)
        guard let seconds = preferences.wait, !document.job.state.isFinal else {
            return .response(Self.response(document, to: context.head, applied: preferences.applied))
        }
        guard context.mayBlock else { return .mustBlock }
        // The change is told from what the client knows: its entity tag, or else what it would be answered now.
        let version = context.head.fields[.ifNoneMatch].map { _ in EntityTag.matches(document.etag, ifNoneMatch: context.head.fields) } ?? true
            ? document.job.version : -1
        try core.board.wait(
            for: id, until: { $0.version != version }, deadline: .now + .seconds(seconds), onGiveUp: context.responder.onClose
        ) { latest, _ in
            guard let latest else {
                return context.responder.respond(Self.noSuchJob(id).response(requestID: context.head.id))
            }
            context.responder.respond(Self.response(latest, to: context.head, applied: preferences.applied))
        }
        return .deferred
    }

    private static func response(_ document: JobDocument, to head: RequestHead, applied: String? = nil) -> Response {
        var response = document.response
        if let applied { response.fields[.preferenceApplied] = applied }
        if EntityTag.matches(document.etag, ifNoneMatch: head.fields) {
            response = Response(status: .notModified, fields: response.fields)
            response.fields[.contentType] = nil
        }
        return response
    }

    static func noSuchJob(_ id: String) -> Problem {
        Problem(.notFound, "There is no job \(id.prefix(64)); GET /jobs lists them.")
    }

    private func list(_ context: RequestContext) throws -> Outcome {
        let query = try context.query(allowing: "state", "kind", "page_size", "page_token")
        let filter = JobFilter(state: try query.choice("state", of: JobState.self), kind: try query.one("kind"))
        let page = try core.store.jobs(matching: filter, page: try PageRequest(query))
        return .response(page.response(path: "/jobs", query: query, JobDocument.json))
    }

    private func cancel(_ context: RequestContext) throws -> Outcome {
        _ = try context.query()
        let id = context.parameters[0]
        let status = try core.store.cancel(id)
        guard let job = status.job else { throw Self.noSuchJob(id) }
        core.board.put(job)
        if case .requested = status { core.cancelOnWorkers(id) }
        let document = JobDocument(job)
        return .response(Response(status: job.state.isFinal ? .ok : .accepted, fields: document.fields, body: .bytes(document.body)))
    }

    private func delete(_ context: RequestContext) throws -> Outcome {
        _ = try context.query()
        let id = context.parameters[0]
        switch try core.store.delete(id) {
        case .deleted:
            core.board.forget([id])
            return .response(Response(status: .noContent))
        case .noSuchJob: throw Self.noSuchJob(id)
        case .notFinished(let job):
            throw Problem(
                .jobNotFinished, "The job is \(job.state.rawValue); cancel it first with POST /jobs/\(id)/cancel.",
                members: [("state", .string(job.state.rawValue))])
        }
    }

    private func events(_ context: RequestContext) throws -> Outcome {
        let query = try context.query(allowing: "last_event_id")
        let id = context.parameters[0]
        guard try core.board.document(id) != nil else { throw Self.noSuchJob(id) }
        // A browser's EventSource sends the field by itself; the parameter is for clients that cannot set it.
        let last = try context.head.fields[.lastEventID] ?? query.one("last_event_id") ?? "0"
        guard let sequence = Int64(last), sequence >= 0 else {
            throw Problem(.invalidRequest, "Last-Event-ID is \"\(last.prefix(64))\"; it takes the id of an event of this stream.")
        }
        let (streams, store) = (core.streams, core.store)
        let log: EventStream.Log = { after in
            let page = try store.events(of: id, after: after, limit: EventStream.pageLength)
            guard page.isEmpty else { return page }
            return try store.job(id).map(\.state.isFinal) == false ? [] : nil
        }
        let stream = EventStream(jobID: id, after: sequence, pool: core.pieces, log: log) { streams.remove($0) }
        // Registered before the past is read, so that nothing falls between the two.
        streams.add(stream)
        do {
            guard let past = try log(sequence) else {
                // Nothing will ever come: 204 tells an EventSource not to come back (HTML standard, section 9.2.3).
                streams.remove(stream)
                return .response(Response(status: .noContent))
            }
            stream.begin(with: past)
        } catch {
            streams.remove(stream)
            throw error
        }
        return .response(
            Response(
                status: .ok,
                // nginx would hold events back until its buffer is full.
                fields: [.contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store", .accelBuffering: "no"],
                body: .source(stream, length: nil)))
    }
}
