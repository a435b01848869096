import Testing

@testable import JSON

@Suite struct JSONParserTests {
    static let documents: KeyValuePairs<String, JSONValue> = [
        "null": nil, " true ": true, "false": false, "\"\"": "", "{}": .object(JSONObject()), "[]": .array([]),
        "0": 0, "-7": -7, "9223372036854775807": .integer(.max), "0.5": 0.5, "1E2": .double(100), "-1.5e-3": .double(-0.0015),
        "\"\\u00e9\\ud83d\\ude00\\n\\/\"": "é😀\n/", "\"é😀\"": "é😀",
        "[1, 2,3]": tensor([3], [1, 2, 3]), "[[1,2],[3,4]]": tensor([2, 2], [1, 2, 3, 4]),
        "[[[1],[2]],[[3],[4]],[[5],[6]]]": tensor([3, 2, 1], [1, 2, 3, 4, 5, 6]),
        "[[1,2],[3]]": .array([tensor([2], [1, 2]), tensor([1], [3])]),
        "[[1,2],[3,4],[]]": .array([tensor([2], [1, 2]), tensor([2], [3, 4]), .array([])]),
        "[[1,2],[3,null],[4,5]]": .array([tensor([2], [1, 2]), .array([3, nil]), tensor([2], [4, 5])]),
        "[1,[2]]": .array([1, tensor([1], [2])]), "[[2],1]": .array([tensor([1], [2]), 1]),
        "[[2],[3],1]": .array([tensor([1], [2]), tensor([1], [3]), 1]),
        "[[[1]],[2]]": .array([tensor([1, 1], [1]), tensor([1], [2])]),
        "[1,9007199254740993,\"a\"]": .array([1, .integer(9_007_199_254_740_993), "a"]),
        "[[],[1]]": .array([.array([]), tensor([1], [1])]), "[[[]]]": .array([.array([.array([])])]),
        "{\"a\":[1,{\"b\":[2]}],\"c\":null}": ["a": .array([1, ["b": tensor([1], [2])]]), "c": nil],
    ]

    private static func tensor(_ shape: [Int], _ values: [Double]) -> JSONValue { .tensor(JSONTensor(shape: shape, values: values)) }

    @Test(arguments: documents.map { ($0.key, $0.value) })
    func reads(_ source: String, _ expected: JSONValue) throws {
        #expect(try JSONParser.parse(source) == expected)
    }

    /// Beyond 2^53 a fraction or an exponent would round to a neighbour without a word.
    @Test(arguments: ["9007199254740993.0", "9007199254740992.0", "9007199254740993e0", "-9.007199254740993e15", "1e300"])
    func takesLargeIntegersOnlyWithAllTheirDigits(_ source: String) throws {
        let faults = Faults()
        #expect(try faults.integer(JSONParser.parse(source), at: .root) == nil && !faults.isEmpty)
        #expect(try Faults().integer(JSONParser.parse("9007199254740991.0"), at: .root) == 9_007_199_254_740_991)
    }

    /// A seed is every one of its digits: in a list as on its own, read and written.
    @Test(arguments: [
        [9_007_199_254_740_991, 9_007_199_254_740_992, 9_007_199_254_740_993], [.max], [1, -9_007_199_254_740_993, .max - 1, 0], [1 - .max, 2],
    ])
    func keepsIntegersBeyondDoubles(_ integers: [Int]) throws {
        let source = "{\"seeds\":\(integers),\"seed\":\(integers[0])}".replacing(" ", with: "")
        let read = try JSONParser.parse(source)
        #expect(read["seeds"] == .integers(integers) && read["seed"] == .integer(integers[0]))
        #expect(try text(read) == source)
        let faults = Faults()
        let reader = try #require(ObjectReader(read, at: .root, faults: faults))
        #expect(reader.integers("seeds") == integers && reader.integer("seed") == integers[0] && faults.isEmpty)
        // Spaces, and numbers of other kinds between them.
        let spaced = try JSONParser.parse("[ 0.5 , \(integers[0])\n,1e3, \(integers[0]) ]")
        #expect(spaced.elements?.map { if case .number(let number) = $0 { number.integer } else { nil } } == [nil, integers[0], 1000, integers[0]])
    }

    @Test func keepsTheSignOfZero() throws {
        guard case .number(let number) = try JSONParser.parse("-0") else {
            Issue.record("-0 is a number")
            return
        }
        #expect(number.value.sign == .minus)
        #expect(try text(.number(number)) == "-0")
    }

    @Test(arguments: [
        "01", "-01", "00", "-", "+1", ".5", "1.", "1.e3", "1e", "1e+", "0x10", "1_000", "NaN", "nan", "Infinity", "-Infinity", "-inf",
        "[1,]", "[,1]", "[1 2]", "[1", "[", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{a:1}", "{'a':1}", "{\"a\":1 \"b\":2}",
        "[01]", "[1,-]", "[1,2.]", "[[1],[2.]]", "1 2", "[] []", "nul", "nulll", "tru", "True", "\"", "\"a", "\"\\", "\"\\x\"",
        "\"\\u12\"", "\"\\u12g4\"", "\"\t\"", "\"\u{0}\"", "// c\n1", "[1]/**/", "]", "}", ":", "", " ", "\u{FEFF}1", "[1]\u{0}", "\u{A0}1",
        "\"\\ud800\"", "\"\\ud800x\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\\udc00\\ud800\"",
    ])
    func refuses(_ source: String) {
        #expect(failure(source)?.category == .syntax, "\(source)")
    }

    @Test(arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0x80]] as [[UInt8]])
    func refusesInvalidUTF8(_ bytes: [UInt8]) {
        let plain = failure(Array("[\"é".utf8) + bytes + Array("\"]".utf8))
        #expect(plain?.reason == .invalidUTF8)
        #expect(plain?.offset == 4)
        #expect(failure(Array("\"\\n".utf8) + bytes + Array("\"".utf8))?.reason == .invalidUTF8)
    }

    @Test(arguments: [
        ("{\"a\": {\"b\": [1, 2, 1e999]}}", "/a/b/2", JSONError.Category.document),
        ("{\"x\": [[1, 2], [3, -1e400]]}", "/x/1/1", .document),
        ("{\"x\": [[1, 2], [3, \"a\", 1e400]]}", "/x/1/2", .document),
        ("[{\"k\": 1, \"k\": 2}]", "/0/k", .document),
        ("{\"a/b\": {\"~\": nope}}", "/a~1b/~0", .syntax),
        ("{\"x\": [[1, 2], [3, NaN]]}", "/x/1/1", .syntax),
        ("[[1], 5, [[2], [x]]]", "/2/1/0", .syntax),
    ] as [(String, String, JSONError.Category)])
    func saysWhere(_ source: String, _ pointer: String, _ category: JSONError.Category) throws {
        let error = try #require(failure(source))
        #expect(error.pointer.description == pointer)
        #expect(error.category == category)
    }

    @Test func saysWhereInLinesAndColumns() throws {
        let error = try #require(failure("{\n  \"é\": 1,\n  \"b\": x\n}"))
        #expect((error.line, error.column, error.offset) == (3, 8, 20))
        #expect(error.detail == "Found 'x' where a value belongs (line 3, column 8).")
    }

    @Test func findsDuplicatesAmongManyMembers() throws {
        let members = (0..<10_000).map { "\"k\($0)\":\($0)" }
        guard case .object(let object) = try JSONParser.parse("{" + members.joined(separator: ",") + "}") else {
            Issue.record("an object")
            return
        }
        #expect(object.members.count == 10_000 && object["k9999"] == 9999 && object["k10000"] == nil)
        #expect(failure("{" + (members + ["\"k77\":0"]).joined(separator: ",") + "}")?.reason == .duplicateMember("k77"))
    }

    @Test func tellsEveryNameThatIsThereTwice() throws {
        let text = #"{"a": {"b": 1, "b": 2}, "c": [1, {"d": [[{"e": 1, "e": 2}]]}],\n "a": {"f": 1, "f": 2}, "c": 3}"#.replacing(#"\n"#, with: "\n")
        let error = try #require(failure(text))
        #expect(([error] + error.others).map(\.pointer.description) == ["/a/b", "/c/1/d/0/0/e", "/a", "/a/f", "/c"])
        #expect(([error] + error.others).map(\.line) == [1, 1, 2, 2, 2])
        #expect(error.others.map(\.column).prefix(2) == [51, 2])
        // What is no JSON at all is that first.
        #expect(failure(#"{"a": 1, "a": 2"#)?.reason == .unexpectedEnd)
        #expect(failure("[" + Array(repeating: #"{"a": 1, "a": 2}"#, count: 500).joined(separator: ",") + "]")?.others.count == 99)
    }

    @Test(arguments: [("[", "]"), ("{\"a\":", "}")])
    func limitsDepth(_ open: String, _ close: String) throws {
        func nested(_ depth: Int) -> String { String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth) }
        #expect(failure(nested(64)) == nil)
        #expect(failure(nested(65))?.reason == .tooDeep(limit: 64))
        #expect(failure(String(repeating: open, count: 1_000_000))?.reason == .tooDeep(limit: 64))
    }

    @Test func limitsTheLengthOfNumbers() throws {
        #expect(failure("0." + String(repeating: "1", count: 1022)) == nil)
        #expect(failure("0." + String(repeating: "1", count: 1023))?.reason == .numberTooLong(limit: 1024))
        #expect(failure("[" + String(repeating: "9", count: 1_000_000) + "]")?.reason == .numberTooLong(limit: 1024))
    }

    @Test(arguments: ["[]", "{}", "[1]", "[1,2],[1]", "\"\"", "1,null"])
    func limitsValuesThatAreNotPacked(_ element: String) throws {
        let many = "[" + Array(repeating: element, count: 1000).joined(separator: ",") + ",true]"
        var limits = JSONParser.Limits()
        limits.values = 990
        #expect(failure(Array(many.utf8), limits: limits)?.reason == .tooManyValues(limit: 990))
        #expect(failure(many) == nil)
    }

    @Test func doesNotCountPackedNumbers() throws {
        var limits = JSONParser.Limits()
        limits.values = 2
        let matrix = "{\"x\":[" + Array(repeating: "[1,2,3]", count: 1000).joined(separator: ",") + "]}"
        #expect(failure(Array(matrix.utf8), limits: limits) == nil)
    }

    @Test(arguments: [1 as UInt64, 2, 3])
    func agreesWithTheStandardLibraryOnNumbers(_ seed: UInt64) throws {
        print("seed \(seed)")
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<5000 {
            let bits = Double(bitPattern: generator.next())
            let decimals = Double(Int.random(in: -1_000_000_000...1_000_000_000, using: &generator)) / 1e6
            for value in [bits, decimals, decimals * 1e-20] where value.isFinite {
                guard case .number(let number) = try JSONParser.parse("\(value)") else {
                    Issue.record("\(value)")
                    continue
                }
                #expect(number.value.bitPattern == value.bitPattern, "\(value)")
            }
        }
    }

    /// Whatever the bytes, the parser answers with a value or a typed fault whose offset lies in the text.
    @Test(arguments: [11 as UInt64, 12, 13, 14])
    func survivesRandomMutations(_ seed: UInt64) throws {
        print("seed \(seed)")
        var generator = SeededGenerator(seed: seed)
        let seedText = Array(#"{"a":[[1,2.5e3],[-3,4]],"b":"x\u00e9\ud83d\ude00é","c":[1,null,[2],{"d":true}],"e":[[[1]],[[2]]],"f":-0.0}"#.utf8)
        let alphabet = Array("[]{},:\"\\u0123456789eE.+-tfn \u{7F}".utf8) + [0x00, 0x80, 0xC3, 0xED, 0xFF]
        for _ in 0..<4000 {
            var bytes = seedText
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                let byte = alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes[index] = byte
                case 1: bytes.insert(byte, at: index)
                case 2 where bytes.count > 1: bytes.remove(at: index)
                default: bytes.insert(contentsOf: bytes[index..<min(bytes.count, index + 12)], at: index)
                }
            }
            do throws(JSONError) {
                let value = try JSONParser.parse(bytes)
                let again = try JSONParser.parse((try? value.serialized()) ?? [])
                #expect(again == value, "\(String(decoding: bytes, as: UTF8.self))")
            } catch {
                #expect((0...bytes.count).contains(error.offset), "\(String(decoding: bytes, as: UTF8.self))")
            }
        }
    }
}
