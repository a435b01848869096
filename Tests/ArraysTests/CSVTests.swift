import Testing

@testable import Arrays

@Suite struct CSVTests {
    private struct Table {
        var summary: CSVSummary
        var inputs: (shape: [Int], values: [Double])
        var targets: (shape: [Int], values: [Double])?
    }

    private func read(_ bytes: [UInt8], header: Bool = false, targets: [String] = [], limits: CSVOptions.Limits = .init()) throws -> Table {
        let folder = try Folder()
        let options = CSVOptions(hasHeader: header, targets: targets, limits: limits)
        let path = try folder.write(bytes, to: "in")
        do {
            let summary = try CSVReader.read(path: path, options: options, inputs: folder.file("x"), targets: folder.file("y"))
            let read = try targets.isEmpty ? nil : float64(folder.file("y"))
            return Table(summary: summary, inputs: try float64(folder.file("x")), targets: read)
        } catch {
            #expect(try folder.names() == ["in"], "nothing is left behind")
            throw error
        }
    }

    private func read(_ text: String, header: Bool = false, targets: [String] = [], limits: CSVOptions.Limits = .init()) throws -> Table {
        try read(Array(text.utf8), header: header, targets: targets, limits: limits)
    }

    @Test(arguments: [
        "1,2\n3,4", "1,2\n3,4\n", "1,2\r\n3,4\r\n", "1,2\n3,4\n\n\r\n\n", "\"1\",2\n3,\"4\"\n", "\u{FEFF}1,2\n3,4\n", " 1 ,\t2\n3 , 4 \n", "+1,2.\n3.0e0,40E-1",
    ])
    func readsEveryFormOfATable(_ text: String) throws {
        let table = try read(text)
        #expect(table.inputs.shape == [2, 2])
        #expect(table.inputs.values == [1, 2, 3, 4])
        #expect(table.summary == CSVSummary(rows: 2, inputNames: nil, inputColumns: 2, targets: []))
    }

    @Test func readsTheHeaderAndTargets() throws {
        let text = "a,\"b,\"\"c\"\"\",a,kind\n1,2,3,4\n5,6,7,8\n"
        let table = try read(text, header: true, targets: ["last", "b,\"c\""])
        #expect(table.summary.inputNames == ["a", "a"])
        #expect(table.inputs.values == [1, 3, 5, 7])
        #expect(table.targets?.shape == [2, 2])
        #expect(table.targets?.values == [4, 2, 8, 6])
        #expect(table.summary.targets.map(\.name) == ["kind", "b,\"c\""])
        #expect(table.summary.targets.map(\.values) == [.numbers(areIndices: true, maximum: 8), .numbers(areIndices: true, maximum: 6)])
    }

    @Test func countsColumnsFromBothEnds() throws {
        #expect(try read("1,2,3\n", targets: ["0"]).targets?.values == [1])
        #expect(try read("1,2,3\n", targets: ["-1"]).targets?.values == [3])
        #expect(try read("1,2,3\n", targets: ["-3"]).targets?.values == [1])
        // A name comes before its meaning as a number or as last.
        #expect(try read("2,last,x\n1,2,3\n", header: true, targets: ["2"]).targets?.values == [1])
        #expect(try read("2,last,x\n1,2,3\n", header: true, targets: ["last"]).targets?.values == [2])
    }

    @Test func numbersLabelsInSortedOrder() throws {
        let table = try read("1,virginica\n2,\"se,tosa\"\n3,virginica\n4,Ä\n5,se\nosa".replacing("se\nosa", with: "\"se\nosa\""), targets: ["1"])
        #expect(table.summary.targets == [.init(name: nil, values: .labels(names: ["se\nosa", "se,tosa", "virginica", "Ä"]))])
        #expect(table.targets?.values == [2, 1, 2, 3, 0])
        #expect(table.inputs.values == [1, 2, 3, 4, 5])
        let mixed = try read("b,1,0.5\na,1,-2\nb,1,3\n", targets: ["2", "0"])
        #expect(mixed.targets?.values == [0.5, 1, -2, 0, 3, 1])
        #expect(mixed.summary.targets.map(\.values) == [.numbers(areIndices: false, maximum: 3), .labels(names: ["a", "b"])])
    }

    static let faults: [(text: String, kind: ArrayError.Kind, message: String)] = [
        ("", .invalidValue, "empty"), ("\n\n", .malformed, "first line is empty"), ("\u{FEFF}", .malformed, "first line is empty"),
        ("1,2\n3\n", .malformed, "line 2 has 1 cells and the first line has 2"), ("1,2\n3,4,5\n", .malformed, "line 2 has more than 2"),
        ("1,2\n\n3,4\n", .malformed, "line 2 is empty, and line 3"), ("1,2\n3,\n", .invalidValue, "line 2, column 1 (counted from 0): the cell is empty"),
        ("1,2\n,4\n", .invalidValue, "line 2, column 0"), ("1,2\n3,x4\n", .invalidValue, "'x4' is not a number"),
        ("a,b\n1,2\n", .invalidValue, "header=present"), ("1;2\n", .invalidValue, "by commas"), ("1\t2\n", .invalidValue, "by commas"),
        ("1\nNaN\n", .invalidValue, "not finite"), ("1\n-inf\n", .invalidValue, "not finite"), ("1\nInfinity\n", .invalidValue, "not finite"),
        ("1\n1e999\n", .invalidValue, "largest float64"), ("1\n1 2\n", .invalidValue, "not a number"), ("1\n0x10\n", .invalidValue, "not a number"),
        ("1\n+-1\n", .invalidValue, "not a number"), ("1\n--1\n", .invalidValue, "not a number"), ("1\n1.2.3\n", .invalidValue, "not a number"),
        ("1\n.\n", .invalidValue, "not a number"), ("1\n1_000\n", .invalidValue, "not a number"), ("1\n1e\n", .invalidValue, "not a number"),
        ("1\n\"2\n", .malformed, "line 2, column 0 (counted from 0): the cell begins with a quote"), ("1\n\"2\"x\n", .malformed, "after its closing quote"),
        ("1\n2\"\n", .malformed, "has a quote inside"), ("1\r2\r", .malformed, "carriage return alone"), ("1\n\u{0}\n", .invalidValue, "'?'"),
        ("\"1\n\",2\n3,4\n", .invalidValue, "line 1, column 0"), ("\"a\nb\",c\n1,2\n", .invalidValue, "line 1"),
    ]

    @Test(arguments: faults.indices)
    func saysWhatIsWrongAndWhere(_ index: Int) {
        let fault = Self.faults[index]
        expectRefusal(fault.kind, fault.message) { _ = try read(fault.text) }
    }

    @Test func countsTheLinesOfQuotedCells() {
        expectRefusal(.invalidValue, "line 4, column 1") { _ = try read("a,b\n\"x\ny\",1\nz,?\n", header: true, targets: ["a"]) }
        expectRefusal(.invalidValue, "no rows") { _ = try read("a,b\n", header: true) }
    }

    @Test func refusesTargetsThatAreNotThere() {
        for (targets, message) in [
            (["c"], "'a', 'b'"), (["2"], "no column 2"), (["-3"], "no column -3"), (["0", "a"], "second time"), (["a", "b"], "no inputs"), (["99999999999999999999"], "no target column"),
        ] {
            expectRefusal(.invalidOption, message) { _ = try read("a,b\n1,2\n", header: true, targets: targets) }
        }
        expectRefusal(.invalidOption, "2 columns are named 'a'") { _ = try read("a,a,b\n1,2,3\n", header: true, targets: ["a"]) }
        expectRefusal(.invalidOption, "from 0 to 1") { _ = try read("1,2\n", targets: ["a"]) }
        expectRefusal(.invalidValue, "not a number") { _ = try read("1,2\n1,b\n", targets: ["1"]) }
        expectRefusal(.invalidValue, "not finite") { _ = try read("1,nan\n1,2\n", targets: ["1"]) }
        expectRefusal(.invalidValue, "empty") { _ = try read("1,b\n1,\n", targets: ["1"]) }
        expectRefusal(.malformed, "UTF-8") { _ = try read(Array("1,".utf8) + [0xFF, 0x0A], targets: ["1"]) }
    }

    @Test func keepsToItsLimits() throws {
        var limits = CSVOptions.Limits()
        (limits.columns, limits.cellLength, limits.rows, limits.classes) = (3, 8, 2, 1)
        #expect(try read("1,2,12345678\n1,2,3", limits: limits).summary.rows == 2)
        expectRefusal(.tooLarge, "3 cells") { _ = try read("1,2,3,4\n", limits: limits) }
        expectRefusal(.tooLarge, "line 2, column 1") { _ = try read("1,2\n1,  1234567\n", limits: limits) }
        expectRefusal(.tooLarge, "8 bytes") { _ = try read("\"         1\"\n", limits: limits) }
        expectRefusal(.tooLarge, "2 rows") { _ = try read("1\n2\n3\n", limits: limits) }
        expectRefusal(.tooLarge, "distinct labels") { _ = try read("1,a\n2,b\n", targets: ["1"], limits: limits) }
    }

    @Test func readsNumbersAsTheStandardLibraryDoes() throws {
        let seed = freshSeed()
        var random = SeededGenerator(state: seed)
        var texts: [String] = []
        for _ in 0..<20_000 {
            var digits = String(random.next() % (1 << UInt64.random(in: 1...63, using: &random)))
            if random.next() % 2 == 0 { digits.insert(".", at: digits.index(digits.startIndex, offsetBy: Int.random(in: 0...digits.count, using: &random))) }
            if random.next() % 2 == 0 { digits = "-" + digits }
            if random.next() % 4 == 0 { digits += "e\(Int.random(in: -300...280, using: &random))" }
            texts.append(digits)
        }
        let values = try read(texts.joined(separator: "\n")).inputs.values
        for (text, value) in zip(texts, values) {
            #expect(value.bitPattern == Double(text.hasSuffix(".") ? text + "0" : text.replacing(".e", with: ".0e"))?.bitPattern, "seed \(seed): \(text)")
        }
    }

    @Test func mutatedTablesAreReadOrRefused() throws {
        let seed = freshSeed()
        var random = SeededGenerator(state: seed)
        let good = Array("a,\"b\"\"\",c\r\n1.5,-2e3,x\r\n\"3\",4,\"y\r\n\"\r\n+5, 6,x\r\n".utf8)
        for _ in 0..<1_000 {
            do {
                let table = try read(mutated(good, &random), header: random.next() % 4 > 0, targets: ["last"])
                #expect(table.inputs.values.allSatisfy { $0.isFinite })
            } catch let error as ArrayError {
                #expect(error.kind != .inputOutput && error.kind != .storageFull, "seed \(seed): \(error)")
            }
        }
    }
}
