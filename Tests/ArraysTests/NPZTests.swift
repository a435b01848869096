import CZlib
import Foundation
import Testing

@testable import Arrays

@Suite struct NPZTests {
    /// numpy.savez_compressed(f, x=numpy.arange(6, dtype="<i2").reshape(3, 2), y=numpy.array([True, False, True])), numpy 2.4.
    static let compressedByNumpy = """
        UEsDBC0AAAAIAAAAIQB1iCO7//////////8FABQAeC5ucHkBABAAjAAAAAAAAABSAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TaaSuo6Cell9U\
        UpSYF59flJIKEndLzClOBYoXZyQWpAL5GsY6CkaaOgq1CmQDLgYGRgYmBmYGFgZWBgBQSwMELQAAAAgAAAAhABaTjLv//////////wUAFAB5Lm5weQEA\
        EACDAAAAAAAAAEcAAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgXpNkqK6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkaxjqaOgq1ChQALkYG\
        RgBQSwECLQMtAAAACAAAACEAdYgju1IAAACMAAAABQAAAAAAAAAAAAAAgAEAAAAAeC5ucHlQSwECLQMtAAAACAAAACEAFpOMu0cAAACDAAAABQAAAAAA\
        AAAAAAAAgAGJAAAAeS5ucHlQSwUGAAAAAAIAAgBmAAAABwEAAAAA
        """

    /// numpy.savez(f, inputs=numpy.array([[1.5, -2]], dtype="<f4")), numpy 2.4.
    static let storedByNumpy = """
        UEsDBC0AAAAAAAAAIQD9z6UI//////////8KABQAaW5wdXRzLm5weQEAEACIAAAAAAAAAIgAAAAAAAAAk05VTVBZAQB2AHsnZGVzY3InOiAnPGY0Jywg\
        J2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDEsIDIpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg\
        ICAgICAgICAgICAgIAoAAMA/AAAAwFBLAQItAy0AAAAAAAAAIQD9z6UIiAAAAIgAAAAKAAAAAAAAAAAAAACAAQAAAABpbnB1dHMubnB5UEsFBgAAAAAB\
        AAEAOAAAAMQAAAAAAA==
        """

    @Test func readsWhatNumpyWrites() throws {
        let folder = try Folder()
        let compressed = try folder.write([UInt8](try #require(Data(base64Encoded: Self.compressedByNumpy))), to: "c.npz")
        let both = try NPZReader.read(path: compressed, inputs: folder.file("x"), targets: folder.file("y"))
        #expect(both.inputs.shape.axes == [3, 2])
        #expect(try float64(folder.file("x")).values == [0, 1, 2, 3, 4, 5])
        #expect(both.targets?.shape.axes == [3])
        #expect(try float64(folder.file("y")).values == [1, 0, 1])

        let stored = try folder.write([UInt8](try #require(Data(base64Encoded: Self.storedByNumpy))), to: "s.npz")
        let one = try NPZReader.read(path: stored, inputs: folder.file("x2"), targets: folder.file("y2"))
        #expect(one.inputs.elementType == .float32)
        #expect(one.targets == nil)
        #expect(try folder.names() == ["c.npz", "s.npz", "x", "x2", "y"])
    }

    private let column = npy(descr: "<f8", shape: "(3, 1)", data: littleEndian([1.0, 2, 3]))

    private func read(_ archive: [UInt8], limits: NPZReader.Limits = .init()) throws -> NPZReader.Summary {
        let folder = try Folder()
        let path = try folder.write(archive, to: "in")
        do {
            return try NPZReader.read(path: path, limits: limits, inputs: folder.file("x"), targets: folder.file("y"))
        } catch {
            #expect(try folder.names() == ["in"], "nothing is left behind")
            throw error
        }
    }

    @Test func readsStoredDeflatedAndZip64() throws {
        for deflated in [false, true] {
            for wide in [false, true] {
                let archive = zip([.init("other/../../evil.npy", [1]), .init("inputs.npy", column, deflated: deflated, zip64: wide)])
                #expect(try read(archive).inputs.shape.axes == [3, 1])
            }
        }
        #expect(try read(zip([.init("x.npy", column)], comment: "PK\u{5}\u{6} is no end here")).inputs.shape.rows == 3)
    }

    @Test func refusesWhatIsNoArchiveOfInputs() {
        expectRefusal(.malformed, "begin") { _ = try read(Array("not a zip file at all, but long enough".utf8)) }
        expectRefusal(.malformed) { _ = try read([]) }
        expectRefusal(.invalidValue, "'arr_0.npy'") { _ = try read(zip([.init("arr_0.npy", column)])) }
        expectRefusal(.invalidValue, "more than one") { _ = try read(zip([.init("x.npy", column), .init("inputs.npy", column)])) }
        expectRefusal(.invalidValue, "more than one") { _ = try read(zip([.init("x.npy", column), .init("x.npy", column)])) }
        let two = npy(descr: "<f8", shape: "(2,)", data: littleEndian([1.0, 2]))
        expectRefusal(.invalidValue, "3 rows and targets 2") { _ = try read(zip([.init("x.npy", column), .init("y.npy", two)])) }
        let bad = npy(descr: "<f8", shape: "(1,)", data: littleEndian([Double.nan]))
        expectRefusal(.invalidValue, "targets holds nan at index (0,)") { _ = try read(zip([.init("x.npy", column), .init("y.npy", bad)])) }
        let strings = npy(descr: "<U1", shape: "(1,)", data: [0x61, 0, 0, 0])
        expectRefusal(.unsupported, "strings") { _ = try read(zip([.init("x.npy", strings)])) }
    }

    @Test func refusesEncryptionAndOtherMethods() {
        expectRefusal(.unsupported, "encrypted") { _ = try read(zip([.init("x.npy", column, flags: 1)])) }
        expectRefusal(.unsupported, "method 12") { _ = try read(zip([.init("x.npy", column, method: 12)])) }
    }

    @Test func checksTheChecksum() {
        for deflated in [false, true] {
            expectRefusal(.malformed, "checksum") { _ = try read(zip([.init("x.npy", column, deflated: deflated, checksum: 1)])) }
        }
        var flipped = zip([.init("x.npy", column)])
        flipped[flipped.count - 100] ^= 1
        expectRefusal(.malformed) { _ = try read(flipped) }
    }

    @Test func refusesMembersThatLieAboutTheirSize() {
        for deflated in [false, true] {
            for size in [0, column.count - 1, column.count + 1, 1 << 30] {
                expectRefusal(.malformed) { _ = try read(zip([.init("x.npy", column, deflated: deflated, size: size)])) }
            }
        }
        // A header that promises more than the member holds reserves nothing.
        let vast = npy(descr: "<f8", shape: "(100000000000,)", data: littleEndian([1.0]))
        expectRefusal(.malformed, "needs 800000000000 bytes") { _ = try read(zip([.init("x.npy", vast, deflated: true)])) }
    }

    @Test func refusesBombs() {
        let zeros = npy(descr: "<f8", shape: "(1000000,)", data: [UInt8](repeating: 0, count: 8_000_000))
        expectRefusal(.tooLarge, "100 times") { _ = try read(zip([.init("x.npy", zeros, deflated: true)])) }
        // A mebibyte may grow as it likes.
        let few = npy(descr: "<f8", shape: "(100000,)", data: [UInt8](repeating: 0, count: 800_000))
        #expect(throws: Never.self) { try read(zip([.init("x.npy", few, deflated: true)])) }
        var limits = NPZReader.Limits()
        limits.size = 2 * column.count - 1
        expectRefusal(.tooLarge, "bytes long") { _ = try read(zip([.init("x.npy", column), .init("y.npy", column)]), limits: limits) }
    }

    @Test func truncatedArchivesAreRefused() {
        let whole = zip([.init("x.npy", column, deflated: true)])
        for length in 0..<whole.count {
            expectRefusal(.malformed) { _ = try read(Array(whole[..<length])) }
        }
    }

    @Test func mutatedArchivesAreReadOrRefused() throws {
        let seed = freshSeed()
        var random = SeededGenerator(state: seed)
        let archives = [
            zip([.init("x.npy", column, deflated: true), .init("y.npy", column)]),
            zip([.init("inputs.npy", column, zip64: true)]),
            [UInt8](try #require(Data(base64Encoded: Self.compressedByNumpy))),
        ]
        for round in 0..<3_000 {
            do {
                let summary = try read(mutated(archives[round % 3], &random))
                #expect(summary.inputs.shape.count > 0)
            } catch let error as ArrayError {
                #expect(error.kind != .inputOutput && error.kind != .storageFull, "seed \(seed): \(error)")
            }
        }
    }
}

/// A member of a test archive: every field can be made to lie.
private struct Entry {
    var name: String
    var content: [UInt8]
    var deflated = false
    var zip64 = false
    var flags: UInt16 = 0
    var method: UInt16?
    var checksum: UInt32?
    var size: Int?

    init(
        _ name: String, _ content: [UInt8], deflated: Bool = false, zip64: Bool = false, flags: UInt16 = 0, method: UInt16? = nil,
        checksum: UInt32? = nil, size: Int? = nil
    ) {
        (self.name, self.content, self.deflated, self.zip64) = (name, content, deflated, zip64)
        (self.flags, self.method, self.checksum, self.size) = (flags, method, checksum, size)
    }
}

/// A zip archive by PKWARE's APPNOTE, sections 4.3.7 to 4.3.16.
private func zip(_ entries: [Entry], comment: String = "") -> [UInt8] {
    func u16(_ value: Int) -> [UInt8] { littleEndian([UInt16(truncatingIfNeeded: value)]) }
    func u32(_ value: Int) -> [UInt8] { littleEndian([UInt32(truncatingIfNeeded: value)]) }
    var (archive, directory): ([UInt8], [UInt8]) = ([], [])
    for entry in entries {
        let data = entry.deflated ? deflated(entry.content) : entry.content
        let sum = entry.checksum ?? UInt32(crc32(0, entry.content, uInt(entry.content.count)))
        let (size, offset) = (entry.size ?? entry.content.count, archive.count)
        let method = Int(entry.method ?? (entry.deflated ? 8 : 0))
        let common = u16(Int(entry.flags)) + u16(method) + u32(0) + u32(Int(sum))
        archive += u32(0x0403_4B50) + u16(20) + common + u32(data.count) + u32(size) + u16(entry.name.utf8.count) + u16(0)
        archive += Array(entry.name.utf8) + data
        let extra = entry.zip64 ? u16(1) + u16(24) + littleEndian([size, data.count, offset]) : []
        let sizes = entry.zip64 ? [UInt8](repeating: 0xFF, count: 8) : u32(data.count) + u32(size)
        directory += u32(0x0201_4B50) + u16(20) + u16(20) + common + sizes + u16(entry.name.utf8.count) + u16(extra.count) + u16(0)
        directory += u16(0) + u16(0) + u32(0) + (entry.zip64 ? u32(0xFFFF_FFFF) : u32(offset)) + Array(entry.name.utf8) + extra
    }
    let isWide = entries.contains { $0.zip64 }
    let start = archive.count
    archive += directory
    if isWide {
        let record = archive.count
        archive += u32(0x0606_4B50) + littleEndian([44]) + u16(45) + u16(45) + u32(0) + u32(0)
        archive += littleEndian([entries.count, entries.count, directory.count, start])
        archive += u32(0x0706_4B50) + u32(0) + littleEndian([record]) + u32(1)
    }
    let count = isWide ? u16(0xFFFF) : u16(entries.count)
    archive += u32(0x0605_4B50) + u32(0) + count + count + u32(directory.count) + (isWide ? u32(0xFFFF_FFFF) : u32(start))
    return archive + u16(comment.utf8.count) + Array(comment.utf8)
}

/// `bytes` as a raw deflate stream.
private func deflated(_ bytes: [UInt8]) -> [UInt8] {
    var stream = z_stream()
    deflateInit2_(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    var (input, output) = (bytes, [UInt8](repeating: 0, count: bytes.count + 1_000))
    let count = input.withUnsafeMutableBufferPointer { source in
        output.withUnsafeMutableBufferPointer { target in
            (stream.next_in, stream.avail_in) = (source.baseAddress, uInt(source.count))
            (stream.next_out, stream.avail_out) = (target.baseAddress, uInt(target.count))
            deflate(&stream, Z_FINISH)
            return target.count - Int(stream.avail_out)
        }
    }
    deflateEnd(&stream)
    return Array(output[..<count])
}
