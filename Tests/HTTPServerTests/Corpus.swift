/// Byte streams of the checklist, each with the status that the server owes for its first request
/// (nil: it is a good request). Ids follow the sections: request line, header, Content-Length, Transfer-Encoding.
struct Case: Sendable, CustomStringConvertible {
    let id: String
    let bytes: [UInt8]
    let status: Int?
    var description: String { id }

    init(_ id: String, _ text: String, _ status: Int?) {
        self.id = id
        bytes = Array(text.utf8)
        self.status = status
    }

    init(_ id: String, bytes: [UInt8], _ status: Int?) {
        self.id = id
        self.bytes = bytes
        self.status = status
    }
}

enum Corpus {
    static let host = "Host: h\r\n"

    static func get(_ target: String, version: String = "HTTP/1.1") -> String {
        "GET \(target) \(version)\r\nHost: h\r\n\r\n"
    }

    static func fields(_ lines: String, body: String = "") -> String {
        "POST /echo HTTP/1.1\r\nHost: h\r\n\(lines)\r\n\r\n\(body)"
    }

    static func chunked(_ body: String) -> String {
        fields("Transfer-Encoding: chunked", body: body)
    }

    static func inField(_ bytes: [UInt8]) -> [UInt8] {
        Array("GET / HTTP/1.1\r\nHost: h\r\nX: a".utf8) + bytes + Array("b\r\n\r\n".utf8)
    }

    static let requestLines: [Case] = [
        Case("RL1 bare LF", "GET / HTTP/1.1\nHost: h\r\n\r\n", 400),
        Case("RL2 bare CR in a field", "GET / HTTP/1.1\r\nHost: h\r\nFoo: 1\rBar: 2\r\n\r\n", 400),
        Case("RL2 CR only", "GET / HTTP/1.1\rHost: h\r\r", 400),
        Case("RL3 one empty line", "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", nil),
        Case("RL3 three empty lines", "\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        Case("RL4 two spaces", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        Case("RL4 two spaces before the version", "GET /  HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        Case("RL4 tab", "GET\t/\tHTTP/1.1\r\nHost: h\r\n\r\n", 400),
        Case("RL4 leading space", " GET / HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        Case("RL4 trailing space", "GET / HTTP/1.1 \r\nHost: h\r\n\r\n", 400),
        Case("RL5 space in target", get("/a b"), 400),
        Case("RL5 non-ASCII target", get("/\u{e9}"), 400),
        Case("RL5 NUL in target", get("/\u{0}"), 400),
        Case("RL5 quote", get("/\""), 400), Case("RL5 less", get("/<"), 400), Case("RL5 backslash", get("/\\"), 400),
        Case("RL5 caret", get("/^"), 400), Case("RL5 brace", get("/{"), 400), Case("RL5 bar", get("/|"), 400),
        Case("RL5 backtick", get("/`"), 400),
        Case("RL6 missing target", "GET HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        Case("RL6 HTTP/0.9", "GET /\r\n\r\n", 400),
        Case("RL6 no minor", get("/", version: "HTTP/1"), 400), Case("RL6 leading zero", get("/", version: "HTTP/01.1"), 400),
        Case("RL6 case", get("/", version: "http/1.1"), 400), Case("RL6 space", get("/", version: "HTTP/ 1.1"), 400),
        Case("RL6 long minor", get("/", version: "HTTP/1.32"), 400),
        Case("RL6 overflow", get("/", version: "HTTP/4294967295.255"), 400),
        Case("RL7 HTTP/2", get("/", version: "HTTP/2.0"), 505),
        Case("RL7 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        Case("RL7 HTTP/1.2", get("/", version: "HTTP/1.2"), nil),
        Case("RL8 HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", nil),
        Case("RL9 method with a separator", "G=T / HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        Case("RL9 method with NUL", "G\u{0}T / HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        Case("RL10 unknown method", "MKCOLA / HTTP/1.1\r\nHost: h\r\n\r\n", 501),
        Case("RL10 lower case", "get / HTTP/1.1\r\nHost: h\r\n\r\n", 501),
        Case("RL11 long method", String(repeating: "M", count: 200) + " / HTTP/1.1\r\nHost: h\r\n\r\n", 501),
        Case("RL12 OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", nil),
        Case("RL12 GET *", get("*"), 400),
        Case("RL12 CONNECT", "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", 501),
        Case("RL13 absolute form", get("http://h/p?q"), nil), Case("RL13 user", get("http://u@h/p"), 400),
        Case("RL13 no authority", get("http:///p"), 400), Case("RL13 relative", get("p"), 400),
        Case("RL14 fragment", get("/a#b"), 400),
        Case("RL15 7900 bytes", get("/" + String(repeating: "a", count: 7900)), nil),
        Case("RL15 too long", get("/" + String(repeating: "a", count: 9000)), 414),
        Case("RL15 endless", "GET /" + String(repeating: "a", count: 9000), 414),
        Case("RL16 NUL", get("/a%00"), 400), Case("RL16 CRLF", get("/a%0d%0a"), 400),
        Case("RL16 dots", get("/%2e%2e%2fetc"), 400), Case("RL16 plain dots", get("/a/../b"), 400),
        Case("RL16 overlong", get("/%c0%af"), 400), Case("RL16 bad escape", get("/%zz"), 400),
        Case("RL16 cut escape", get("/%2"), 400), Case("RL16 good escape", get("/%C3%A9?x=%zz"), nil),
        Case("garbage", bytes: [0x16, 0x03, 0x01, 0x02, 0x00, 0x01], 400),
    ]

    static let headers: [Case] = [
        Case("B1 no Host", "GET / HTTP/1.1\r\n\r\n", 400),
        Case("B1 two Hosts", "GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", 400),
        Case("B1 list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400), Case("B1 comma", "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", 400),
        Case("B1 user", "GET / HTTP/1.1\r\nHost: u@h\r\n\r\n", 400), Case("B1 path", "GET / HTTP/1.1\r\nHost: h/p\r\n\r\n", 400),
        Case("B1 bad port", "GET / HTTP/1.1\r\nHost: h:x\r\n\r\n", 400),
        Case("B1 port out of range", "GET / HTTP/1.1\r\nHost: h:65536\r\n\r\n", 400),
        Case("B1 empty", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400), Case("B1 IPv6", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", nil),
        Case("B1 bad IPv6", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400),
        Case("B2 space before colon", fields("Content-Length : 5", body: "hello"), 400),
        Case("B2 tab before colon", fields("X\t: 5"), 400),
        Case("B3 folded", "GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n", 400),
        Case("B3 folded coding", fields("Transfer-Encoding:\r\n chunked", body: "0\r\n\r\n"), 400),
        Case("B4 leading space", "GET / HTTP/1.1\r\n Host: h\r\n\r\n", 400), Case("B4 empty name", fields(": x"), 400),
        Case("B4 no colon", fields("abc"), 400), Case("B4 separator", fields("Fo@: x"), 400),
        Case("B4 high byte", bytes: Array("GET / HTTP/1.1\r\nHost: h\r\nX\u{e9}: 1\r\n\r\n".utf8), 400),
        Case("B4 tab in name", fields("Fo\to: x"), 400), Case("B4 NUL in name", fields("Fo\u{0}: x"), 400),
        Case("B5 NUL", bytes: inField([0]), 400), Case("B5 CR", bytes: inField([13]), 400),
        Case("B5 LF", bytes: inField([10]), 400), Case("B5 VT", bytes: inField([11]), 400),
        Case("B5 DEL", bytes: inField([127]), 400), Case("B5 tab", bytes: inField([9]), nil),
        Case("B6 0xA0 stays", bytes: inField([0xA0]), nil),
        Case("B7 underscores", fields("Transfer_Encoding: chunked\r\nContent_Length: 7"), nil),
        Case("B8 two types", fields("Content-Type: a/b\r\nContent-Type: a/b"), 400),
        Case("B8 two credentials", fields("Authorization: a\r\nAuthorization: b"), 400),
        Case("B9 case", "POST /echo HTTP/1.1\r\nhOsT: h\r\nTRANSFER-ENCODING: chunked\r\n\r\n0\r\n\r\n", nil),
        Case("B10 joined", fields("Accept: a/b\r\nX: 1\r\nAccept: c/d\r\nx: 2"), nil),
        Case("F long line", fields("X: " + String(repeating: "a", count: 17_000)), 431),
        Case("F long name", fields(String(repeating: "a", count: 17_000) + ": x"), 431),
        Case("F section", fields((0..<8).map { "X\($0): " + String(repeating: "a", count: 9000) }.joined(separator: "\r\n")), 431),
        Case("F count", fields((0..<200).map { "X\($0): a" }.joined(separator: "\r\n")), 431),
        Case("E3 unknown expectation", fields("Content-Length: 1\r\nExpect: wonders", body: "x"), 417),
    ]

    static let lengths: [Case] = [
        Case("C1 differing", fields("Content-Length: 5\r\nContent-Length: 6", body: "hello"), 400),
        Case("C1 list", fields("Content-Length: 5, 6", body: "hello"), 400),
        Case("C2 equal", fields("Content-Length: 5\r\nContent-Length: 5", body: "hello"), 400),
        Case("C2 equal list", fields("Content-Length: 5, 5", body: "hello"), 400),
        Case("C7 none", "POST /echo HTTP/1.1\r\nHost: h\r\n\r\n", nil), Case("C7 zero", fields("Content-Length: 0"), nil),
        Case("C good", fields("Content-Length: 5", body: "hello"), nil),
        Case("C blanks", fields("Content-Length: \t 5 \t", body: "hello"), nil),
    ]
        + [
            "+5", "-5", "-0", "5_0", "0x5", "0o5", "5Z", "\"5\"", "5.0", "1e3", "", "4 2", "0005", "00", "9223372036854775808",
            "99999999999999999999999",
        ].map { Case("C3/C4 [\($0)]", fields("Content-Length: \($0)", body: "hello"), 400) }

    static let codings: [Case] = [
        Case("D1 TE and CL", fields("Transfer-Encoding: chunked\r\nContent-Length: 5", body: "0\r\n\r\n"), 400),
        Case("D1 CL and TE", fields("Content-Length: 5\r\nTransfer-Encoding: chunked", body: "0\r\n\r\n"), 400),
        Case("D1 CL and unknown TE", fields("Content-Length: 5\r\nTransfer-Encoding: gzip", body: "hello"), 400),
        Case("D2 two fields", fields("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", body: "0\r\n\r\n"), 400),
        Case("D2 NBSP", bytes: Array("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: ".utf8) + [0xA0] + Array("chunked\r\n\r\n".utf8), 400),
        Case("D3 gzip, chunked", fields("Transfer-Encoding: gzip, chunked", body: "0\r\n\r\n"), 501),
        Case("D3 unknown", fields("Transfer-Encoding: wonders", body: "0\r\n\r\n"), 501),
        Case("D4 case", fields("Transfer-Encoding: Chunked", body: "0\r\n\r\n"), nil),
        Case("D4 trailing blanks", fields("Transfer-Encoding: chunked \t", body: "0\r\n\r\n"), nil),
        Case("D5 HTTP/1.0", "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ]
        + [
            "chunked, gzip", "chunked, chunked", "identity", ",chunked", "chunked,", "", "chunkedchunked", "xchunked",
            "chunked;p=1", "\u{b}chunked", "\"chunked\"", "chun ked",
        ].map { Case("D2 [\($0)]", fields("Transfer-Encoding: \($0)", body: "0\r\n\r\n"), 400) }

    static let chunks: [Case] = [
        Case("D7 hex", chunked("A\r\n0123456789\r\na\r\n0123456789\r\n000\r\n\r\n"), nil),
        Case("D7 extension", chunked("5;a=b;c=\"q\\\"x\";d\r\nhello\r\n0;e\r\n\r\n"), nil),
        Case("D9 long extension", chunked("5;" + String(repeating: "a", count: 400) + "\r\nhello\r\n0\r\n\r\n"), 400),
        Case("D9 extensions in sum", chunked(String(repeating: "1;" + String(repeating: "a", count: 200) + "\r\nx\r\n", count: 40)), 400),
        Case("D10 longer", chunked("5\r\nhello!\r\n0\r\n\r\n"), 400), Case("D10 shorter", chunked("5\r\nhell\r\n0\r\n\r\n"), 400),
        Case("D10 no CRLF", chunked("5\r\nhello0\r\n\r\n"), 400), Case("D10 LF", chunked("5\r\nhello\n0\r\n\r\n"), 400),
        Case("D10 CR X", chunked("5\r\nhello\rX0\r\n\r\n"), 400), Case("D10 0 X", chunked("0\r\nX\r\n\r\n"), 400),
        Case("D11 trailers", chunked("5\r\nhello\r\n0\r\nX-Sum: 1\r\nContent-Length: 9\r\nHost: evil\r\n\r\n"), nil),
        Case("D11 many trailers", chunked("0\r\n" + String(repeating: "X: 1\r\n", count: 40) + "\r\n"), 431),
        Case("D11 large trailers", chunked("0\r\nX: " + String(repeating: "a", count: 9000) + "\r\n\r\n"), 431),
        Case("D11 bad trailer", chunked("0\r\nX : 1\r\n\r\n"), 400), Case("D11 LF", chunked("0\r\nX: 1\n\r\n"), 400),
    ]
        + [
            "", "0x5", "+5", "-0", "5_0", " 5", "5 ", "G", "00000000000000005", "FFFFFFFFFFFFFFF0", "8000000000000000",
            "5;", "5;[", "5;a\u{0}", "5;a\rX", "5;\n", "5;a=\"b", "5;a=", "5 ;a",
        ].map { Case("D6/D8 [\($0.debugDescription)]", chunked("\($0)\r\nhello\r\n0\r\n\r\n"), 400) }

    static let all = requestLines + headers + lengths + codings + chunks
}
