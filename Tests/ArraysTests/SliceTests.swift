import Testing

@testable import Arrays

@Suite struct SliceTests {
    @Test(arguments: [("2:5", 2..<5), ("2:", 2..<10), (":5", 0..<5), (":", 0..<10), ("0:10", 0..<10), ("09:010", 9..<10)])
    func readsSlices(_ text: String, _ range: Range<Int>) throws {
        #expect(try SliceText.range(text, of: 10, name: "rows") == range)
    }

    @Test(arguments: ["", "3", "1:2:3", "-1:", ":-1", "+1:2", "a:b", "1 :2", "1.0:2", "0x1:2", "99999999999999999999:", "1:11", "5:5", "6:5", "10:", "٣:٤"])
    func refusesSlices(_ text: String) {
        expectRefusal(.invalidOption, "rows=") { _ = try SliceText.range(text, of: 10, name: "rows") }
    }

    /// Element (i, j, ...) is its place in C order.
    private func stored(_ axes: [Int], in folder: Folder, as type: ElementType = .float64) throws -> MappedArray {
        let file = try ArrayFile(path: folder.file("a.npy"), shape: try ArrayShape(axes), elementType: type)
        for place in 0..<file.shape.count {
            file.elements(as: Double.self)?[place] = Double(place)
            file.elements(as: Float.self)?[place] = Float(place) / 10
        }
        try file.finish()
        return try MappedArray(path: folder.file("a.npy"))
    }

    @Test func selectsRowsAndColumns() throws {
        let folder = try Folder()
        let region = try ArrayRegion(stored([4, 5], in: folder), rows: "1:3", columns: "2:")
        #expect(region.shape.axes == [2, 3])
        #expect(region.rowStride == 5)
        #expect((0..<2).map { region.row($0, as: Double.self).map(Array.init) } == [[7, 8, 9], [12, 13, 14]])
        #expect(region.row(0, as: Float.self) == nil)
    }

    @Test func keepsFurtherAxesWhole() throws {
        let folder = try Folder()
        let region = try ArrayRegion(stored([2, 3, 4], in: folder), rows: "1:", columns: "1:2")
        #expect(region.shape.axes == [1, 1, 4])
        #expect(region.row(0, as: Double.self).map(Array.init) == [16, 17, 18, 19])
    }

    @Test func refusesAxesThatAreNotThere() throws {
        let folder = try Folder()
        let vector = try stored([4], in: folder)
        #expect(try ArrayRegion(vector, rows: "1:3").row(1, as: Double.self).map(Array.init) == [2])
        expectRefusal(.invalidOption, "no columns") { _ = try ArrayRegion(vector, columns: "0:1") }
    }

    @Test func anyPieceOfTheFileIsThatPieceOfTheWhole() throws {
        let folder = try Folder()
        let region = try ArrayRegion(stored([7, 11], in: folder), rows: "2:6", columns: "3:8")
        var whole: [UInt8] = []
        region.appendNPY(0..<region.npyByteCount, to: &whole)
        let expected = (2..<6).flatMap { row in (3..<8).map { Double(row * 11 + $0) } }
        #expect(whole == NPYHeader.encode(type: .float64, shape: try ArrayShape([4, 5])) + littleEndian(expected))
        for start in stride(from: 0, through: whole.count, by: 5) {
            for end in stride(from: start, through: whole.count, by: 7) {
                var piece: [UInt8] = []
                region.appendNPY(start..<end, to: &piece)
                #expect(piece == Array(whole[start..<end]))
            }
        }
    }

    @Test func theWholeArrayIsTheFileItself() throws {
        let folder = try Folder()
        let array = try stored([3, 2], in: folder, as: .float32)
        let region = try ArrayRegion(array)
        var whole: [UInt8] = []
        region.appendNPY(0..<region.npyByteCount, to: &whole)
        #expect(try whole == Folder.bytes(folder.file("a.npy")))
    }

    private func csv(_ region: ArrayRegion, _ rows: Range<Int>) -> String {
        var output: [UInt8] = []
        CSVWriter(region).append(rows: rows, to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    @Test func writesCSV() throws {
        let folder = try Folder()
        let region = try ArrayRegion(stored([4, 3], in: folder, as: .float32), rows: "1:", columns: ":2")
        #expect(csv(region, 0..<3) == "0.3,0.4\r\n0.6,0.7\r\n0.9,1\r\n")
        #expect(csv(region, 1..<2) == "0.6,0.7\r\n")
    }

    @Test func whatIsWrittenAsCSVReadsBackTheSame() throws {
        let seed = freshSeed()
        var random = SeededGenerator(state: seed)
        let folder = try Folder()
        // Rows longer than the writer's scratch.
        let file = try ArrayFile(path: folder.file("a.npy"), shape: try ArrayShape([20, 601]), elementType: .float64)
        let elements = try #require(file.elements(as: Double.self))
        for index in elements.indices {
            let value = Double(bitPattern: random.next())
            elements[index] = value.isFinite ? value : 0
        }
        try file.finish()
        let text = try csv(ArrayRegion(MappedArray(path: folder.file("a.npy"))), 0..<20)
        let path = try folder.write(Array(text.utf8), to: "a.csv")
        _ = try CSVReader.read(path: path, options: CSVOptions(hasHeader: false), inputs: folder.file("x.npy"), targets: folder.file("y.npy"))
        let (before, after) = (try float64(folder.file("a.npy")), try float64(folder.file("x.npy")))
        #expect(after.shape == [20, 601])
        #expect(before.values.map(\.bitPattern) == after.values.map(\.bitPattern), "seed \(seed)")
    }
}
