import NumberText

/// Reads CSV text (RFC 4180) into stored arrays: inputs, and the targets that the options name.
///
/// Cells are parted by commas and lines ended by CRLF or LF; cells may be quoted; empty lines may stand at the end; a byte order mark
/// is skipped. Inputs are finite decimal numbers, spaces around them aside. A target column is numbers if its first cell is
/// one; otherwise it is text and its distinct labels are numbered in sorted order.
public enum CSVReader {
    /// Reads the file at `path`; see ``read(_:options:inputs:targets:)``.
    public static func read(path: String, options: CSVOptions, inputs: String, targets: String) throws(ArrayError) -> CSVSummary {
        let file = try MappedFile(path: path)
        defer { withExtendedLifetime(file) {} }
        file.adviseSequential()
        return try read(file.bytes, options: options, inputs: inputs, targets: targets)
    }

    /// Reads `text` into new float64 .npy files: inputs [rows, input columns] at `inputs`, and, if the options name any, targets
    /// [rows, target columns] at `targets`.
    /// - Throws: ``ArrayError`` with line and column: `malformed` for broken quotes or ragged rows, `invalidValue` for a cell that is no
    ///   finite number, `invalidOption` for a target that is not there, `tooLarge`, `storageFull`. No file is left then.
    /// - Complexity: one pass (two over the targets if they are labels); memory is one row, two buffers and the labels.
    public static func read(
        _ text: UnsafeRawBufferPointer, options: CSVOptions, inputs: String, targets: String
    ) throws(ArrayError) -> CSVSummary {
        let bytes = text.bindMemory(to: UInt8.self)
        guard let base = bytes.baseAddress, bytes.count > 0 else {
            throw ArrayError(.invalidValue, "the CSV file is empty; send at least one row of numbers")
        }
        var scanner = CSVScanner(bytes, base: base, cellLimit: options.limits.cellLength)
        let first = try firstRecord(scanner, limits: options.limits)
        let names = options.hasHeader ? first : nil
        let targetColumns = try options.targetColumns(count: first.count, names: names)
        if options.hasHeader { try skipRecord(&scanner) }

        var table = try CSVTable(columns: first.count, targetColumns: targetColumns, inputPath: inputs, targetPath: targets)
        while true {
            if scanner.isAtBlankLine {
                let line = scanner.line
                scanner.skipBlankLines()
                if scanner.isAtEnd { break }
                throw ArrayError(.malformed, "line \(line) is empty, and line \(scanner.line) is not; empty lines may only end the file, leave them out")
            }
            try table.appendRow(&scanner, limits: options.limits)
        }
        guard table.rows > 0 else {
            throw ArrayError(.invalidValue, "the CSV file has \(options.hasHeader ? "a header and " : "")no rows; send at least one row of numbers")
        }
        return try table.finish(names: names)
    }

    /// The cells of the first record as text: the header, or only their number.
    private static func firstRecord(_ start: CSVScanner, limits: CSVOptions.Limits) throws(ArrayError) -> [String] {
        var scanner = start
        guard !scanner.isAtBlankLine else {
            throw ArrayError(.malformed, "the first line is empty; begin the file with its \(scanner.isAtEnd ? "rows" : "first row or header")")
        }
        var cells: [String] = []
        while true {
            guard cells.count < limits.columns else {
                throw ArrayError(.tooLarge, "the first line has more than \(limits.columns) cells; send fewer columns")
            }
            let (cell, separator) = try scanner.cell(column: cells.count) { (text, line) throws(ArrayError) in
                guard let cell = String(validating: text, as: UTF8.self) else {
                    throw CSVFault.at(line, cells.count, "is not UTF-8; save the file as UTF-8")
                }
                return cell
            }
            cells.append(cell)
            if separator == .record { return cells }
        }
    }

    private static func skipRecord(_ scanner: inout CSVScanner) throws(ArrayError) {
        var column = 0
        while try scanner.cell(column: column, { (_, _) throws(ArrayError) in }).1 == .comma { column += 1 }
    }

    /// A cell as a finite number, spaces around it and a plus before it aside.
    static func number(_ text: UnsafeRawBufferPointer, line: Int, column: Int) throws(ArrayError) -> Double {
        var (start, end) = (0, text.count)
        while start < end, text[start] == 0x20 || text[start] == 0x09 { start += 1 }
        while end > start, text[end - 1] == 0x20 || text[end - 1] == 0x09 { end -= 1 }
        if end - start > 1, text[start] == UInt8(ascii: "+"), text[start + 1] != UInt8(ascii: "-") { start += 1 }
        switch NumberText.parse(UnsafeRawBufferPointer(rebasing: text[start..<end])) {
        case .value(let value, let length) where length == end - start: return value
        case .overflow: throw CSVFault.at(line, column, "is beyond the largest float64, 1.8e308; scale the column", .invalidValue)
        case .value, .none: throw CSVFault.notANumber(text, line: line, column: column)
        }
    }
}
