import Foundation
import HTTPTypes
import Testing

@testable import HTTPServer

/// The server over real sockets. Serialised, because descriptors of the process are counted.
@Suite(.serialized) struct LoopbackTests {
    static let get = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"

    /// Smuggling: behind a rejected request nothing is served, whatever follows.
    @Test func everyRejectedRequestGetsOneAnswer() throws {
        let server = try TestServer()
        for item in Corpus.all {
            let client = try server.client()
            try? client.send(item.bytes + Array("GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
            client.endOutput()
            let replies = try client.replies()
            if let status = item.status {
                #expect(replies.map(\.status) == [status], "\(item.id)")
                #expect(replies.first?.field("connection") == "close", "\(item.id)")
                #expect(replies.first?.field("content-type") == "application/problem+json", "\(item.id)")
            } else {
                #expect(replies.first?.status == 200, "\(item.id)")
                #expect(replies.count == (item.id.hasPrefix("RL8") ? 1 : 2), "\(item.id)")
            }
        }
        #expect(server.handler.handled.withLock { $0.filter { $0 == "GET /smuggled" }.count } == Corpus.all.filter { $0.status == nil }.count - 1)
    }

    @Test func keepsTheConnectionAndClosesWhenAsked() throws {
        let server = try TestServer()
        let client = try server.client()
        for _ in 0..<3 {
            try client.send(Self.get)
            let reply = try client.reply()
            #expect(reply.status == 200 && reply.text == "/a" && reply.field("connection") == nil)
            #expect(reply.field("date")?.hasSuffix("GMT") == true)
        }
        try client.send("GET /b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" + Self.get)
        let last = try client.replies()
        #expect(last.map(\.text) == ["/b"] && last[0].field("connection") == "close")
    }

    @Test func version10() throws {
        let server = try TestServer()
        let first = try server.client()
        try first.send("GET /a HTTP/1.0\r\n\r\n")
        #expect(try first.replies().map { $0.field("connection") } == ["close"])
        let second = try server.client()
        try second.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        #expect(try second.reply().field("connection") == "keep-alive")
        let stream = try second.reply()
        #expect(stream.field("transfer-encoding") == nil && stream.field("connection") == "close" && stream.body.count == 300_000)
        let third = try server.client()
        try third.send("POST /echo HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        try third.send("hi")
        #expect(try third.replies().map(\.text) == ["hi"])
    }

    @Test func hundredPipelinedRequestsKeepTheirOrder() throws {
        let server = try TestServer()
        let client = try server.client()
        let paths = (0..<100).map { $0 % 7 == 3 ? "/later" : $0 % 11 == 5 ? "/stream?2" : "/p\($0)" }
        try client.send(paths.map { "GET \($0) HTTP/1.1\r\nHost: h\r\n\r\n" }.joined())
        for path in paths {
            let reply = try client.reply()
            #expect(reply.status == 200)
            if path == "/later" { #expect(reply.text == "later") }
            else if path == "/stream?2" { #expect(reply.body.count == 200_000) }
            else { #expect(reply.text == path) }
        }
    }

    /// With fewer allowed to wait than come at once: the reading pauses and goes on.
    @Test func morePipelinedRequestsThanMayWaitAreAllAnswered() throws {
        let server = try TestServer { $0.pipelinedRequests = 2 }
        let client = try server.client()
        for _ in 0..<20 { try client.send(String(repeating: "GET /later HTTP/1.1\r\nHost: h\r\n\r\n", count: 10)) }
        for _ in 0..<200 { #expect(try client.reply().text == "later") }
    }

    @Test func waitingRequestsAreCounted() {
        var input = WaitingInput()
        let head = Array("GET / HTTP/1.1\r\nHost: h\r\n\r\n".utf8)
        for byte in head + head + head.dropLast() { withUnsafeBytes(of: byte) { input.append($0) } }
        #expect(input.holds(heads: 2) && !input.holds(heads: 3))
        head.suffix(1).withUnsafeBytes { input.append($0) }
        #expect(input.holds(heads: 3) && !input.holds(heads: 4))
        #expect(input.take() == head + head + head && input.isEmpty && !input.holds(heads: 1))
    }

    @Test func aSlowAnswerHoldsBackTheNext() throws {
        let server = try TestServer()
        let client = try server.client()
        try client.send("GET /hold HTTP/1.1\r\nHost: h\r\n\r\nPOST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi")
        #expect(eventually { server.handler.held.withLock { $0.count } == 1 })
        #expect(server.handler.handled.withLock { $0 } == ["GET /hold"])
        server.handler.held.withLock { $0.removeFirst() }.respond(Response(status: .accepted))
        #expect(try client.reply().status == 202)
        #expect(try client.reply().text == "hi")
    }

    @Test func chunkedBothWays() throws {
        let server = try TestServer()
        let client = try server.client()
        try client.send(Corpus.chunked("5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n"))
        #expect(try client.reply().text == "hello world")
        try client.send("GET /stream?7 HTTP/1.1\r\nHost: h\r\n\r\n")
        let reply = try client.reply()
        #expect(reply.field("content-length") == nil)
        #expect(reply.body == (1...7).flatMap { [UInt8](repeating: UInt8($0), count: 100_000) })
        try client.send("GET /known HTTP/1.1\r\nHost: h\r\n\r\n" + Self.get)
        #expect(try client.reply().body.count == 5000)
        #expect(try client.reply().text == "/a")
    }

    @Test(arguments: ["6000", "4500"]) func aSourceOfTheWrongLengthEndsTheConnection(length: String) throws {
        let server = try TestServer()
        let client = try server.client()
        try client.send("GET /known?\(length) HTTP/1.1\r\nHost: h\r\n\r\n" + Self.get)
        let bytes = try client.rest()
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.components(separatedBy: "HTTP/1.1 200").count <= 2)
        #expect(!text.contains("\r\n\r\n/a"))
    }

    @Test func headAndBodilessAnswers() throws {
        let server = try TestServer()
        let client = try server.client()
        try client.send("HEAD /abc HTTP/1.1\r\nHost: h\r\n\r\nHEAD /stream HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try client.reply(toHead: true).field("content-length") == "4")
        #expect(try client.reply(toHead: true).field("transfer-encoding") == "chunked")
        #expect(server.handler.events.withLock { $0 } == ["cancelled"])
        for (path, status) in [("/nothing", 204), ("/unchanged", 304)] {
            try client.send("GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n")
            let reply = try client.reply()
            #expect(reply.status == status && reply.field("content-length") == nil && reply.field("transfer-encoding") == nil)
        }
        try client.send("HEAD /b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        #expect(try client.reply(toHead: true).status == 200)
        #expect(try client.rest().isEmpty)
    }

    @Test func aFieldCannotSplitTheAnswer() throws {
        let server = try TestServer()
        let client = try server.client()
        try client.send("GET /split HTTP/1.1\r\nHost: h\r\n\r\n" + Self.get)
        let replies = try client.replies()
        #expect(replies.map(\.status) == [500] && replies.map(\.text) == ["invalid_response_field"])
        #expect(replies.first?.field("x-evil") == nil && replies.first?.field("location") == nil)
        #expect(server.handler.events.withLock { $0 } == ["cancelled"])
    }

    @Test func aHandlerCannotSetTheServersFields() throws {
        let server = try TestServer()
        let client = try server.client()
        try client.send("GET /ours HTTP/1.1\r\nHost: h\r\n\r\n" + Self.get)
        let reply = try client.reply()
        #expect(reply.field("content-length") == "0" && reply.field("date") != "never" && reply.field("connection") == nil)
        #expect(try client.reply().text == "/a")
    }

    @Test(arguments: ["a\r", "\n", "a\u{0}b", "\u{7F}", "a\u{B}"]) func aControlByteIsNeverWritten(value: String) {
        let lines = FieldLines([.eTag: "\"a\"", .location: value])
        #expect(lines.refused == .location && String(decoding: lines.bytes, as: UTF8.self) == "ETag: \"a\"\r\n")
    }

    @Test(arguments: ["", "a\tb", "é", " a "]) func otherValuesGoOutAsTheyAre(value: String) {
        let lines = FieldLines([.location: value])
        #expect(lines.refused == nil && String(decoding: lines.bytes, as: UTF8.self) == "Location: \(value)\r\n")
    }

    @Test func fieldsAreReplacedInTheirPlace() {
        var fields: ResponseFields = [.eTag: "1", .vary: "2", .eTag: "3"]
        fields[.eTag] = "4"
        #expect(fields == [.eTag: "4", .vary: "2"])
        fields[.eTag] = nil
        fields[.location] = "5"
        #expect(fields == [.vary: "2", .location: "5"] && fields[.eTag] == nil && fields[.location] == "5")
    }

    /// Lines written beforehand say what the fields say, also when these change later.
    @Test func preparedLinesFollowTheFields() throws {
        var response = Response(status: .ok, fields: [.eTag: "\"a\"", .date: "never", .contentLength: "9"])
        response.prepare()
        let lines = try #require(response.lines)
        #expect(String(decoding: lines.bytes, as: UTF8.self) == "ETag: \"a\"\r\n" && !lines.closes)
        response.fields[.connection] = "Close"
        #expect(response.lines == nil)
        response.prepare()
        #expect(response.lines?.closes == true && response.lines?.bytes == lines.bytes)
    }

    @Test func anAbandonedRequestIsAnswered() throws {
        let server = try TestServer()
        let client = try server.client()
        try client.send("GET /dropped HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try client.replies().map(\.text) == ["no_answer"])
    }

    @Test func halfCloseStillGetsItsAnswer() throws {
        let server = try TestServer()
        let client = try server.client()
        try client.send("GET /hold HTTP/1.1\r\nHost: h\r\n\r\n" + Self.get)
        client.endOutput()
        #expect(eventually { server.handler.held.withLock { $0.count } == 1 })
        server.handler.held.withLock { $0.removeFirst() }.respond(Response(status: .ok, body: .bytes([72])))
        #expect(try client.replies().map(\.text) == ["H", "/a"])
    }
}
