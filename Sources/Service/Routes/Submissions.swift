import HTTPServer
import HTTPTypes
import JSON
import Jobs

/// Hands jobs in and answers the request that brought them: at once with 202, or when the job has ended.
struct Submissions: Sendable {
    let core: Core

    /// A request that has been understood, on its way to a job.
    struct Draft {
        /// Whether `job` passes over data and may take seconds.
        var isLong: Bool
        var job: @Sendable () throws -> NewJob
    }

    /// Makes a job of a request, unless its idempotency key says that this was done before. The key is looked up first: a
    /// repeated request is answered with the job it made, whatever has become of its datasets and of our limits meanwhile.
    func submit(for context: RequestContext, making draft: () throws -> Draft) throws -> Outcome {
        let preferences = Preferences(context.head.fields)
        let request = try IdempotentRequest(context)
        if let request {
            switch try core.store.begin(request) {
            case .created: break
            case .replayed(let stored):
                replay(stored, preferences, context)
                return .deferred
            case .conflict: throw Self.keyReused
            case .inProgress: throw Self.keyInProgress
            }
        }
        do {
            try checkQueue()
            let draft = try draft()
            guard draft.isLong else {
                enqueue(try draft.job(), request, preferences, context)
                return .deferred
            }
            guard core.bulk.submit({ enqueue(draft, request, preferences, context) }) else { throw Problem.queueFull() }
            return .deferred
        } catch {
            if let request { core.abandon(request) }
            throw error
        }
    }

    /// Refuses a job where as many wait as may.
    private func checkQueue() throws {
        guard try core.queueIsFull() else { return }
        throw Problem(
            .queueFull, "\(core.configuration.queueLimit) jobs are waiting already. Try again when some of them have run.", fields: [.retryAfter: "10"])
    }

    private func enqueue(_ draft: Draft, _ request: IdempotentRequest?, _ preferences: Preferences, _ context: RequestContext) {
        do {
            enqueue(try draft.job(), request, preferences, context)
        } catch {
            if let request { core.abandon(request) }
            context.responder.respond(core.response(to: error, requestID: context.head.id))
        }
    }

    private func enqueue(_ job: NewJob, _ request: IdempotentRequest?, _ preferences: Preferences, _ context: RequestContext) {
        core.store.enqueue(job, answering: request.map { answer(for: job, $0) }) { [self] result in
            // On a thread of the store's, which others wait for: nothing here may block.
            do {
                switch try result.get() {
                case .created(let job):
                    core.queueDepth.add(1, ordering: .relaxed)
                    core.board.put(job)
                    core.wakeWorkers()
                    try answer(job, preferences, context)
                case .replayed(let stored): replay(stored, preferences, context)
                case .conflict: throw Self.keyReused
                case .inProgress: throw Self.keyInProgress
                }
            } catch {
                if let request { _ = core.pool.submit { core.abandon(request) } }
                context.responder.respond(core.response(to: error, requestID: context.head.id))
            }
        }
    }

    /// Answers with the job as it is, or waits for its end as long as the client prefers.
    private func answer(_ job: Job, _ preferences: Preferences, _ context: RequestContext, replayed: Bool = false) throws {
        guard let seconds = preferences.wait, !job.state.isFinal else {
            // It may have gone on since it was written.
            return context.responder.respond(accepted(core.board.cached(job.id) ?? JobDocument(job), preferences, replayed: replayed))
        }
        try core.board.wait(
            for: job.id, until: \.state.isFinal, deadline: .now + .seconds(seconds), onGiveUp: context.responder.onClose
        ) { [self] document, result in
            guard let document else {
                return context.responder.respond(JobRoutes.noSuchJob(job.id).response(requestID: context.head.id))
            }
            guard document.job.state.isFinal else {
                return context.responder.respond(accepted(document, preferences, replayed: replayed))
            }
            let submitted = core.pool.submit { respond(with: document, result, preferences, context, replayed: replayed) }
            if !submitted { context.responder.respond(accepted(document, preferences, replayed: replayed)) }
        }
    }

    private func accepted(_ document: JobDocument, _ preferences: Preferences, replayed: Bool) -> Response {
        return Response(status: .accepted, fields: fields(document, preferences, replayed: replayed), body: .bytes(document.body))
    }

    /// 200 and the finished job, with its result as a further member if it has one: it succeeded, or was cancelled on its way.
    ///
    /// - Parameter known: The result where it is at hand; otherwise the store is asked for it.
    private func respond(
        with document: JobDocument, _ known: ComputedResult?, _ preferences: Preferences, _ context: RequestContext, replayed: Bool
    ) {
        do {
            let fields = fields(document, preferences, replayed: replayed)
            guard let result = try known ?? result(of: document.job) else {
                return context.responder.respond(Response(status: .ok, fields: fields, body: .bytes(document.body)))
            }
            let answer = try ResultDocument(result, of: document.job, inline: .automatic, blobs: core.blobs, wrappedIn: document)
            context.responder.respond(try answer.response(fields: fields, pool: core.pieces))
        } catch {
            context.responder.respond(core.response(to: error, requestID: context.head.id))
        }
    }

    private func result(of job: Job) throws -> ComputedResult? {
        switch try core.store.result(of: job.id) {
        case .found(let result, _), .partial(let result, _): return result
        case .noSuchJob, .gone, .notReady: return nil
        }
    }

    private func fields(_ document: JobDocument, _ preferences: Preferences, replayed: Bool) -> ResponseFields {
        var fields = document.fields
        fields[.location] = "/jobs/\(document.job.id)"
        if let applied = preferences.applied { fields[.preferenceApplied] = applied }
        if replayed { fields[.idempotencyReplayed] = "true" }
        return fields
    }

    // MARK: Idempotency

    static let keyReused = Problem(
        .idempotencyKeyReused, "This Idempotency-Key came before with another request; take a new key, or send the first request unchanged.")
    static let keyInProgress = Problem(
        .idempotencyInProgress, "The first request with this Idempotency-Key is still being answered; try again in a moment.",
        fields: [.retryAfter: "1"])

    private func answer(for job: NewJob, _ request: IdempotentRequest) -> IdempotentAnswer {
        let body = JSONValue.object(["id": .string(job.id), "kind": .string(job.kind)]).ownString
        return IdempotentAnswer(request: request, response: StoredResponse(status: 202, headers: "{}", body: body, resource: job.id))
    }

    /// A repeated request is answered with the job it made, as that job stands now.
    private func replay(_ stored: StoredResponse, _ preferences: Preferences, _ context: RequestContext) {
        let submitted = core.pool.submit { [self] in
            do {
                guard let id = stored.resource, let document = try core.board.document(id) else {
                    throw Problem(.notFound, "The job that this Idempotency-Key made was deleted; take a new key to make another.")
                }
                if document.job.state.isFinal, preferences.wait != nil {
                    return respond(with: document, nil, preferences, context, replayed: true)
                }
                try answer(document.job, preferences, context, replayed: true)
            } catch {
                context.responder.respond(core.response(to: error, requestID: context.head.id))
            }
        }
        if !submitted { context.responder.respond(Problem.queueFull().response(requestID: context.head.id)) }
    }
}

extension IdempotentRequest {
    /// The request's key and fingerprint; nil where it has no key.
    init?(_ context: RequestContext) throws {
        guard let key = try IdempotencyKey.read(context.head.fields) else { return nil }
        var hasher = SHA256Hasher()
        hasher.update("\(context.head.fields[.contentType] ?? "")\n\(context.head.query ?? "")\n".utf8)
        switch context.body {
        case .none: break
        case .bytes(let bytes): bytes.withUnsafeBytes { hasher.update($0) }
        case .file(let file): hasher.update(try SHA256Hasher.digest(ofFile: file.path).utf8)
        }
        self.init(
            method: context.head.method.rawValue, path: context.head.path, key: key, fingerprint: hasher.finalize())
    }
}
