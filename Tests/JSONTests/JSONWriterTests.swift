import Testing

@testable import JSON

@Suite struct JSONWriterTests {
    @Test func writesDocuments() throws {
        var writer = JSONWriter()
        try writer.object { writer throws(NonFiniteNumber) in
            writer.member("id", "a\"b\\\n\u{1}é")
            writer.member("n", -3)
            writer.member("ok", true)
            try writer.member("x", 0.1)
            writer.name("list")
            try writer.array { writer throws(NonFiniteNumber) in
                writer.null()
                try writer.value(Float(0.1))
                try writer.value(1e5)
                writer.object { _ in }
                try writer.matrix([1.0, 2, 3, 4.5, -5, 6], shape: [2, 3])
            }
            try writer.member("request", ["b": [nil, "c"], "d": .integers([1, 2])])
        }
        let expected = #"{"id":"a\"b\\\n\u0001é","n":-3,"ok":true,"x":0.1,"list":[null,0.1,100000,{},[[1,2,3],[4.5,-5,6]]],"request":{"b":[null,"c"],"d":[1,2]}}"#
        #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
    }

    @Test(arguments: [
        ([], "7"), ([1], "[7]"), ([1, 1, 1], "[[[7]]]"), ([0], "[]"), ([2, 0], "[[],[]]"), ([0, 3], "[]"), ([2, 2, 0], "[[[],[]],[[],[]]]"),
        ([3], "[7,7,7]"), ([2, 1], "[[7],[7]]"), ([2, 1, 2], "[[[7,7]],[[7,7]]]"),
    ] as [([Int], String)])
    func writesShapes(_ shape: [Int], _ expected: String) throws {
        var writer = JSONWriter()
        try writer.matrix([Double](repeating: 7, count: shape.reduce(1, *)), shape: shape)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
    }

    @Test(arguments: [21 as UInt64, 22])
    func writesPiecesAsTheWhole(_ seed: UInt64) throws {
        print("seed \(seed)")
        var generator = SeededGenerator(seed: seed)
        let shape = [7, 3, 41]
        let values = (0..<7 * 3 * 41).map { _ in Double.random(in: -1e9...1e9, using: &generator) }
        var whole = JSONWriter()
        try whole.matrix(values, shape: shape)
        var pieces = JSONWriter()
        var text = pieces.beginMatrix(shape: shape)
        var joined: [UInt8] = []
        var rest = values[...]
        while !text.isComplete {
            let piece = Array(rest.prefix(Int.random(in: 0...97, using: &generator)))
            rest = rest.dropFirst(piece.count)
            try piece.withUnsafeBufferPointer { try pieces.append($0, to: &text) }
            joined += pieces.takeBytes()
        }
        #expect(joined == whole.bytes)
        #expect(try JSONParser.parse(joined) == .tensor(JSONTensor(shape: shape, values: values)))
    }

    @Test(arguments: [31 as UInt64, 32])
    func numbersReadBack(_ seed: UInt64) throws {
        print("seed \(seed)")
        var generator = SeededGenerator(seed: seed)
        let specials = [-0.0, Double.leastNonzeroMagnitude, .greatestFiniteMagnitude, 0x1p53, -0x1p53, 0x1p53 - 1, 1e15, -1e22, 9.5, -100]
        let values = specials + (0..<5000).map { _ in Double(bitPattern: generator.next()) }.filter(\.isFinite)
        var writer = JSONWriter()
        try writer.matrix(values, shape: [values.count])
        guard case .tensor(let tensor) = try JSONParser.parse(writer.bytes) else {
            Issue.record("a tensor")
            return
        }
        #expect(tensor.values.map(\.bitPattern) == values.map(\.bitPattern))
        let singles = (0..<5000).map { _ in Float(bitPattern: UInt32(truncatingIfNeeded: generator.next())) }.filter(\.isFinite)
        var second = JSONWriter()
        try second.matrix(singles, shape: [singles.count])
        let texts = String(decoding: second.bytes.dropFirst().dropLast(), as: UTF8.self).split(separator: ",")
        #expect(texts.map { Float($0)?.bitPattern } == singles.map(\.bitPattern))
    }

    @Test func refusesWhatIsNotFinite() {
        var writer = JSONWriter()
        #expect(throws: NonFiniteNumber(index: 2, isNaN: true)) { try writer.matrix([1, 2, Double.nan, 4], shape: [2, 2]) }
        #expect(throws: NonFiniteNumber(index: 0, isNaN: false)) { try writer.value(-Double.infinity) }
        #expect(throws: NonFiniteNumber(index: 1, isNaN: false)) { try writer.matrix([1, Float.infinity], shape: [2]) }
        #expect(throws: NonFiniteNumber.self) { try JSONValue.object(["a": .double(.nan)]).serialized() }
        #expect(!String(decoding: writer.bytes, as: UTF8.self).contains("n"))
    }
}
