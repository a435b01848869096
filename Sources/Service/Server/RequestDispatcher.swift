import HTTPServer
import HTTPTypes
import Jobs
import Logging

/// Takes requests from the server to their handlers and turns what handlers throw into problem documents.
final class RequestDispatcher: RequestHandler {
    private let core: Core
    private let router: Router

    init(core: Core, routes: [Route]) {
        self.core = core
        router = Router(routes)
    }

    func policy(for head: RequestHead) -> BodyPolicy {
        guard head.hasBody else { return .discard }
        guard case .route(let route, _) = router.match(head.method, path: head.path) else {
            // Methods that have no use for a body are answered behind it, and the connection stays in step. Of any other, and
            // of a client that waits to be asked for it, nobody will read the body.
            let dropsBody = [.get, .head, .options, .delete].contains(head.method) && head.fields[.expect] == nil
            return dropsBody ? .discard : .refuse(answerWithoutRoute(head))
        }
        switch route.body {
        case .none: return .discard
        case .collected(let limit, let mediaTypes):
            if let refusal = refusal(of: head, limit: limit, mediaTypes: mediaTypes) { return .refuse(refusal) }
            return .collect(limit: limit)
        case .spooled(let most, let mediaTypes):
            // A document is parsed in memory, wherever it is posted.
            let isDocument = Negotiation.mediaType(head.fields[.contentType]) == "application/json"
            let limit = isDocument ? min(most, core.configuration.limits.jsonBody) : most
            if let refusal = refusal(of: head, limit: limit, mediaTypes: mediaTypes) { return .refuse(refusal) }
            return .spool(limit: limit, directory: core.blobs.directory.temporaryPath)
        }
    }

    /// Why a body is not taken, known from the head alone.
    private func refusal(of head: RequestHead, limit: Int, mediaTypes: [String]) -> Response? {
        let known = mediaTypes.joined(separator: ", ")
        guard let type = Negotiation.mediaType(head.fields[.contentType]), mediaTypes.contains(type) else {
            let found = head.fields[.contentType].map { "is \($0)" } ?? "is missing"
            return Problem(.unsupportedMediaType, "Content-Type \(found); this resource takes \(known).", fields: [.accept: known])
                .response(requestID: head.id)
        }
        if let coding = head.fields[.contentEncoding], coding.lowercased() != "identity" {
            return Problem(.unsupportedMediaType, "Content-Encoding is \(coding); send the body without a coding.", fields: [.acceptEncoding: "identity"])
                .response(requestID: head.id)
        }
        if let length = head.contentLength, length > limit {
            return Problem(.payloadTooLarge, "The body has \(length) bytes; at most \(limit) are taken here. \(Self.mend(for: type))")
                .response(requestID: head.id)
        }
        return nil
    }

    /// An upload without a length is told how to announce one (RFC 9110 section 15.5.12); a document is simply missing.
    private static func missingBody(_ head: RequestHead, _ rule: BodyRule, _ mediaTypes: [String]) -> Problem {
        let known = mediaTypes.joined(separator: ", ")
        if case .spooled = rule, head.fields[.contentLength] == nil {
            return Problem(.lengthRequired, "Send the upload with Content-Length or in chunks; its type is one of \(known).")
        }
        return Problem(.missingBody, "This request needs a body of type \(known).")
    }

    private static func mend(for mediaType: String) -> String {
        mediaType == "application/json" ? "Upload the numbers with POST /datasets as .npy and name the dataset." : "Split the data."
    }

    func handle(_ head: RequestHead, _ body: RequestBody, _ responder: Responder) {
        core.logger.debug(
            "request", metadata: ["method": "\(head.method.rawValue)", "target": "\(head.target)", "request_id": "\(head.id)"])
        guard case .route(let route, let parameters) = router.match(head.method, path: head.path) else {
            return responder.respond(answerWithoutRoute(head))
        }
        if !head.hasBody, let mediaTypes = route.body.mediaTypes {
            return responder.respond(Self.missingBody(head, route.body, mediaTypes).response(requestID: head.id))
        }
        let context = RequestContext(
            head: head, body: body, parameters: parameters, responder: responder, mayBlock: route.placement != .loop)
        run(route, context, on: route.placement)
    }

    private func run(_ route: Route, _ context: RequestContext, on placement: Placement) {
        switch placement {
        case .loop: run(route, context)
        case .pool: submit(to: core.pool, route, context)
        case .bulk: submit(to: core.bulk, route, context)
        case .control: submit(to: core.control, route, context)
        }
    }

    private func submit(to pool: BlockingPool, _ route: Route, _ context: RequestContext) {
        if !pool.submit({ self.run(route, context) }) {
            context.responder.respond(Problem.queueFull().response(requestID: context.head.id))
        }
    }

    private func run(_ route: Route, _ context: RequestContext) {
        do {
            switch try route.handler(context) {
            case .response(let response): context.responder.respond(response)
            case .deferred: break
            case .mustBlock:
                let context = RequestContext(
                    head: context.head, body: context.body, parameters: context.parameters, responder: context.responder, mayBlock: true)
                submit(to: core.pool, route, context)
            }
        } catch {
            context.responder.respond(core.response(to: error, requestID: context.head.id))
        }
    }

    /// What reads is answered within a minute, the server's own limit, or that long after the time that it asked to wait.
    ///
    /// A request with a body stores something: an upload of a gibibyte is converted while its client waits, and a job may pass
    /// over a dataset before it is accepted. Such a one must not be told 503 and be stored all the same.
    func timeLimit(for head: RequestHead) -> Double? {
        if head.hasBody { return Self.storingSeconds }
        return Preferences(head.fields).wait.map { Double($0) + Self.readingSeconds }
    }

    private static let readingSeconds = 60.0
    private static let storingSeconds = 600.0

    private func answerWithoutRoute(_ head: RequestHead) -> Response {
        switch router.match(head.method, path: head.path) {
        case .methodNotAllowed(let allowed):
            let list = allowed.map(\.rawValue).joined(separator: ", ")
            if head.method == .options { return Response(status: .noContent, fields: [.allow: list]) }
            return Problem(.methodNotAllowed, "\(head.method.rawValue) is not allowed here; allowed are \(list).", fields: [.allow: list])
                .response(requestID: head.id)
        default:
            if head.method == .options, head.path == "*" {
                return Response(status: .noContent, fields: [.allow: "GET, HEAD, POST, DELETE, OPTIONS"])
            }
            return Problem(.notFound, "There is no resource at this path; GET / lists what there is.").response(requestID: head.id)
        }
    }

    func problem(_ status: HTTPResponse.Status, code: String, detail: String, requestID: String) -> Response {
        if status == .internalServerError {
            core.logger.error(
                "the server answered in a handler's place",
                metadata: ["request_id": .string(requestID), "fault": .string(code), "detail": .string(detail)])
        }
        let known = ProblemCode.allCases.first { $0.status.code == status.code } ?? .internalError
        // The server's own code for the fault says more than ours for the status.
        var response = Problem(known, detail, members: [("fault", .string(code))]).response(requestID: requestID)
        response.status = status
        if status == .serviceUnavailable { response.fields[.retryAfter] = "1" }
        return response
    }
}

extension Core {
    /// Lets an idempotency key go, because its request came to nothing.
    func abandon(_ request: IdempotentRequest) {
        do {
            try store.abandon(request)
        } catch {
            logger.error("an idempotency key stays held", metadata: ["error": "\(error)"])
        }
    }

    /// The answer to an error: its problem document, or a 500 that is logged with the request's id.
    func response(to error: any Error, requestID: String) -> Response {
        if let problem = Problem.describing(error) { return problem.response(requestID: requestID) }
        logger.error("request failed", metadata: ["request_id": .string(requestID), "error": .string("\(error)")])
        return Problem(.internalError, "An unexpected error was met and logged; quote the request_id when you report it.")
            .response(requestID: requestID)
    }
}
