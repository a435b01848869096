import Foundation
import HTTPTypes
import Synchronization

@testable import HTTPServer

/// A handler for tests: `/echo` sends the body back, `/hold` leaves its responders in `held`, and so on.
final class TestHandler: RequestHandler {
    let held = Mutex<[Responder]>([])
    let handled = Mutex<[String]>([])
    let events = Mutex<[String]>([])
    let spooled = Mutex<[String]>([])
    /// What `/hang` waits for.
    let hangs = DispatchSemaphore(value: 0)
    let directory: String
    /// Seconds that a request may be held; nil for the server's own limit.
    let holdLimit: Double?
    /// A thread of its own: the test runner may keep Dispatch's global queues busy.
    let pool = BlockingPool(name: "handler", threads: 1, capacity: 1024)

    init(directory: String = FileManager.default.temporaryDirectory.path, holdLimit: Double? = nil) {
        self.directory = directory
        self.holdLimit = holdLimit
    }

    func timeLimit(for head: RequestHead) -> Double? { holdLimit }

    func policy(for head: RequestHead) -> BodyPolicy {
        switch head.path {
        case "/echo": .collect(limit: 1024 * 1024)
        case "/small": .collect(limit: 10)
        case "/spool": .spool(limit: 256 * 1024 * 1024, directory: directory)
        case "/refused": .refuse(Response(status: .unauthorized, body: .bytes(Array("no".utf8))))
        default: .discard
        }
    }

    func handle(_ head: RequestHead, _ body: RequestBody, _ responder: Responder) {
        handled.withLock { $0.append("\(head.method) \(head.path)") }
        switch head.path {
        case "/echo":
            if case .bytes(let bytes) = body { return responder.respond(Response(status: .ok, body: .bytes(bytes))) }
            responder.respond(Response(status: .ok))
        case "/spool":
            guard case .file(let file) = body else { return responder.respond(Response(status: .internalServerError)) }
            spooled.withLock { $0.append(file.path) }
            let sum = (FileManager.default.contents(atPath: file.path) ?? Data()).reduce(0) { $0 &* 31 &+ Int($1) }
            responder.respond(Response(status: .ok, body: .bytes(Array("\(file.length) \(sum)".utf8))))
        case "/hold":
            responder.onClose { self.events.withLock { $0.append("closed") } }
            held.withLock { $0.append(responder) }
        case "/later":
            guard pool.submit({ responder.respond(Response(status: .ok, body: .bytes(Array("later".utf8)))) }) else {
                return responder.respond(Response(status: .serviceUnavailable))
            }
        case "/hang":
            // On the loop, as a handler must not.
            hangs.wait()
            responder.respond(Response(status: .ok))
        case "/dropped": break
        case "/nothing": responder.respond(Response(status: .noContent))
        case "/unchanged": responder.respond(Response(status: .notModified, fields: [.eTag: "\"a\""], body: .bytes([1])))
        case "/split":
            let source = CountingSource(pieces: 1, length: 1, handler: self)
            responder.respond(Response(status: .ok, fields: [.location: "/a\r\nX-Evil: 1"], body: .source(source, length: 1)))
        case "/ours":
            responder.respond(Response(status: .ok, fields: [.date: "never", .connection: "keep-alive", .contentLength: "99"]))
        case "/stream":
            let source = CountingSource(pieces: Int(head.query ?? "") ?? 3, length: 100_000, handler: self)
            responder.respond(Response(status: .ok, body: .source(source, length: nil)))
        case "/known":
            let source = CountingSource(pieces: 5, length: 1000, handler: self)
            responder.respond(Response(status: .ok, body: .source(source, length: Int(head.query ?? "") ?? 5000)))
        default: responder.respond(Response(status: .ok, fields: [.contentType: "text/plain"], body: .bytes(Array(head.target.utf8))))
        }
    }

    func problem(_ status: HTTPResponse.Status, code: String, detail: String, requestID: String) -> Response {
        let fields: ResponseFields = [.contentType: "application/problem+json", .retryAfter: "1"]
        return Response(status: status, fields: fields, body: .bytes(Array(code.utf8)))
    }
}

/// Pieces of equal length; every second one comes from another thread.
final class CountingSource: BodySource {
    private let pieces: Int
    private let length: Int
    private let handler: TestHandler
    private let count = Mutex(0)

    init(pieces: Int, length: Int, handler: TestHandler) {
        self.pieces = pieces
        self.length = length
        self.handler = handler
    }

    func read(deliver: @escaping @Sendable (Result<[UInt8]?, any Error>) -> Void) {
        let index = count.withLock { count in
            count += 1
            return count
        }
        let piece = index > pieces ? nil : [UInt8](repeating: UInt8(index & 255), count: length)
        if index % 2 == 0, handler.pool.submit({ deliver(.success(piece)) }) { return }
        deliver(.success(piece))
    }

    func cancel() {
        handler.events.withLock { $0.append("cancelled") }
    }
}

/// A running server on a free port; stopped by `stop` or with the test.
final class TestServer {
    let handler: TestHandler
    let server: HTTPServer
    private var isStopped = false

    init(handler: TestHandler = TestHandler(), _ change: (inout ServerConfiguration) -> Void = { _ in }) throws {
        self.handler = handler
        var configuration = ServerConfiguration(port: 0)
        change(&configuration)
        server = try HTTPServer(configuration: configuration, handler: handler)
        try server.start()
    }

    deinit { stop(grace: .zero) }

    func client(receiveBuffer: Int32? = nil) throws -> Client {
        try Client(port: server.port, receiveBuffer: receiveBuffer)
    }

    /// Stops and waits until all is closed.
    func stop(grace: Duration) {
        if isStopped { return }
        isStopped = true
        let done = DispatchSemaphore(value: 0)
        server.stop(grace: grace) { done.signal() }
        done.wait()
    }
}

/// Waits until `condition` holds, yielding; a hang ends with the number of turns, not with a time.
func eventually(_ condition: () -> Bool) -> Bool {
    for _ in 0..<20_000 {
        if condition() { return true }
        usleep(500)
    }
    return false
}
