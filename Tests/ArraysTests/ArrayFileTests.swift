import Foundation
import Glibc
import Testing

@testable import Arrays

@Suite struct ArrayFileTests {
    @Test func writesFromManyThreadsAndReadsBack() throws {
        let folder = try Folder()
        let path = folder.file("a.npy")
        let file = try ArrayFile(path: path, shape: try ArrayShape([64, 33]), elementType: .float64)
        DispatchQueue.concurrentPerform(iterations: 64) { row in
            let elements = file.bytes.bindMemory(to: Double.self)
            for column in 0..<33 { elements[row * 33 + column] = Double(row * 100 + column) }
        }
        try file.finish()
        let array = try MappedArray(path: path)
        #expect(array.shape.axes == [64, 33])
        #expect(array.elements(as: Float.self) == nil)
        let rows = try #require(array.rows(10..<12, as: Double.self))
        #expect(Array(rows) == (10..<12).flatMap { row in (0..<33).map { Double(row * 100 + $0) } })
        #expect(UInt(bitPattern: array.bytes.baseAddress) % 64 == 0)
        withExtendedLifetime(array) {}
    }

    @Test func removesAFileThatIsNotFinished() throws {
        let folder = try Folder()
        do {
            let file = try ArrayFile(path: folder.file("a.npy"), shape: try ArrayShape([4]), elementType: .float32)
            #expect(file.elements(as: Float.self)?.count == 4)
            #expect(file.elements(as: Double.self) == nil)
            _ = try ArrayAppender<Double>(path: folder.file("b.npy"), rowShape: [2])
        }
        #expect(try folder.names() == [])
    }

    @Test func neverWritesOverAFile() throws {
        let folder = try Folder()
        let path = try folder.write([1, 2, 3], to: "a.npy")
        expectRefusal(.inputOutput, "exists") { _ = try ArrayFile(path: path, shape: try ArrayShape([4]), elementType: .float32) }
        expectRefusal(.inputOutput, "exists") { _ = try ArrayAppender<Float>(path: path, rowShape: []) }
        #expect(try Folder.bytes(path) == [1, 2, 3])
    }

    @Test func storesArraysWithoutElements() throws {
        let folder = try Folder()
        let file = try ArrayFile(path: folder.file("a.npy"), shape: try ArrayShape([0, 3]), elementType: .float64)
        try file.finish()
        #expect(try float64(folder.file("a.npy")).values.isEmpty)
    }

    /// A tmpfs knows its size, so that a file beyond it is refused at once.
    @Test func saysThatTheStorageIsFullBeforeAnythingIsWritten() throws {
        var status = statvfs()
        try #require(statvfs("/dev/shm", &status) == 0)
        let beyond = Int(status.f_blocks) * Int(status.f_frsize) / 8 + 1_000_000
        let path = "/dev/shm/tangent-arrays-\(UUID().uuidString)"
        expectRefusal(.storageFull, "room") { _ = try ArrayFile(path: path, shape: try ArrayShape([beyond]), elementType: .float64) }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    /// The limit on the size of files stands in for a full disk. It holds for the whole process, so it is well above what other tests write.
    @Test func saysThatTheStorageIsFullWhileItAppends() throws {
        let folder = try Folder()
        signal(SIGXFSZ, SIG_IGN)
        var before = rlimit()
        try #require(getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &before) == 0)
        var lowered = before
        lowered.rlim_cur = 256 << 20
        try #require(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &lowered) == 0)
        defer { setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &before) }
        let piece = [Double](repeating: 1, count: 4 << 20)
        expectRefusal(.storageFull, "room") {
            let appender = try ArrayAppender<Double>(path: folder.file("a.npy"), rowShape: [])
            for _ in 0..<9 { try piece.withUnsafeBufferPointer { try appender.append($0) } }
        }
        #expect(try folder.names() == [])
    }

    @Test func appendsRowsOfUnknownNumber() throws {
        let folder = try Folder()
        let path = folder.file("a.npy")
        let appender = try ArrayAppender<Double>(path: path, rowShape: [3])
        // More than the buffer of a mebibyte, in pieces shorter and longer than it.
        var expected: [Double] = []
        for length in [3, 300, 60_000, 150_000, 3] {
            let piece = (0..<length).map { Double(expected.count + $0) }
            try piece.withUnsafeBufferPointer { try appender.append($0) }
            expected += piece
        }
        try appender.rewrite { place, value in value + Double(place % 3) }
        try [1.0, 2, 3].withUnsafeBufferPointer { try appender.append($0) }
        #expect(try appender.finish().axes == [expected.count / 3 + 1, 3])
        let read = try float64(path)
        #expect(read.values == expected.enumerated().map { $1 + Double($0 % 3) } + [1, 2, 3])
    }

    @Test func refusesFilesThatLieAboutTheirLength() throws {
        let folder = try Folder()
        let good = NPYHeader.encode(type: .float64, shape: try ArrayShape([3])) + littleEndian([1.0, 2, 3])
        for (name, bytes) in [("short", Array(good.dropLast())), ("long", good + [0]), ("empty", []), ("header", Array(good.prefix(64)))] {
            let path = try folder.write(bytes, to: name)
            expectRefusal(.malformed) { _ = try MappedArray(path: path) }
        }
        let vast = try folder.write(npy(descr: "<f8", shape: "(1000000000000,)", data: [1, 2, 3]), to: "vast")
        expectRefusal(.malformed, "cut short") { _ = try MappedArray(path: vast) }
        expectRefusal(.malformed, "cut short") { _ = try NPYConversion.convert(source: vast, destination: folder.file("out")) }
        expectRefusal(.inputOutput) { _ = try MappedArray(path: folder.file("none")) }
        #expect(try !folder.names().contains("out"))
    }

    @Test func refusesToMapWhatIsNotStoredByUs() throws {
        let folder = try Folder()
        let order = try folder.write(npy(descr: "<f8", shape: "(2, 2)", fortran: true, data: littleEndian([1.0, 2, 3, 4])), to: "f")
        expectRefusal(.unsupported, "Fortran") { _ = try MappedArray(path: order) }
        let integers = try folder.write(npy(descr: "<i8", shape: "(1,)", data: littleEndian([1])), to: "i")
        expectRefusal(.unsupported, "<i8") { _ = try MappedArray(path: integers) }
        let unaligned = try folder.write(npy("{'descr':'<f8','fortran_order':False,'shape':(1,)}   ", data: littleEndian([1.0])), to: "u")
        expectRefusal(.malformed, "aligned") { _ = try MappedArray(path: unaligned) }
    }
}
