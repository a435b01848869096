import Foundation
import HTTPTypes
import Logging
import Synchronization
import Testing

@testable import HTTPServer
@testable import Jobs
@testable import Service

/// A dispatcher over a store of its own, and what it logs.
private final class Fixture: Sendable {
    let log = LogLines()
    let dispatcher: RequestDispatcher
    private let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("tangent-dispatcher-\(UUID().uuidString)").path
        let directory = try DataDirectory(path: path)
        let log = log
        let core = Core(
            configuration: ServiceConfiguration(), store: try SQLiteJobStore(directory, role: .server), blobs: BlobStore(directory),
            logger: Logger(label: "test") { _ in log }, wakeWorkers: {}, cancelOnWorkers: { _ in })
        dispatcher = RequestDispatcher(core: core, routes: DatasetRoutes(core: core).routes + JobRoutes(core: core).routes)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func head(_ method: HTTPRequest.Method, _ path: String, _ fields: HTTPFields = [:], length: Int? = nil, hasBody: Bool = false) -> RequestHead {
        RequestHead(
            id: "r", method: method, target: path, path: path, query: nil, fields: fields, remoteAddress: "", contentLength: length,
            hasBody: hasBody)
    }
}

/// Keeps entries as lines of level, message and metadata.
private final class LogLines: LogHandler, Sendable {
    let lines = Mutex<[String]>([])
    var metadata: Logger.Metadata { get { [:] } set {} }
    var logLevel: Logger.Level { get { .trace } set {} }
    subscript(metadataKey _: String) -> Logger.Metadata.Value? { get { nil } set {} }

    func log(event: LogEvent) {
        lines.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") }
    }
}

@Suite struct RequestDispatcherTests {
    @Test func whatStoresSomethingHasMoreTimeThanWhatReads() throws {
        let fixture = try Fixture()
        #expect(fixture.dispatcher.timeLimit(for: fixture.head(.get, "/jobs/a")) == nil)
        #expect(fixture.dispatcher.timeLimit(for: fixture.head(.get, "/jobs/a", [.prefer: "wait=45"])) == 105)
        #expect(fixture.dispatcher.timeLimit(for: fixture.head(.post, "/datasets", length: 5, hasBody: true)) == 600)
    }

    @Test(arguments: [
        ("application/json", 32 << 20), ("Application/JSON; charset=utf-8", 32 << 20), ("text/csv", 1 << 30), ("application/x-npy", 1 << 30),
    ])
    func anUploadIsBoundedByItsType(_ type: String, _ limit: Int) throws {
        let fixture = try Fixture()
        let fields: HTTPFields = [.contentType: type]
        guard case .spool(let most, _) = fixture.dispatcher.policy(for: fixture.head(.post, "/datasets", fields, length: limit, hasBody: true)) else {
            Issue.record("\(type) is not taken")
            return
        }
        #expect(most == limit)
        guard case .refuse(let answer) = fixture.dispatcher.policy(for: fixture.head(.post, "/datasets", fields, length: limit + 1, hasBody: true)) else {
            Issue.record("\(type) has no limit")
            return
        }
        #expect(answer.status == .contentTooLarge)
    }

    @Test func faultsOfOursAreLogged() throws {
        let fixture = try Fixture()
        let failure = ParseFailure.responseField(.location)
        let answer = fixture.dispatcher.problem(failure.status, code: failure.code, detail: failure.detail, requestID: "r7")
        #expect(answer.status == .internalServerError && answer.fields[.contentType] == "application/problem+json")
        let lines = fixture.log.lines.withLock { $0 }
        #expect(lines.count == 1 && lines[0].hasPrefix("error ") && lines[0].contains("r7") && lines[0].contains("Location"))
        _ = fixture.dispatcher.problem(.badRequest, code: "invalid_target", detail: "", requestID: "r8")
        #expect(fixture.log.lines.withLock { $0.count } == 1)
    }

    @Test func addressesAreNamedByTheirPaths() {
        let routes = ["/", "/jobs", "/jobs/:id", "/analyses/path-kernel", "/openapi.yaml", "/livez"].map { Route(.get, $0) { _ in .deferred } }
        let links = OperationsRoutes.links(to: routes + routes)
        #expect(links.map(\.name) == ["jobs", "analyses_path_kernel", "openapi_yaml", "live"])
        #expect(links.map(\.path) == ["/jobs", "/analyses/path-kernel", "/openapi.yaml", "/livez"])
    }
}
