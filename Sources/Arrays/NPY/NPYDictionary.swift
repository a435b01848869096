/// The dictionary literal of a .npy header, read by a grammar of its own: nothing is evaluated.
///
///     dictionary = "{" entry *("," entry) [","] "}" *space
///     entry      = string ":" (string / "True" / "False" / tuple)
///     tuple      = "(" [integer *("," integer) [","]] ")"
///
/// The keys `descr`, `fortran_order` and `shape` occur once each, in any order, and no other.
struct NPYDictionary {
    private(set) var descr = ""
    private(set) var isFortranOrder = false
    private(set) var shape: [Int] = []

    init(_ bytes: UnsafeRawBufferPointer) throws(ArrayError) {
        var reader = LiteralReader(bytes: bytes)
        try reader.expect("{")
        var seen: Set<String> = []
        while !reader.take("}") {
            let key = try reader.string()
            try reader.expect(":")
            guard seen.insert(key).inserted else { throw reader.fault("has the key \(quoted(key)) twice") }
            switch key {
            case "descr":
                guard !reader.isNext("[") else {
                    throw ArrayError(.unsupported, "the dtype is a record of fields; save one plain array of numbers")
                }
                descr = try reader.string()
            case "fortran_order": isFortranOrder = try reader.bool()
            case "shape": shape = try reader.tuple()
            default: throw reader.fault("has the key \(quoted(key)); only descr, fortran_order and shape are known")
            }
            if !reader.take(",") {
                try reader.expect("}")
                break
            }
        }
        guard reader.isAtEnd else { throw reader.fault("goes on after its closing brace") }
        guard seen.count == 3 else { throw reader.fault("lacks one of descr, fortran_order and shape") }
    }
}

/// A cursor over the text of the literal; spaces and newlines between tokens are skipped.
private struct LiteralReader {
    let bytes: UnsafeRawBufferPointer
    var position = 0

    func fault(_ what: String) -> ArrayError {
        ArrayError(.malformed, "the .npy header \(what), near its byte \(position); write the file with numpy.save")
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
    }

    var isAtEnd: Bool {
        mutating get {
            skipSpace()
            return position == bytes.count
        }
    }

    mutating func isNext(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        return position < bytes.count && bytes[position] == UInt8(ascii: character)
    }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard isNext(character) else { return false }
        position += 1
        return true
    }

    mutating func expect(_ character: Unicode.Scalar) throws(ArrayError) {
        guard take(character) else { throw fault("lacks a '\(character)'") }
    }

    /// A string in single or double quotes, printable ASCII without escapes.
    mutating func string() throws(ArrayError) -> String {
        skipSpace()
        guard position < bytes.count, [UInt8(ascii: "'"), UInt8(ascii: "\"")].contains(bytes[position]) else {
            throw fault("lacks a quoted string")
        }
        let quote = bytes[position]
        position += 1
        let start = position
        while position < bytes.count, bytes[position] != quote {
            guard (0x20..<0x7F).contains(bytes[position]), bytes[position] != UInt8(ascii: "\\") else {
                throw fault("has a character that no name or dtype has")
            }
            position += 1
        }
        guard position < bytes.count else { throw fault("has a string without an end") }
        defer { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    mutating func bool() throws(ArrayError) -> Bool {
        skipSpace()
        for (word, value) in [("True", true), ("False", false)] where bytes[position...].starts(with: word.utf8) {
            position += word.utf8.count
            return value
        }
        throw fault("has a fortran_order that is neither True nor False")
    }

    mutating func tuple() throws(ArrayError) -> [Int] {
        try expect("(")
        var axes: [Int] = []
        while !take(")") {
            axes.append(try integer())
            if !take(",") {
                guard axes.count > 1 else { throw fault("has a shape of one axis without its comma") }
                try expect(")")
                break
            }
        }
        return axes
    }

    private mutating func integer() throws(ArrayError) -> Int {
        skipSpace()
        let start = position
        var value = 0
        while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) {
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(Int(bytes[position] - UInt8(ascii: "0")))
            guard !overflow, !carry else {
                throw ArrayError(.tooLarge, "the .npy header has an axis longer than 2^63; send a smaller array")
            }
            value = sum
            position += 1
        }
        guard position > start else { throw fault("has a shape with something other than a non-negative integer") }
        return value
    }
}
