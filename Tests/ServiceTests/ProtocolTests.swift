import HTTPTypes
import Jobs
import Testing

@testable import Service

@Suite struct QueryTests {
    @Test func decodesNamesAndValues() throws {
        let query = try Query("name=two%20points&target=a&target=b+c&flag")
        #expect(try query.one("name") == "two points")
        #expect(query.all("target") == ["a", "b c"])
        #expect(try query.one("flag") == "")
        #expect(try query.one("absent") == nil)
    }

    @Test(arguments: ["a=%zz", "a=%2", "a=%00", "a=%0d%0a", "a=%c0%af"])
    func refusesBadEscapes(_ text: String) {
        #expect(throws: Problem.self) { try Query(text) }
    }

    @Test func refusesRepeatedAndUnfitValues() throws {
        let query = try Query("a=1&a=2&size=0&n=x")
        #expect(throws: Problem.self) { try query.one("a") }
        #expect(throws: Problem.self) { try query.integer("size", in: 1...200) }
        #expect(throws: Problem.self) { try query.integer("n", in: 1...200) }
    }

    @Test(arguments: [("0", 50), ("7", 7), ("0007", 7), ("1001", 1000), ("99999999999999999999999", 1000)])
    func pagesAreCutDown(_ text: String, _ size: Int) throws {
        #expect(try PageRequest(Query("page_size=\(text)")).size == size)
    }

    @Test(arguments: ["", "-1", "-99999999999999999999999", "%2B5", "1.5", "x"])
    func pagesAreRefused(_ text: String) {
        #expect(throws: Problem.self) { try PageRequest(Query("page_size=\(text)")) }
    }
}

@Suite struct PreferencesTests {
    @Test(arguments: [
        ("wait=5", 5), ("wait=600", 60), ("WAIT=5", 5), ("foo, wait=\"7\"; x=y", 7), ("wait=0", 0), ("wait=99999999999999999999999", 60), ("wait=3, wait=9", 3),
    ])
    func readsTheWait(_ text: String, _ seconds: Int) {
        #expect(Preferences([.prefer: text]).wait == seconds)
    }

    @Test(arguments: ["", "wait", "wait=-1", "wait=x", "respond-async", "respond-async, wait=5", "foo=1"])
    func answersAtOnceOtherwise(_ text: String) {
        #expect(Preferences([.prefer: text]).wait == nil)
    }
}

@Suite struct IdempotencyKeyTests {
    @Test func readsAQuotedString() throws {
        #expect(try IdempotencyKey.read([.idempotencyKey: #""8e03-a \"b\"""#]) == #"8e03-a "b""#)
        #expect(try IdempotencyKey.read([:]) == nil)
    }

    @Test(arguments: ["bare", "\"\"", "\"open", "\"a\" b", "\"a\\b\"", ""])
    func refusesEverythingElse(_ text: String) {
        #expect(throws: Problem.self) { try IdempotencyKey.read([.idempotencyKey: text]) }
    }
}

@Suite struct ByteRangeTests {
    @Test(arguments: [
        ("bytes=0-9", ByteRange.Answer.part(0..<10)), ("bytes=90-", .part(90..<100)), ("bytes=-10", .part(90..<100)),
        ("bytes=95-500", .part(95..<100)), ("bytes=-500", .part(0..<100)), ("bytes=100-", .unsatisfiable), ("bytes=-0", .unsatisfiable),
        ("bytes=99999999999999999999-", .unsatisfiable), ("bytes=5-2", .whole), ("bytes=0-1,3-4", .whole), ("lines=0-1", .whole),
        ("bytes=a-b", .whole), ("bytes=--5", .whole), ("bytes=", .whole),
    ])
    func answers(_ text: String, _ answer: ByteRange.Answer) {
        #expect(ByteRange.read([.range: text], length: 100, etag: "\"x\"") == answer)
    }

    @Test func ifRangeMustMatchExactly() {
        #expect(ByteRange.read([.range: "bytes=0-9", .ifRange: "\"x\""], length: 100, etag: "\"x\"") == .part(0..<10))
        #expect(ByteRange.read([.range: "bytes=0-9", .ifRange: "\"y\""], length: 100, etag: "\"x\"") == .whole)
    }
}

@Suite struct NegotiationTests {
    private let offers = ["application/json", "application/x-npy", "text/csv"]

    @Test(arguments: [
        (nil, "application/json"), ("*/*", "application/json"), ("application/x-npy", "application/x-npy"),
        ("text/*", "text/csv"), ("application/json;q=0.1, text/csv;q=0.9", "text/csv"), ("text/csv, */*;q=0.1", "text/csv"),
        ("application/json;q=0, */*", "application/x-npy"), ("image/png", nil), ("TEXT/CSV", "text/csv"),
    ] as [(String?, String?)])
    func choosesWhatTheClientLikesBest(_ accept: String?, _ chosen: String?) {
        #expect(Negotiation.choose(accept, among: offers) == chosen)
    }
}

@Suite struct EntityTagTests {
    @Test(arguments: [("\"a\"", true), ("W/\"a\"", true), ("\"b\", \"a\"", true), ("*", true), ("\"b\"", false), ("a", false)])
    func matches(_ text: String, _ expected: Bool) {
        #expect(EntityTag.matches("\"a\"", ifNoneMatch: [.ifNoneMatch: text]) == expected)
    }
}

@Suite struct RFC3339Tests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (951_782_400_000_000, "2000-02-29T00:00:00.000Z"),
        (1_795_385_845_678_901, "2026-11-22T22:17:25.678Z"), (4_107_542_399_999_999, "2100-02-28T23:59:59.999Z"),
        (-1_000, "1969-12-31T23:59:59.999Z"),
    ] as [(Int64, String)])
    func writesRFC3339(_ microseconds: Int64, _ text: String) {
        #expect(RFC3339.text(Timestamp(rawValue: microseconds)) == text)
    }
}

@Suite struct StandardizationTests {
    private func apply(_ how: Standardization, _ values: [Double], rows: Int, columns: Int) throws -> [Double] {
        var copy = values
        try copy.withUnsafeMutableBufferPointer { buffer in try how.apply(to: buffer, rows: rows, columns: columns) }
        return copy
    }

    @Test func scalesFeatures() throws {
        let scaled = try apply(.features, [1, 10, 3, 30], rows: 2, columns: 2)
        #expect(zip(scaled, [-1, -1, 1, 1]).allSatisfy { abs($0 - $1) < 1e-14 })
    }

    @Test func scalesExamples() throws {
        let scaled = try apply(.examples, [1, 3, 10, 30], rows: 2, columns: 2)
        #expect(zip(scaled, [-1, 1, -1, 1]).allSatisfy { abs($0 - $1) < 1e-14 })
    }

    @Test(arguments: [1, 1e-200, 1e200])
    func scalesToUnitNormAtEveryMagnitude(_ scale: Double) throws {
        let scaled = try apply(.unitNorm, [3 * scale, 4 * scale], rows: 1, columns: 2)
        #expect(abs(scaled[0] - 0.6) < 1e-15 && abs(scaled[1] - 0.8) < 1e-15)
    }

    @Test func refusesWhatHasNoSpread() {
        #expect(throws: Standardization.Degenerate.self) { try apply(.features, [1, 2, 1, 3], rows: 2, columns: 2) }
        #expect(throws: Standardization.Degenerate.self) { try apply(.examples, [5, 5], rows: 1, columns: 2) }
        #expect(throws: Standardization.Degenerate.self) { try apply(.unitNorm, [0, 0], rows: 1, columns: 2) }
    }
}
