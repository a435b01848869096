import HTTPTypes
import Testing

@testable import HTTPServer

/// The parser alone, without sockets.
@Suite struct ParserTests {
    static let limits = RequestParser.Limits(requestLine: 8192, fieldLine: 16_384, fieldSection: 65_536, fieldCount: 128)

    /// What the parser makes of `segments`: heads, bodies put together, ends, and the failure if there is one.
    static func transcript(_ segments: [[UInt8]]) -> [String] {
        var parser = RequestParser(limits: limits)
        var lines: [String] = []
        var body: [UInt8] = []
        for segment in segments {
            do throws(ParseFailure) {
                var position = 0
                var ended = false
                while !ended {
                    let event = try segment.withUnsafeBufferPointer { buffer throws(ParseFailure) in
                        try parser.next(in: UnsafeRawBufferPointer(buffer), at: &position)
                    }
                    switch event {
                    case .needMore: ended = true
                    case .head(let head):
                        body = []
                        lines.append(
                            "\(head.line.method) \(head.line.target) \(head.line.path) \(head.line.query ?? "-") "
                                + "\(head.fields.map { "\($0.name)=\($0.value)" }) \(String(describing: head.contentLength)) "
                                + "\(head.isChunked) \(head.keepsAlive) \(head.expectsContinue)")
                    case .body(let range): body += segment[range]
                    case .end: lines.append("end \(body)")
                    }
                }
            } catch {
                return lines + ["\(error.status.code) \(error.code)"]
            }
        }
        return lines + ["idle \(parser.isIdle)"]
    }

    @Test(arguments: Corpus.all) func checklist(_ item: Case) {
        let lines = Self.transcript([item.bytes])
        if let status = item.status {
            #expect(lines.last?.hasPrefix("\(status) ") == true, "\(lines)")
        } else {
            #expect(lines.count == 3 && lines[1].hasPrefix("end") && lines[2] == "idle true", "\(lines)")
        }
    }

    @Test(arguments: Corpus.all) func segmentsDoNotMatter(_ item: Case) {
        let bytes = item.bytes + Array("GET /next HTTP/1.1\r\nHost: h\r\n\r\n".utf8)
        let whole = Self.transcript([bytes])
        #expect(Self.transcript(bytes.map { [$0] }) == whole)
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SplitMix(state: seed)
        for _ in 0..<20 {
            var segments: [[UInt8]] = []
            var start = 0
            while start < bytes.count {
                let end = min(bytes.count, start + Int.random(in: 1...40, using: &random))
                segments.append(Array(bytes[start..<end]))
                start = end
            }
            #expect(Self.transcript(segments) == whole, "seed \(seed)")
        }
    }

    @Test func fieldsAreJoinedAndKept() throws {
        let text = "GET http://other:81/p?a=b HTTP/1.1\r\nHost: h\r\nAccept: a/b\r\nCookie: x=1\r\nX-Odd:  v \t\r\nAccept: c/d\r\nCookie: y=2\r\n\r\n"
        var parser = RequestParser(limits: Self.limits)
        var position = 0
        let event = try Array(text.utf8).withUnsafeBytes { try parser.next(in: $0, at: &position) }
        guard case .head(let head) = event else {
            Issue.record("no head")
            return
        }
        #expect(head.line.path == "/p")
        #expect(head.line.query == "a=b")
        let names = head.fields.map { "\($0.name.canonicalName)=\($0.value)" }
        #expect(names == ["host=other:81", "accept=a/b, c/d", "cookie=x=1; y=2", "x-odd=v"])
    }

    @Test func bodyLimitHoldsBeforeTheChunkIsRead() throws {
        let head = Array(Corpus.chunked("5\r\nhello\r\n6\r\n").utf8)
        var parser = RequestParser(limits: Self.limits)
        var position = 0
        var failure: ParseFailure?
        do throws(ParseFailure) {
            try head.withUnsafeBufferPointer { buffer throws(ParseFailure) in
                while position < buffer.count {
                    if case .head = try parser.next(in: UnsafeRawBufferPointer(buffer), at: &position) { parser.bodyLimit = 10 }
                }
            }
        } catch {
            failure = error
        }
        #expect(failure == .bodyTooLarge)
    }

    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"), (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
    ])
    func dates(_ seconds: Int, _ text: String) {
        #expect(DateField.text(seconds: seconds) == text)
    }

    @Test func requestIDsAreUUIDsAndDiffer() {
        var generator = RequestIDGenerator()
        let ids = (0..<1000).map { _ in generator.next() }
        #expect(Set(ids).count == 1000)
        for id in ids {
            let parts = id.split(separator: "-")
            #expect(parts.map(\.count) == [8, 4, 4, 4, 12])
            #expect(parts[2].first == "4" && "89ab".contains(parts[3].prefix(1)))
            #expect(id.utf8.allSatisfy { $0 == 45 || ($0 >= 48 && $0 <= 57) || ($0 >= 97 && $0 <= 102) })
        }
    }

    @Test func timerWheelKeepsEveryDeadline() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SplitMix(state: seed)
        var wheel = TimerWheel(now: 1000)
        var waiting: [UInt32: Double] = [:]
        for index in 1...500 {
            let deadline = 1000 + Double.random(in: 0...90, using: &random)
            waiting[UInt32(index)] = deadline
            _ = wheel.schedule(ConnectionID(descriptor: 1, generation: UInt32(index)), deadline: deadline)
        }
        var now = 1000.0
        while now < 1095 {
            now += Double.random(in: 0...3, using: &random)
            for entry in wheel.advance(to: now) {
                guard let deadline = waiting.removeValue(forKey: entry.connection.generation) else {
                    Issue.record("came up twice, seed \(seed)")
                    continue
                }
                #expect(deadline <= now, "seed \(seed)")
            }
            for deadline in waiting.values { #expect(deadline > now - 2 * TimerWheel.resolution, "seed \(seed)") }
        }
        #expect(waiting.isEmpty)
    }
}

/// A small seeded generator, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
