/// The arrays that a CSV file becomes, while it is read.
struct CSVTable {
    private(set) var rows = 0
    private let columns: Int
    /// Per column: its place among the targets, or -1 for an input.
    private let targetPlaces: [Int]
    private let inputs: ArrayAppender<Double>
    private let targets: ArrayAppender<Double>?
    private var inputRow: [Double]
    private var targetRow: [Double]
    private var targetColumns: [TargetColumn]

    init(columns: Int, targetColumns: [Int], inputPath: String, targetPath: String) throws(ArrayError) {
        self.columns = columns
        var places = [Int](repeating: -1, count: columns)
        for (place, column) in targetColumns.enumerated() { places[column] = place }
        targetPlaces = places
        self.targetColumns = targetColumns.map { TargetColumn(column: $0) }
        inputRow = [Double](repeating: 0, count: columns - targetColumns.count)
        targetRow = [Double](repeating: 0, count: targetColumns.count)
        inputs = try ArrayAppender(path: inputPath, rowShape: [inputRow.count])
        targets = targetColumns.isEmpty ? nil : try ArrayAppender(path: targetPath, rowShape: [targetRow.count])
    }

    /// Reads one record, which begins at the scanner's place.
    mutating func appendRow(_ scanner: inout CSVScanner, limits: CSVOptions.Limits) throws(ArrayError) {
        let line = scanner.line
        guard rows < limits.rows else {
            throw ArrayError(.tooLarge, "the file has more than \(limits.rows) rows; send fewer")
        }
        var separator = CSVScanner.Separator.comma
        var (column, input) = (0, 0)
        while separator == .comma {
            guard column < columns else { throw ragged(line, "more than \(columns)") }
            let place = targetPlaces[column]
            if place < 0 {
                if let value = scanner.plainNumber(&separator) {
                    inputRow[input] = value
                } else {
                    (inputRow[input], separator) = try scanner.cell(column: column) { (text, line) throws(ArrayError) in
                        try CSVReader.number(text, line: line, column: column)
                    }
                }
                input += 1
            } else {
                (targetRow[place], separator) = try scanner.cell(column: column) { (text, line) throws(ArrayError) in
                    try targetColumns[place].value(text, line: line, classLimit: limits.classes)
                }
            }
            column += 1
        }
        guard column == columns else { throw ragged(line, "\(column)") }
        try Self.append(inputRow, to: inputs)
        if let targets { try Self.append(targetRow, to: targets) }
        rows += 1
    }

    private func ragged(_ line: Int, _ found: String) -> ArrayError {
        ArrayError(.malformed, "line \(line) has \(found) cells and the first line has \(columns); give every row as many cells")
    }

    private static func append(_ row: [Double], to appender: ArrayAppender<Double>) throws(ArrayError) {
        let result = row.withUnsafeBufferPointer { values in Result { () throws(ArrayError) in try appender.append(values) } }
        try result.get()
    }

    /// Completes the files.
    /// - Parameter names: the header, if there is one.
    func finish(names: [String]?) throws(ArrayError) -> CSVSummary {
        if let targets {
            let renumbered = targetColumns.map { $0.sortedPlaces() }
            if renumbered.contains(where: { $0 != nil }) {
                try targets.rewrite { place, value in
                    renumbered[place % renumbered.count].map { Double($0[Int(value)]) } ?? value
                }
            }
            try targets.finish()
        }
        do throws(ArrayError) {
            try inputs.finish()
        } catch {
            targets?.discard()
            throw error
        }
        return CSVSummary(
            rows: rows,
            inputNames: names.map { names in names.indices.filter { targetPlaces[$0] < 0 }.map { names[$0] } },
            inputColumns: inputRow.count,
            targets: targetColumns.map { CSVSummary.Target(name: names?[$0.column], values: $0.summary) })
    }
}

/// A target column: numbers, or labels that are numbered as they first occur and renumbered in sorted order at the end.
private struct TargetColumn {
    let column: Int
    /// Nil until the first cell decides.
    private var isNumeric: Bool?
    private var areIndices = true
    private var maximum = -Double.infinity
    private var places: [String: Int] = [:]

    init(column: Int) { self.column = column }

    mutating func value(_ text: UnsafeRawBufferPointer, line: Int, classLimit: Int) throws(ArrayError) -> Double {
        if isNumeric == nil { isNumeric = looksNumeric(text, line: line) }
        guard isNumeric == true else { return Double(try place(of: text, line: line, classLimit: classLimit)) }
        let value = try CSVReader.number(text, line: line, column: column)
        maximum = max(maximum, value)
        areIndices = areIndices && value >= 0 && value < 0x1p53 && value == value.rounded()
        return value
    }

    /// A number, or one that is missing or not finite: a column that begins with NaN is a fault and not a class.
    private func looksNumeric(_ text: UnsafeRawBufferPointer, line: Int) -> Bool {
        let string = String(decoding: text, as: UTF8.self).lowercased()
        if ["", "nan", "inf", "-inf", "infinity", "-infinity"].contains(string) { return true }
        let number = Result { () throws(ArrayError) in try CSVReader.number(text, line: line, column: column) }
        return (try? number.get()) != nil
    }

    private mutating func place(of text: UnsafeRawBufferPointer, line: Int, classLimit: Int) throws(ArrayError) -> Int {
        guard let label = String(validating: text, as: UTF8.self) else {
            throw CSVFault.at(line, column, "is not UTF-8; save the file as UTF-8")
        }
        guard !label.isEmpty else { throw CSVFault.at(line, column, "is empty; write a label, or leave out the row", .invalidValue) }
        if let place = places[label] { return place }
        guard places.count < classLimit else {
            throw ArrayError(.tooLarge, "the target column \(column) has more than \(classLimit) distinct labels; choose a column of classes or of numbers")
        }
        places[label] = places.count
        return places.count - 1
    }

    private var labels: [String] { places.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }

    /// For each place of first occurrence the place in sorted order; nil for numbers.
    func sortedPlaces() -> [Int]? {
        guard isNumeric == false else { return nil }
        var sorted = [Int](repeating: 0, count: places.count)
        for (place, label) in labels.enumerated() { sorted[places[label] ?? 0] = place }
        return sorted
    }

    var summary: CSVSummary.Values {
        isNumeric == false ? .labels(names: labels) : .numbers(areIndices: areIndices, maximum: maximum)
    }
}
