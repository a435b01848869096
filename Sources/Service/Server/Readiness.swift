import HTTPServer
import JSON
import Jobs
import Synchronization

/// Whether the server can take new work. Where one server is all there is, `?exclude=queue` keeps a full queue from cutting
/// its clients off from the jobs they wait for.
final class Readiness: Sendable {
    /// What must hold, by the name that `?exclude` takes, as Kubernetes' own servers do.
    private enum Check: String, CaseIterable {
        case running, store, disk, queue

        var failure: String {
            switch self {
            case .running: "stopping"
            case .store: "the store does not answer"
            case .disk: "the disk is full"
            case .queue: "the job queue is full"
            }
        }
    }

    private let stopping = Mutex(false)

    func beginStopping() { stopping.withLock { $0 = true } }

    /// 200 or 503, with `?verbose` also what each check found.
    ///
    /// - Throws: `Problem` for an unknown parameter or check.
    func response(_ core: Core, _ context: RequestContext) throws(Problem) -> Response {
        let query = try context.query(allowing: "verbose", "exclude")
        var checks = Check.allCases
        for name in query.all("exclude") {
            guard let excluded = Check(rawValue: name) else {
                let known = Check.allCases.map(\.rawValue).joined(separator: ", ")
                throw Problem(.invalidRequest, "There is no check \"\(name)\" to exclude; known are \(known).")
            }
            checks.removeAll { $0 == excluded }
        }
        let found = checks.map { (check: $0, passes: passes($0, core)) }
        var members: [(name: String, value: JSONValue)] = []
        if try query.one("verbose") != nil {
            members.append(("checks", .object(JSONObject(found.map { ($0.check.rawValue, .string($0.passes ? "ok" : $0.check.failure)) }))))
        }
        guard let failed = found.first(where: { !$0.passes })?.check else {
            return .json(.object(JSONObject([("status", .string("ready"))] + members)), fields: [.cacheControl: "no-store"])
        }
        return Problem(
            .notReady, "Not ready: \(failed.failure).", members: [("reason", .string(failed.failure))] + members, fields: [.retryAfter: "1"]
        ).response(requestID: context.head.id)
    }

    private func passes(_ check: Check, _ core: Core) -> Bool {
        switch check {
        case .running: !stopping.withLock { $0 }
        case .store: (try? core.store.lastEventSequence()) != nil
        case .disk: DiskSpace.available(at: core.blobs.directory.path).map { $0 >= DiskSpace.reserve } ?? false
        // A store that does not answer is said by its own check.
        case .queue: (try? core.queueIsFull()) != true
        }
    }
}

extension Core {
    /// Whether as many jobs wait as may.
    func queueIsFull() throws -> Bool {
        let limit = configuration.queueLimit
        guard queueDepth.load(ordering: .relaxed) >= limit else { return false }
        // Some may have started since they were counted: nobody is refused on an old count.
        let depth = try store.queueDepth()
        queueDepth.store(depth, ordering: .relaxed)
        return depth >= limit
    }
}
