import Testing

@testable import Arrays

@Suite struct NPYConversionTests {
    private func convert(_ bytes: [UInt8]) throws -> (shape: [Int], values: [Double]) {
        let folder = try Folder()
        let summary = try NPYConversion.convert(source: try folder.write(bytes, to: "in"), destination: folder.file("out"))
        #expect(summary.elementType == .float64)
        return try float64(folder.file("out"))
    }

    @Test func readsEveryDtype() throws {
        func check<Value>(_ descr: String, _ values: [Value], _ expected: [Double], sourceLocation: SourceLocation = #_sourceLocation) throws {
            let read = try convert(npy(descr: descr, shape: "(\(values.count),)", data: littleEndian(values)))
            #expect(read.shape == [values.count], sourceLocation: sourceLocation)
            #expect(read.values == expected, sourceLocation: sourceLocation)
        }
        try check("|b1", [0, 1, 1] as [UInt8], [0, 1, 1])
        try check("|u1", [0, 255] as [UInt8], [0, 255])
        try check("|i1", [-128, 127] as [Int8], [-128, 127])
        try check("<u2", [0, 65_535] as [UInt16], [0, 65_535])
        try check("<i2", [-32_768, 32_767] as [Int16], [-32_768, 32_767])
        try check("<u4", [0, .max] as [UInt32], [0, 4_294_967_295])
        try check("<i4", [.min, .max] as [Int32], [-2_147_483_648, 2_147_483_647])
        try check("<u8", [0, .max] as [UInt64], [0, 0x1p64])
        try check("<i8", [.min, 1 << 53] as [Int64], [-0x1p63, 0x1p53])
        try check("<f8", [-0.0, 0x1p-1074, 1.7976931348623157e308], [-0.0, 0x1p-1074, 1.7976931348623157e308])
    }

    @Test func keepsFloat32() throws {
        let folder = try Folder()
        let path = try folder.write(npy(descr: "<f4", shape: "(2, 1, 2)", data: littleEndian([1, -2.5, 0x1p-149, 3.4e38] as [Float])), to: "in")
        let summary = try NPYConversion.convert(source: path, destination: folder.file("out"))
        #expect(summary.elementType == .float32)
        #expect(summary.shape.axes == [2, 1, 2])
        let array = try MappedArray(path: folder.file("out"))
        #expect(Array(try #require(array.elements(as: Float.self))) == [1, -2.5, 0x1p-149, 3.4e38])
        withExtendedLifetime(array) {}
    }

    /// Element (i, j, k) is 100 i + 10 j + k, the first index fastest in the file.
    @Test func putsFortranOrderInCOrder() throws {
        var (file, expected): ([Double], [Double]) = ([], [])
        for k in 0..<4 { for j in 0..<3 { for i in 0..<2 { file.append(Double(100 * i + 10 * j + k)) } } }
        for i in 0..<2 { for j in 0..<3 { for k in 0..<4 { expected.append(Double(100 * i + 10 * j + k)) } } }
        #expect(try convert(npy(descr: "<f8", shape: "(2, 3, 4)", fortran: true, data: littleEndian(file))).values == expected)
        let narrow = file.map { Int16($0) }
        #expect(try convert(npy(descr: "<i2", shape: "(2, 3, 4)", fortran: true, data: littleEndian(narrow))).values == expected)
    }

    @Test func convertsMoreThanOneBlock() throws {
        let values = (0..<100_001).map { Double($0) / 7 }
        #expect(try convert(npy(descr: "<f8", shape: "(100001, 1)", data: littleEndian(values))).values == values)
        let rows = (0..<300).map { row in (0..<500).map { Double(row * 500 + $0) } }
        let columns = (0..<500).flatMap { column in rows.map { $0[column] } }
        #expect(try convert(npy(descr: "<f8", shape: "(300, 500)", fortran: true, data: littleEndian(columns))).values == rows.flatMap { $0 })
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity, -.nan, Double(bitPattern: 0x7FF0_0000_0000_0001)])
    func namesTheFirstValueThatIsNotFinite(_ bad: Double) throws {
        var values = [Double](repeating: 1, count: 40_000 * 3)
        values[39_000 * 3 + 2] = bad
        values[39_999 * 3] = .nan
        expectRefusal(.invalidValue, "(39000, 2)") { _ = try convert(npy(descr: "<f8", shape: "(40000, 3)", data: littleEndian(values))) }
        // The same place in the file is another index in Fortran order.
        expectRefusal(.invalidValue, "(37002, 2)") { _ = try convert(npy(descr: "<f8", shape: "(40000, 3)", fortran: true, data: littleEndian(values))) }
        let narrow = [1, Float(bad), 1]
        expectRefusal(.invalidValue, "(1,)") { _ = try convert(npy(descr: "<f4", shape: "(3,)", data: littleEndian(narrow))) }
    }

    @Test func theFiniteCheckAgreesWithIsFinite() {
        let seed = freshSeed()
        var random = SeededGenerator(state: seed)
        for _ in 0..<20_000 {
            var bits = random.next()
            if random.next() % 2 == 0 { bits |= 0x7FF0_0000_0000_0000 }
            let value = Double(bitPattern: bits)
            let narrow = Float(bitPattern: UInt32(truncatingIfNeeded: bits >> 32))
            #expect([0, value].withUnsafeBufferPointer { FiniteCheck.firstNonFinite(in: $0) } == (value.isFinite ? nil : 1))
            #expect([narrow].withUnsafeBufferPointer { FiniteCheck.firstNonFinite(in: $0) } == (narrow.isFinite ? nil : 0))
        }
    }

    @Test(arguments: ["()", "(0,)", "(0, 3)", "(3, 0)"])
    func refusesArraysWithoutRows(_ shape: String) {
        let data = shape == "()" ? littleEndian([1.0]) : []
        expectRefusal(.invalidValue, "no rows") { _ = try convert(npy(descr: "<f8", shape: shape, data: data)) }
    }

    @Test func mutatedFilesAreReadOrRefused() throws {
        let seed = freshSeed()
        var random = SeededGenerator(state: seed)
        let folder = try Folder()
        let good = npy(descr: "<f4", shape: "(3, 2)", data: littleEndian([1, 2, 3, 4, 5, 6] as [Float]))
        for round in 0..<3_000 {
            let path = try folder.write(mutated(good, &random), to: "in")
            do {
                let summary = try NPYConversion.convert(source: path, destination: folder.file("\(round)"))
                #expect(summary.shape.count > 0)
            } catch {
                #expect(error.kind != .inputOutput && error.kind != .storageFull, "seed \(seed): \(error)")
            }
        }
    }
}

/// `bytes` with one to four random changes: a byte replaced, a piece cut out, doubled, or the end cut off.
func mutated(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
    var result = bytes
    for _ in 0..<Int.random(in: 1...4, using: &random) where !result.isEmpty {
        let place = Int.random(in: 0..<result.count, using: &random)
        let end = min(result.count, place + Int.random(in: 1...8, using: &random))
        switch Int.random(in: 0..<8, using: &random) {
        case 0: result.removeSubrange(place..<end)
        case 1: result.insert(contentsOf: Array(result[place..<end]), at: place)
        case 2: result.removeSubrange(place...)
        case 3: result[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 4: result[place] = [0, 0xFF, 0x7F, 0x80][Int.random(in: 0..<4, using: &random)]
        default: result[place] = UInt8.random(in: 0...255, using: &random)
        }
    }
    return result
}
