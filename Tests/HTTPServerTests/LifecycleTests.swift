import CLinux
import Foundation
import HTTPTypes
import Synchronization
import Testing

@testable import HTTPServer

/// Time, load, stopping.
extension LoopbackTests {
    @Test func aDrippingHeadIsAnsweredWith408() throws {
        let server = try TestServer { $0.headTimeout = 0.5 }
        let client = try server.client()
        try client.send("G")
        let dripping = eventually {
            usleep(50_000)
            return (try? client.send("E")) == nil || server.server.connectionCount == 0
        }
        #expect(dripping)
        #expect(try server.client().rest(after: "GET / HTTP/1.1\r\nHo").hasPrefix("HTTP/1.1 408 "))
    }

    @Test func aSlowBodyIsAnsweredWith408() throws {
        let server = try TestServer { $0.bodyGrace = 0.3 }
        #expect(try server.client().rest(after: Corpus.fields("Content-Length: 10", body: "he")).hasPrefix("HTTP/1.1 408 "))
        #expect(server.handler.handled.withLock { $0 }.isEmpty)
    }

    @Test func anIdleConnectionClosesSilently() throws {
        let server = try TestServer { $0.idleTimeout = 0.3 }
        #expect(try server.client().rest().isEmpty)
        let used = try server.client()
        try used.send(Self.get)
        #expect(try used.replies().count == 1)
    }

    @Test func aHandlerThatTakesTooLongIsAnsweredFor() throws {
        let server = try TestServer { $0.handlerTimeout = 0.3 }
        let client = try server.client()
        try client.send("GET /hold HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try client.replies().map(\.text) == ["handler_timeout"])
        #expect(server.handler.events.withLock { $0 } == ["closed"])
        server.handler.held.withLock { $0.removeFirst() }.respond(Response(status: .ok))
    }

    /// The limits that a client is promised: what waits for it, how long it waits, what it may send ahead.
    @Test func defaultLimits() {
        let configuration = ServerConfiguration()
        #expect(configuration.outputHighWater == 64 << 10 && configuration.outputLowWater == 32 << 10)
        #expect(configuration.handlerTimeout == 60 && configuration.headTimeout == 10 && configuration.writeTimeout == 30)
        #expect(configuration.pipelinedRequests == 16 && configuration.requestsPerConnection == 10_000)
    }

    @Test func aHandlerMaySetAnotherLimit() throws {
        let server = try TestServer(handler: TestHandler(holdLimit: 0.3))
        let client = try server.client()
        try client.send("GET /hold HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try client.replies().map(\.text) == ["handler_timeout"])
        server.handler.held.withLock { $0.removeFirst() }.respond(Response(status: .ok))
    }

    @Test func aClientThatReadsNothingIsCutOffAndCostsLittle() throws {
        let server = try TestServer { $0.writeTimeout = 0.5 }
        let client = try server.client(receiveBuffer: 4096)
        try client.send("GET /stream?5000 HTTP/1.1\r\nHost: h\r\n\r\n")
        let before = residentBytes()
        #expect(eventually { server.handler.events.withLock { $0 } == ["cancelled"] })
        // The source would have given 500 MB.
        #expect(residentBytes() - before < 64 * 1024 * 1024)
        #expect(eventually { server.server.connectionCount == 0 })
    }

    @Test func aResetInTheMiddleOfAnAnswerCancelsItsSource() throws {
        let server = try TestServer()
        for _ in 0..<20 {
            let client = try server.client(receiveBuffer: 4096)
            try client.send("GET /stream?5000 HTTP/1.1\r\nHost: h\r\n\r\n")
            try client.receive()
            client.reset()
        }
        #expect(eventually { server.handler.events.withLock { $0.count } == 20 && server.server.connectionCount == 0 })
        let next = try server.client()
        try next.send(Self.get)
        #expect(try next.reply().status == 200)
    }

    @Test func aVanishedClientIsReported() throws {
        let server = try TestServer()
        let client = try server.client()
        try client.send("GET /hold HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(eventually { server.handler.held.withLock { $0.count } == 1 })
        client.reset()
        #expect(eventually { server.handler.events.withLock { $0 } == ["closed"] })
        let responder = server.handler.held.withLock { $0.removeFirst() }
        let late = Mutex(false)
        responder.onClose { late.withLock { $0 = true } }
        #expect(late.withLock { $0 })
        responder.respond(Response(status: .ok, body: .source(CountingSource(pieces: 1, length: 1, handler: server.handler), length: 1)))
        #expect(server.handler.events.withLock { $0 } == ["closed", "cancelled"])
    }

    @Test func connectionsBeyondTheCapWaitTheirTurn() throws {
        let server = try TestServer { $0.maximumConnections = 4 }
        let first = try (0..<4).map { _ in try server.client() }
        for client in first {
            try client.send(Self.get)
            _ = try client.reply()
        }
        let waiting = try (0..<8).map { _ in try server.client() }
        for client in waiting { try client.send(Self.get) }
        #expect(server.server.connectionCount == 4)
        for client in first { client.close() }
        for client in waiting {
            #expect(try client.reply().text == "/a")
            client.close()
        }
        #expect(eventually { server.server.connectionCount == 0 })
    }

    @Test func requestsOnAConnectionAreCounted() throws {
        let server = try TestServer { $0.requestsPerConnection = 3 }
        let client = try server.client()
        try client.send(String(repeating: Self.get, count: 5))
        #expect(try client.replies().map { $0.field("connection") } == [nil, nil, "close"])
    }

    @Test func aGracefulStopAnswersWhatIsInFlight() throws {
        let server = try TestServer()
        let idle = try server.client()
        try idle.send(Self.get)
        _ = try idle.reply()
        let busy = try server.client()
        try busy.send("GET /hold HTTP/1.1\r\nHost: h\r\n\r\n" + Self.get)
        #expect(eventually { server.handler.held.withLock { $0.count } == 1 })
        let stopped = DispatchSemaphore(value: 0)
        server.server.stop(grace: .seconds(60)) { stopped.signal() }
        #expect(try idle.rest().isEmpty)
        server.handler.held.withLock { $0.removeFirst() }.respond(Response(status: .ok))
        let replies = try busy.replies()
        #expect(replies.count == 1 && replies[0].field("connection") == "close")
        busy.close()
        idle.close()
        stopped.wait()
        #expect(throws: Client.Broken.self) { try server.client() }
        server.stop(grace: .zero)
    }

    @Test func theGraceEndsAndASecondStopIsAtOnce() throws {
        for grace in [Duration.milliseconds(200), .seconds(3600)] {
            let server = try TestServer()
            let client = try server.client()
            try client.send("GET /hold HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(eventually { server.handler.held.withLock { $0.count } == 1 })
            let stopped = DispatchSemaphore(value: 0)
            server.server.stop(grace: grace) { stopped.signal() }
            if grace > .seconds(1) { server.stop(grace: .zero) }
            stopped.wait()
            #expect(try client.rest().isEmpty)
            #expect(server.handler.events.withLock { $0 } == ["closed"])
        }
    }

    @Test func drainingClosesBehindEachAnswer() throws {
        let server = try TestServer()
        let client = try server.client()
        server.server.drain()
        try client.send(Self.get + Self.get)
        #expect(try client.replies().map { $0.field("connection") } == ["close"])
        let other = try server.client()
        try other.send(Self.get)
        #expect(try other.replies().count == 1)
    }

    @Test func noDescriptorStays() throws {
        func descriptors() -> Int { (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? -1 }
        let before = descriptors()
        for _ in 0..<3 {
            let server = try TestServer()
            for index in 0..<40 {
                let client = try server.client()
                try client.send(index % 2 == 0 ? Self.get : "GARBAGE\n\n")
                try client.receive()
                if index % 3 == 0 { client.reset() }
            }
            server.stop(grace: .seconds(5))
        }
        #expect(eventually { descriptors() <= before })
    }

    @Test func addressesAndFaults() throws {
        let server = try TestServer { $0.host = "::1" }
        #expect(server.server.port > 0)
        #expect(throws: ServerError.self) { try TestServer { $0.host = "not a host" } }
        #expect(throws: ServerError.self) { try TestServer { $0.port = 70_000 } }
        let taken = try TestServer()
        #expect(throws: ServerError.self) { try TestServer { $0.port = taken.server.port } }
        #expect(throws: ServerError.self) { try taken.server.start() }
    }

    private func residentBytes() -> Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
    }
}

extension Client {
    /// What the server says to `text` until it closes.
    func rest(after text: String) throws -> String {
        try send(text)
        return String(decoding: try rest(), as: UTF8.self)
    }
}

@Suite struct WriteProgressTests {
    /// The kernel's send buffer may grow for many seconds while the client reads nothing: that is no progress of the client.
    @Test func whatTheKernelHoldsIsNotTaken() {
        let configuration = ServerConfiguration()
        var times = ConnectionTimes(now: 0)
        func deadline() -> Double? {
            times.deadline(.sending, outputWaits: true, isIdle: false, isPaused: false, configuration)
        }
        times.sent(100_000, now: 1, drained: false, unacknowledged: 96_000, window: 30_000)
        let first = deadline()
        times.sent(500_000, now: 5, drained: false, unacknowledged: 596_000, window: 30_000)
        #expect(deadline() == first)
        times.sent(0, now: 6, drained: false, unacknowledged: 560_000, window: 30_000)
        #expect(deadline() == 6 + configuration.writeTimeout)
        times.sent(560_000, now: 7, drained: true, unacknowledged: 0, window: 30_000)
        #expect(deadline() == nil)
    }
}

/// What one client, or all together, may take.
extension LoopbackTests {
    @Test func anAddressHasItsShareOfTheConnections() throws {
        let server = try TestServer { $0.maximumConnectionsPerAddress = 3 }
        let first = try (0..<3).map { _ in try server.client() }
        for client in first {
            try client.send(Self.get)
            _ = try client.reply()
        }
        let refused = String(decoding: try server.client().rest(), as: UTF8.self)
        #expect(refused.hasPrefix("HTTP/1.1 503 "))
        #expect(refused.contains("\r\nRetry-After: 1\r\n") && refused.hasSuffix("\r\n\r\ntoo_many_connections"))
        #expect(refused.contains("\r\nConnection: close\r\n") && refused.contains("\r\nX-Request-Id: "))
        // The acceptor holds a place while it looks whether another connection waits.
        #expect(eventually { server.server.connectionCount == 3 })
        first[0].close()
        #expect(eventually { server.server.connectionCount == 2 })
        let next = try server.client()
        try next.send(Self.get)
        #expect(try next.reply().text == "/a")
    }

    @Test func bodiesInMemoryShareARoom() throws {
        let server = try TestServer { $0.bodyMemoryLimit = 1000 }
        func echo(_ count: Int) throws -> String {
            let body = String(repeating: "x", count: count)
            return try server.client().rest(after: "POST /echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: \(count)\r\n\r\n\(body)")
        }
        let waiting = try server.client()
        try waiting.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 900\r\n\r\n" + String(repeating: "y", count: 800))
        // The server has the 800 bytes once there is no room for 300 more.
        #expect(eventually { (try? echo(300))?.hasPrefix("HTTP/1.1 503 ") ?? false })
        #expect(try echo(100).hasPrefix("HTTP/1.1 200 "))
        try waiting.send(String(repeating: "y", count: 100))
        #expect(try waiting.reply().text.count == 900)
        #expect(eventually { (try? echo(1000))?.hasPrefix("HTTP/1.1 200 ") ?? false })
        #expect(try echo(1001).hasPrefix("HTTP/1.1 503 "))
    }

    @Test func aHangingLoopIsFoundOut() throws {
        let server = try TestServer { $0.loops = 2 }
        #expect(server.server.loopsAnswer(within: 60))
        // Connections are dealt out in turn; the second one's loop is not the one that accepts.
        let (quick, hanging) = (try server.client(), try server.client())
        for client in [quick, hanging] {
            try client.send(Self.get)
            _ = try client.reply()
        }
        try hanging.send("GET /hang HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(eventually { !server.server.loopsAnswer(within: 0.05) })
        try quick.send(Self.get)
        #expect(try quick.reply().text == "/a")
        server.handler.hangs.signal()
        _ = try hanging.reply()
        #expect(eventually { server.server.loopsAnswer(within: 0.05) })
    }
}
