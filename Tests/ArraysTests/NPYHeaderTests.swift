import Testing

@testable import Arrays

@Suite struct NPYHeaderTests {
    @Test func writesWhatItReads() throws {
        for axes in [[], [0], [7], [3, 4], [2, 0, 5], [1_797, 8, 8, 1]] {
            for type in ElementType.allCases {
                let shape = try ArrayShape(axes)
                let bytes = NPYHeader.encode(type: type, shape: shape)
                let read = try header(bytes)
                #expect(bytes.count % 64 == 0)
                #expect(read.shape == shape)
                #expect(read.type.rawValue == type.descr)
                #expect(!read.isFortranOrder)
                #expect(read.dataOffset == bytes.count)
            }
        }
    }

    /// The bytes that numpy 2.4 writes before the data of numpy.zeros((3, 4)).
    @Test func writesTheBytesOfNumpy() throws {
        let text = "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }"
        let numpy: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0, 118, 0] + Array(text.utf8)
            + [UInt8](repeating: 0x20, count: 117 - text.utf8.count) + [0x0A]
        #expect(NPYHeader.encode(type: .float64, shape: try ArrayShape([3, 4]), length: 128) == numpy)
    }

    @Test(arguments: [
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }",
        "{\"shape\":(3,4,),\"descr\":\"<f8\",\"fortran_order\":False}",
        "  {\n'fortran_order' : False , 'shape' : ( 3 , 4 ) , 'descr' : '<f8' } \n",
    ])
    func readsEveryFormOfTheLiteral(_ text: String) throws {
        for version: UInt8 in 1...3 {
            let read = try header(npy(text, version: version))
            #expect(read.type == .float64)
            #expect(read.shape.axes == [3, 4])
        }
    }

    static let malformed: [String] = [
        "", "{", "{}", "[]", "{'descr': '<f8'}", "{'descr': '<f8', 'fortran_order': False}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4)", "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4)} x",
        "{'descr': '<f8', 'fortran_order': false, 'shape': (3,)}", "{'descr': '<f8', 'fortran_order': 0, 'shape': (3,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3)}", "{'descr': '<f8', 'fortran_order': False, 'shape': [3]}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-3,)}", "{'descr': '<f8', 'fortran_order': False, 'shape': (+3,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3.0,)}", "{'descr': '<f8', 'fortran_order': False, 'shape': (0x3,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (,)}", "{'descr': '<f8', 'fortran_order': False, 'shape': (3,,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), 'extra': 1}",
        "{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (3,)}",
        "{'descr': '<f8' 'fortran_order': False, 'shape': (3,)}", "{'descr': '\\x3cf8', 'fortran_order': False, 'shape': (3,)}",
        "{'descr': '<f8, 'fortran_order': False, 'shape': (3,)}", "{descr: '<f8', 'fortran_order': False, 'shape': (3,)}",
        "{'descr': __import__('os'), 'fortran_order': False, 'shape': (3,)}",
    ]

    @Test(arguments: malformed)
    func refusesAMalformedLiteral(_ text: String) {
        expectRefusal(.malformed, "header") { _ = try header(npy(text)) }
    }

    @Test func refusesShapesThatOverflow() {
        for shape in ["(4294967296, 4294967296)", "(9223372036854775807, 2)", "(99999999999999999999,)", "(0, 9223372036854775807, 9)", "(1152921504606846976,)"] {
            expectRefusal(.tooLarge) { _ = try header(npy(descr: "<f8", shape: shape, data: [])) }
        }
        let axes = Array(repeating: "1", count: 33).joined(separator: ",")
        expectRefusal(.tooLarge, "33 axes") { _ = try header(npy(descr: "<f8", shape: "(\(axes))", data: [])) }
    }

    @Test(arguments: [
        (">f8", "big-endian"), (">i4", "big-endian"), ("|O", "objects"), ("|S5", "strings"), ("<U3", "strings"), ("<c16", "complex"),
        ("<M8[ns]", "times"), ("|V8", "records"), ("<f2", "neither"), ("<f16", "neither"), ("=f8", "not known"), ("f8", "not known"), ("", "not known"),
    ])
    func refusesADtypeByName(_ descr: String, _ reason: String) {
        expectRefusal(.unsupported, reason) { _ = try header(npy(descr: descr, shape: "(1,)", data: [])) }
    }

    @Test func refusesRecords() {
        expectRefusal(.unsupported, "record") { _ = try header(npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}")) }
    }

    @Test func refusesAForeignOrTruncatedFront() {
        let whole = npy(descr: "<f8", shape: "(1,)", data: [])
        for length in 0..<whole.count {
            expectRefusal(.malformed) { _ = try header(Array(whole[..<length])) }
        }
        expectRefusal(.malformed, "begin") { _ = try header(Array("PK\u{3}\u{4} not an array".utf8)) }
    }

    @Test func refusesOtherVersionsAndLongHeaders() {
        expectRefusal(.unsupported, "4.0") { _ = try header(npy("{}", version: 4)) }
        var minor = npy("{}")
        minor[7] = 1
        expectRefusal(.unsupported, "1.1") { _ = try header(minor) }
        let long = npy(String(repeating: " ", count: 70_000), version: 2)
        expectRefusal(.tooLarge, "65536") { _ = try header(long) }
    }

    @Test func shapesCountWithoutOverflow() throws {
        #expect(try ArrayShape([]).count == 1)
        #expect(try ArrayShape([3, 0, 2]).count == 0)
        #expect(try ArrayShape([3, 4, 2]).rowLength == 8)
        #expect(try ArrayShape([5]).description == "(5,)")
        #expect(try ArrayShape([3, 4, 2]).index(ofElement: 17) == [2, 0, 1])
        expectRefusal(.malformed) { _ = try ArrayShape([3, -1]) }
    }
}
