import HTTPServer
import HTTPTypes
import JSON
import Jobs
import Synchronization

/// A version of a job as clients see it, rendered when somebody looks, and then once.
final class JobDocument: Sendable {
    let job: Job
    let etag: String
    private let rendered = Mutex<Response?>(nil)

    init(_ job: Job) {
        self.job = job
        etag = EntityTag.strong("\(job.id)-\(job.version)")
    }

    var body: [UInt8] {
        if case .bytes(let body) = response.body { body } else { [] }
    }

    /// Fields of a GET that is answered with the whole document.
    var fields: ResponseFields { response.fields }

    /// The answer to a plain GET.
    var response: Response {
        rendered.withLock { rendered in
            if let rendered { return rendered }
            var fields: ResponseFields = [.contentType: "application/json", .eTag: etag, .cacheControl: "no-cache", .vary: "Prefer"]
            if !job.state.isFinal { fields[.retryAfter] = "1" }
            var new = Response(status: .ok, fields: fields, body: .bytes(Self.json(job).ownText))
            new.prepare()
            rendered = new
            return new
        }
    }

    /// The job's members, in the order of the contract.
    static func json(_ job: Job) -> JSONValue {
        let progress = job.progress ?? JobProgress(completed: 0, total: 0)
        let path = "/jobs/\(job.id)"
        return .object([
            "id": .string(job.id), "kind": .string(job.kind), "state": .string(job.state.rawValue),
            "done": .bool(job.state.isFinal), "created_at": .string(RFC3339.text(job.createdAt)),
            "started_at": time(job.startedAt), "finished_at": time(job.finishedAt),
            "attempt": .integer(job.attempt), "max_attempts": .integer(job.maxAttempts),
            "progress": [
                "fraction": .double(job.state == .succeeded ? 1 : progress.fraction), "completed": .integer(progress.completed),
                "total": .integer(progress.total), "unit": .string(progress.unit), "message": .string(progress.message),
            ],
            "forecast": stored(job.metadata)["forecast"] ?? .null,
            "error": job.error.map { problem(stored($0)) } ?? .null,
            "cancel_requested_at": time(job.cancelRequestedAt), "expires_at": time(job.expiresAt),
            "links": [
                "self": .string(path), "result": .string(path + "/result"), "events": .string(path + "/events"),
                "cancel": .string(path + "/cancel"),
            ],
        ])
    }

    private static func time(_ moment: Timestamp?) -> JSONValue { moment.map { .string(RFC3339.text($0)) } ?? .null }

    /// A failed job's problem with its type, which those that the queue itself records (a lost worker) do not have.
    private static func problem(_ stored: JSONValue) -> JSONValue {
        guard case .object(let object) = stored, object["type"] == nil, case .string(let code) = object["code"] else { return stored }
        let type = (name: "type", value: JSONValue.string(Problem.type(of: code)))
        return .object(JSONObject([type] + object.members))
    }

    /// JSON that this service wrote into the store itself; null if it is damaged, so that the job can still be shown.
    private static func stored(_ text: String) -> JSONValue { (try? JSONParser.parse(text)) ?? .null }
}
