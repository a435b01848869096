import NumberText

/// A cursor over CSV text (RFC 4180): cells one after another, with the line that each stands on.
struct CSVScanner {
    /// What follows a cell.
    enum Separator {
        case comma
        /// The end of a record: CRLF, LF, or the end of the text.
        case record
    }

    private let base: UnsafePointer<UInt8>
    private let count: Int
    private let cellLimit: Int
    private(set) var position = 0
    /// The line of `position`, from 1; a quoted cell may span lines.
    private(set) var line = 1
    /// The unquoted form of a cell that has doubled quotes.
    private var unescaped: [UInt8] = []

    /// - Parameter text: not empty; outlives this value.
    init(_ text: UnsafeBufferPointer<UInt8>, base: UnsafePointer<UInt8>, cellLimit: Int) {
        self.base = base
        count = text.count
        self.cellLimit = cellLimit
        // A byte order mark, which spreadsheets write before UTF-8, is no part of the first cell.
        if text.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    var isAtEnd: Bool { position == count }

    /// The cursor stands at an empty line, or at the end.
    var isAtBlankLine: Bool {
        isAtEnd || base[position] == Character.lineFeed
            || (base[position] == Character.carriageReturn && position + 1 < count && base[position + 1] == Character.lineFeed)
    }

    /// Skips empty lines; they may only end a file, which the caller checks.
    mutating func skipBlankLines() {
        while !isAtEnd, isAtBlankLine {
            position += base[position] == Character.lineFeed ? 1 : 2
            line += 1
        }
    }

    /// Reads a plain decimal number that a separator follows, the common cell, without looking at it twice.
    ///
    /// Up to 15 digits: then the digits and the power of ten are exact in float64, and their quotient is correctly
    /// rounded (Clinger, "How to read floating point numbers accurately", PLDI 1990). Nil, and nothing is read, for any other cell.
    @inline(__always)
    mutating func plainNumber(_ separator: inout Separator) -> Double? {
        var at = position
        let isNegative = at < count && base[at] == Character.minus
        if isNegative { at += 1 }
        var digits: UInt64 = 0
        let start = at
        while at < count, base[at] &- Character.zero < 10 {
            digits = digits &* 10 &+ UInt64(base[at] &- Character.zero)
            at += 1
        }
        var digitCount = at - start
        var decimals = 0
        if at < count, base[at] == Character.point {
            let first = at + 1
            at = first
            while at < count, base[at] &- Character.zero < 10 {
                digits = digits &* 10 &+ UInt64(base[at] &- Character.zero)
                at += 1
            }
            decimals = at - first
            digitCount += decimals
        }
        guard digitCount > 0, digitCount <= 15, let next = self.separator(at: &at) else { return nil }
        separator = next
        position = at
        if next == .record { line += 1 }
        let magnitude = decimals == 0 ? Double(digits) : Double(digits) / powersOfTen[decimals]
        return isNegative ? -magnitude : magnitude
    }

    /// The separator at `at`, which moves behind it; nil if there is none.
    @inline(__always)
    private func separator(at: inout Int) -> Separator? {
        guard at < count else { return .record }
        switch base[at] {
        case Character.comma:
            at += 1
            return .comma
        case Character.lineFeed:
            at += 1
            return .record
        case Character.carriageReturn where at + 1 < count && base[at + 1] == Character.lineFeed:
            at += 2
            return .record
        default: return nil
        }
    }

    /// Reads any cell and hands its bytes, unquoted, to `body`.
    mutating func cell<Result>(
        column: Int, _ body: (UnsafeRawBufferPointer, _ line: Int) throws(ArrayError) -> Result
    ) throws(ArrayError) -> (Result, Separator) {
        let startLine = line
        if position < count, base[position] == Character.quote { return try quotedCell(column: column, startLine: startLine, body) }
        let start = position
        var at = position
        while at < count, base[at] != Character.comma, base[at] != Character.lineFeed, base[at] != Character.carriageReturn {
            guard base[at] != Character.quote else {
                throw CSVFault.at(line, column, "has a quote inside a cell that does not begin with one; put the whole cell in quotes and double those inside")
            }
            at += 1
            guard at - start <= cellLimit else { throw tooLong(startLine, column) }
        }
        let text = UnsafeRawBufferPointer(start: base + start, count: at - start)
        guard let separator = separator(at: &at) else {
            throw CSVFault.at(line, column, "ends with a carriage return alone; end lines with CRLF or LF")
        }
        let result = try body(text, startLine)
        position = at
        if separator == .record { line += 1 }
        return (result, separator)
    }

    private mutating func quotedCell<Result>(
        column: Int, startLine: Int, _ body: (UnsafeRawBufferPointer, _ line: Int) throws(ArrayError) -> Result
    ) throws(ArrayError) -> (Result, Separator) {
        unescaped.removeAll(keepingCapacity: true)
        var at = position + 1
        while true {
            guard at < count else {
                throw CSVFault.at(startLine, column, "begins with a quote and never ends; close the quote")
            }
            let byte = base[at]
            at += 1
            if byte == Character.quote {
                guard at < count, base[at] == Character.quote else { break }
                at += 1
            } else if byte == Character.lineFeed {
                line += 1
            }
            unescaped.append(byte)
            guard unescaped.count <= cellLimit else { throw tooLong(startLine, column) }
        }
        guard let separator = separator(at: &at) else {
            throw CSVFault.at(line, column, "goes on after its closing quote; double the quotes inside a cell")
        }
        position = at
        if separator == .record { line += 1 }
        // Copied out, because `body` must not see the buffer while it could change.
        let text = unescaped
        let result = text.withUnsafeBytes { bytes in Swift.Result { () throws(ArrayError) in try body(bytes, startLine) } }
        return (try result.get(), separator)
    }

    private func tooLong(_ line: Int, _ column: Int) -> ArrayError {
        ArrayError(.tooLarge, "line \(line), column \(column): the cell is longer than \(cellLimit) bytes; send shorter ones")
    }

    private enum Character {
        static let lineFeed = UInt8(ascii: "\n")
        static let carriageReturn = UInt8(ascii: "\r")
        static let comma = UInt8(ascii: ",")
        static let quote = UInt8(ascii: "\"")
        static let minus = UInt8(ascii: "-")
        static let point = UInt8(ascii: ".")
        static let zero = UInt8(ascii: "0")
    }
}

/// Powers of ten that float64 holds exactly, as far as a plain number needs them.
private let powersOfTen: [Double] = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15]

/// Faults of CSV text, with their place.
enum CSVFault {
    /// Columns count from 0, as the option `target` does.
    static func at(_ line: Int, _ column: Int, _ what: String, _ kind: ArrayError.Kind = .malformed) -> ArrayError {
        ArrayError(kind, "line \(line), column \(column) (counted from 0): the cell \(what)")
    }

    /// A cell that should have been a finite number.
    static func notANumber(_ text: UnsafeRawBufferPointer, line: Int, column: Int) -> ArrayError {
        let string = String(decoding: text, as: UTF8.self)
        let trimmed = string.drop { $0 == " " || $0 == "\t" }
        if trimmed.isEmpty { return at(line, column, "is empty; write a number, or leave out the row", .invalidValue) }
        let bare = trimmed.drop { $0 == "-" || $0 == "+" }.lowercased()
        if bare.hasPrefix("nan") || bare.hasPrefix("inf") {
            return at(line, column, "\(quoted(string)) is not finite; write a number, or leave out the row", .invalidValue)
        }
        let hint =
            string.contains(";") || string.contains("\t") ? "separate cells by commas"
            : line == 1 ? "if line 1 names the columns, say header=present" : "write a number such as -1.5e3"
        return at(line, column, "\(quoted(string)) is not a number; \(hint)", .invalidValue)
    }
}
