import Testing

@testable import JSON

private enum Flavor: String, CaseIterable { case half_mean, half_sum, mean }

@Suite struct ObjectReaderTests {
    private func reader(_ source: String, _ faults: Faults) throws -> ObjectReader {
        try #require(ObjectReader(JSONParser.parse(source), at: .root.appending("r"), faults: faults))
    }

    @Test func readsWhatIsThere() throws {
        let faults = Faults()
        let reader = try reader(
            #"{"i":3,"f":3.0,"x":0.5,"b":true,"s":"t","c":"mean","o":{"k":1},"l":[1,2],"e":[],"cs":["mean","half_sum"],"n":null}"#, faults)
        #expect(reader.requiredInteger("i", in: 1...) == 3)
        #expect(reader.integer("f", in: 0..<4) == 3)
        #expect(reader.number("x", in: .between(0, 1, excludingLower: true)) == 0.5)
        #expect(reader.requiredBool("b") == true)
        #expect(reader.requiredString("s") == "t")
        #expect(reader.choice("c", default: Flavor.half_sum) == .mean)
        let object = try #require(reader.object("o"))
        #expect(object.integer("k") == 1)
        object.finish()
        #expect(reader.integers("l", in: 0..., count: 2...2) == [1, 2])
        #expect(reader.numbers("e") == [])
        #expect(reader.choices("cs", of: Flavor.self) == [.mean, .half_sum])
        #expect(reader.value("n") == .null)
        #expect(reader.integer("absent", default: 9) == 9 && reader.string("absent") == nil && !reader.has("absent"))
        reader.finish()
        #expect(faults.isEmpty)
    }

    @Test func recordsEveryFaultAtOnce() throws {
        let faults = Faults()
        let reader = try reader(
            #"{"i":0,"f":1.5,"x":2,"b":1,"s":3,"c":"half_men","o":[],"l":[1,"a",-2],"e":{},"cs":["mean","mean"],"n":null,"stepss":1,"zzz":2}"#, faults)
        _ = reader.requiredInteger("i", in: 1...)
        _ = reader.integer("f")
        _ = reader.number("x", in: .between(0, 1, excludingLower: true))
        _ = reader.bool("b")
        _ = reader.string("s")
        _ = reader.requiredChoice("c", of: Flavor.self)
        _ = reader.object("o")
        _ = reader.integers("l", in: 0...)
        _ = reader.numbers("e")
        _ = reader.choices("cs", of: Flavor.self)
        _ = reader.number("n")
        _ = reader.integer("steps")
        _ = reader.requiredString("missing")
        reader.finish()
        let known = #""i", "f", "x", "b", "s", "c", "o", "l", "e", "cs", "n", "steps", "missing""#
        #expect(faults.all.map { "\($0.pointer): \($0.detail)" } == [
            "/r/i: This must be at least 1, not 0.",
            "/r/f: This must be an integer, not 1.5.",
            "/r/x: This must be above 0 and at most 1, not 2.",
            "/r/b: This must be true or false, not a number.",
            "/r/s: This must be a string, not a number.",
            #"/r/c: This must be one of "half_mean", "half_sum", "mean", not "half_men". Did you mean "half_mean"?"#,
            "/r/o: This must be an object, not an array.",
            "/r/l/1: This must be an integer, not a string.",
            "/r/l/2: This must be at least 0, not -2.",
            "/r/e: This must be an array, not an object.",
            #"/r/cs/1: "mean" is named twice; name it once."#,
            "/r/n: This must be a number, not null; leave the member out where it has no value.",
            #"/r: The member "missing" is missing; it is required."#,
            #"/r/stepss: The member "stepss" is unknown; did you mean "steps"?"#,
            "/r/zzz: The member \"zzz\" is unknown; known are \(known).",
        ])
    }

    @Test(arguments: ["9223372036854775808", "1e17", "12345678901234567.0"])
    func refusesIntegersOfWhichDigitsAreNotKnown(_ text: String) throws {
        let faults = Faults()
        #expect(try faults.integer(JSONParser.parse(text), at: .root, in: 0...) == nil)
        #expect(faults.all.first?.detail.hasPrefix("This must be an integer from -9223372036854775807 to 9223372036854775807, written with all its digits") == true)
    }

    /// A wrong length hides no wrong element, and neither of them what is there twice.
    @Test func looksThroughArraysAtFault() throws {
        let faults = Faults()
        let reader = try reader(
            #"{"l":[1,0,"a",4],"d":[1,1,-1,1.0],"x":[0.5,5e-1,0,2],"cs":["mean","men","mean"],"a":[1,2,3],"e":[],"o":5}"#, faults)
        #expect(reader.integers("l", in: 1..., count: 1...2) == nil)
        #expect(reader.distinctIntegers("d", in: 0..., count: 1...) == nil)
        #expect(reader.distinctNumbers("x", in: .positive, count: 3...3) == nil)
        #expect(reader.choices("cs", of: Flavor.self, count: 1...) == nil)
        #expect(reader.array("a", count: 2...2)?.count == 3)
        #expect(reader.array("e", count: 1...) == nil)
        #expect(reader.distinctIntegers("o") == nil)
        #expect(faults.all.map { "\($0.pointer): \($0.detail)" } == [
            "/r/l: The number of elements must be from 1 to 2, not 4.",
            "/r/l/1: This must be at least 1, not 0.",
            "/r/l/2: This must be an integer, not a string.",
            "/r/d/1: 1 is named twice; name it once.",
            "/r/d/2: This must be at least 0, not -1.",
            "/r/d/3: 1 is named twice; name it once.",
            "/r/x: The number of elements must be 3, not 4.",
            "/r/x/1: 0.5 is named twice; name it once.",
            "/r/x/2: This must be above 0, not 0.",
            #"/r/cs/1: This must be one of "half_mean", "half_sum", "mean", not "men". Did you mean "mean"?"#,
            #"/r/cs/2: "mean" is named twice; name it once."#,
            "/r/a: The number of elements must be 2, not 3.",
            "/r/e: The number of elements must be at least 1, not 0.",
            "/r/o: This must be an array, not a number.",
        ])
    }

    /// Also of ranges of more numbers than an integer counts.
    @Test func namesRanges() throws {
        let faults = Faults()
        let reader = try reader(#"{"a":-1,"b":-1,"c":3,"d":3}"#, faults)
        _ = (reader.integer("a", in: 0...Int.max), reader.integer("b", in: 0..<Int.max), reader.integer("c", in: 2...2), reader.integer("d", in: 2..<3))
        #expect(faults.all.map(\.detail) == [
            "This must be from 0 to 9223372036854775807, not -1.", "This must be from 0 to 9223372036854775806, not -1.", "This must be 2, not 3.",
            "This must be 2, not 3.",
        ])
    }

    @Test func findsAChoiceBesideFaults() throws {
        let faults = Faults()
        let reader = try reader(#"{"cs":[3,"men","mean","mean"],"n":null}"#, faults)
        #expect(reader.place(of: Flavor.mean, in: "cs")?.description == "/r/cs/2")
        #expect(reader.place(of: Flavor.half_sum, in: "cs") == nil)
        #expect(reader.place(of: Flavor.mean, in: "n") == nil && reader.place(of: Flavor.mean, in: "absent") == nil)
        #expect(reader.hasValue("cs") && !reader.hasValue("n") && !reader.hasValue("absent"))
        #expect(faults.isEmpty)
    }

    /// Of an array far too long the first elements are looked at.
    @Test func looksAtTheFirstOfTooMany() throws {
        let faults = Faults()
        let reader = try reader("{\"l\":[\(Array(repeating: "-1", count: 5000).joined(separator: ","))]}", faults)
        #expect(reader.integers("l", in: 0..., count: 0...10) == nil)
        #expect(faults.count == 1001 && faults.all.count == 100)
    }

    @Test func keepsAnswersShort() throws {
        let faults = Faults(limit: 10)
        let long = String(repeating: "k", count: 100_000)
        let members = (0..<1000).map { "\"\(long.prefix($0 == 0 ? 100_000 : 20))\($0)\":1" }.joined(separator: ",")
        let reader = try reader("{\(members)}", faults)
        reader.finish()
        #expect(faults.count == 1000 && faults.all.count == 10)
        #expect(faults.all.allSatisfy { $0.pointer.description.utf8.count + $0.detail.utf8.count < 1000 })
    }

    @Test(arguments: [
        ("widht", "width"), ("Width", "width"), ("weigth_std", "weight_std"), ("relu6", "relu"), ("wdth", "width"),
        ("xyz", nil), ("a", nil), ("", nil), (String(repeating: "width", count: 100_000), nil),
    ] as [(String, String?)])
    func suggests(_ name: String, _ expected: String?) {
        #expect(nearestName(to: name, among: ["width", "weight_std", "relu", "a_b", "b"]) == expected)
    }

    @Test func measuresEdits() {
        #expect(editDistance("", "abc") == 3)
        #expect(editDistance("kitten", "sitting") == 3)
        #expect(editDistance("ab", "ba") == 1)
        #expect(editDistance("same", "SAME") == 0)
    }

    @Test func escapesPointers() {
        #expect(JSONPointer.root.appending("a/b").appending(3).appending("~1").description == "/a~1b/3/~01")
    }

    @Test func objectsKeepOrderAndChange() {
        var object = JSONObject((0..<30).map { (name: "k\($0)", value: .integer($0)) })
        object["k3"] = nil
        object["k7"] = "seven"
        object["new"] = true
        #expect(object.members.map(\.name) == (0..<30).filter { $0 != 3 }.map { "k\($0)" } + ["new"])
        #expect(object["k7"] == "seven" && object["k29"] == 29 && object["k3"] == nil)
        for index in 0..<25 { object["k\(index)"] = nil }
        #expect(object.members.count == 6 && object["k25"] == 25 && object["k7"] == nil)
    }
}
