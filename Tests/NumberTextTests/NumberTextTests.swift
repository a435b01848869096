import Testing

@testable import NumberText

private func parse(_ text: String) -> NumberText.Parsed {
    Array(text.utf8).withUnsafeBytes { NumberText.parse($0) }
}

@Suite struct NumberTextTests {
    @Test(arguments: ["0", "-0.0", "1e-320", "2.2250738585072014e-308", "1.7976931348623157e308", "0.1", "123456789012345678901234567890"])
    func readsWhatTheStandardLibraryReads(_ text: String) throws {
        guard case .value(let value, let length) = parse(text) else {
            Issue.record("\(text) is a number")
            return
        }
        #expect(length == text.utf8.count)
        #expect(value.bitPattern == Double(text)?.bitPattern)
    }

    @Test func tellsOverflowFromUnderflow() {
        #expect(parse("1e999") == .overflow)
        #expect(parse("-1e999") == .overflow)
        #expect(parse("1e-999") == .value(0, length: 6))
    }

    @Test(arguments: ["", "nan", "inf", "-inf", "x", "+1", " 1"])
    func refusesWhatIsNoNumber(_ text: String) {
        #expect(parse(text) == .none)
    }

    @Test func writesTheShortestTextThatReadsBack() {
        var generator = SystemRandomNumberGenerator()
        var buffer = [UInt8](repeating: 0, count: NumberText.maximumLength)
        for _ in 0..<10_000 {
            let value = Double(bitPattern: generator.next())
            guard value.isFinite else { continue }
            let length = buffer.withUnsafeMutableBytes { NumberText.write(value, into: $0.baseAddress!) }
            let text = String(decoding: buffer[..<length], as: UTF8.self)
            #expect(Double(text)?.bitPattern == value.bitPattern, "\(value) became \(text)")
        }
    }
}
