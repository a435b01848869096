/// The parser's state: a position in a text that outlives it.
struct JSONScanner {
    // Holds because a scanner lives only inside `JSONParser.parse`, whose caller owns the bytes; every read is below `end`.
    let base: UnsafePointer<UInt8>
    let end: Int
    let limits: JSONParser.Limits
    var position = 0
    var depth = 0
    var values = 0
    /// Numbers of the arrays being read, innermost last; each array knows where its own begin.
    var packed: [Double] = []
    /// Whether the list of numbers read last has an integer that a double may not hold.
    var hasLargeInteger = false
    /// Names that stand in their object again, in the order of the text. Reading goes on, so that all of them are told.
    private(set) var duplicates: [ScanFailure] = []
    /// More of them are not kept: a text may have millions.
    private static let mostDuplicates = 100

    /// 10^0 to 10^22: the powers that a double holds exactly. Held here, as a static would be looked up for each number.
    let powersOfTen: [Double] = (0...22).map { exponent in (0..<exponent).reduce(1.0) { power, _ in power * 10 } }

    private static let nothing: StaticString = ""

    init(_ text: UnsafeRawBufferPointer, limits: JSONParser.Limits) {
        base = text.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Self.nothing.utf8Start
        end = text.count
        self.limits = limits
    }

    mutating func document() throws(ScanFailure) -> JSONValue {
        if end >= 3, base[0] == 0xEF, base[1] == 0xBB, base[2] == 0xBF { throw failure(.byteOrderMark) }
        skipSpace()
        guard position < end else { throw failure(.empty) }
        let value = try value()
        skipSpace()
        guard position == end else { throw failure(.trailingText) }
        return value
    }

    /// Any value; `position` stands at its first byte.
    mutating func value() throws(ScanFailure) -> JSONValue {
        guard position < end else { throw failure(.unexpectedEnd) }
        try countValue()
        switch base[position] {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number().jsonNumber)
        case UInt8(ascii: "t"):
            try word("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try word("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try word("null")
            return .null
        default: throw failure(.unexpected(base[position], expected: "a value"))
        }
    }

    mutating func object() throws(ScanFailure) -> JSONValue {
        try enter()
        var object = JSONObject()
        skipSpace()
        if take(UInt8(ascii: "}")) {
            depth -= 1
            return .object(object)
        }
        while true {
            skipSpace()
            guard position < end else { throw failure(.unexpectedEnd) }
            guard base[position] == UInt8(ascii: "\"") else { throw failure(.unexpected(base[position], expected: "a member's name in double quotes")) }
            let start = position
            let name = try string()
            let mark = duplicates.count
            do throws(ScanFailure) {
                skipSpace()
                try expect(UInt8(ascii: ":"), "':'")
                skipSpace()
                let value = try value()
                if !object.append(name, value), mark < Self.mostDuplicates {
                    duplicates.insert(ScanFailure(reason: .duplicateMember(name), offset: start), at: mark)
                }
            } catch {
                throw error.inside(.name(name))
            }
            placeDuplicates(from: mark, inside: .name(name))
            skipSpace()
            if take(UInt8(ascii: ",")) { continue }
            try expect(UInt8(ascii: "}"), "',' or '}'")
            depth -= 1
            return .object(object)
        }
    }

    /// A step of the way to those met since a mark; like that to a fault, it is gathered from the inside outwards.
    mutating func placeDuplicates(from mark: Int, inside step: @autoclosure () -> ScanFailure.Step) {
        guard duplicates.count > mark else { return }
        let step = step()
        for index in mark..<duplicates.count { duplicates[index].steps.append(step) }
    }

    mutating func enter() throws(ScanFailure) {
        guard depth < limits.depth else { throw failure(.tooDeep(limit: limits.depth)) }
        depth += 1
        position += 1
    }

    mutating func countValue(_ count: Int = 1) throws(ScanFailure) {
        values += count
        guard values <= limits.values else { throw failure(.tooManyValues(limit: limits.values)) }
    }

    private mutating func word(_ word: StaticString) throws(ScanFailure) {
        for index in 0..<word.utf8CodeUnitCount { try expect(word.utf8Start[index], "\(word)") }
    }

    @inline(__always)
    mutating func skipSpace() {
        while position < end {
            switch base[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    @inline(__always)
    mutating func take(_ byte: UInt8) -> Bool {
        guard position < end, base[position] == byte else { return false }
        position += 1
        return true
    }

    mutating func expect(_ byte: UInt8, _ expected: @autoclosure () -> String) throws(ScanFailure) {
        guard position < end else { throw failure(.unexpectedEnd) }
        guard base[position] == byte else { throw failure(.unexpected(base[position], expected: expected())) }
        position += 1
    }

    func failure(_ reason: JSONError.Reason) -> ScanFailure { ScanFailure(reason: reason, offset: position) }
}
