/// How the rows of a dataset are scaled before use (`standardize` in a data reference).
enum Standardization: String, Sendable, CaseIterable {
    case none
    /// Zero mean and unit population variance of each column over the selected rows.
    case features
    /// Zero mean and unit population variance of each row.
    case examples
    /// Each row divided by its 2-norm.
    case unitNorm = "unit_norm"

    /// What cannot be scaled: a column or row without spread.
    struct Degenerate: Error, Equatable {
        let detail: String
    }

    /// Looks for what ``apply(to:rows:columns:)`` would refuse, in one pass over the rows and with memory for one of them.
    ///
    /// - Parameter row: The values of a row, by its number.
    func check(rows: Int, columns: Int, row: (Int) -> [Double]) throws(Degenerate) {
        switch self {
        case .none: return
        case .features:
            var lowest = [Double](repeating: .infinity, count: columns)
            var highest = [Double](repeating: -.infinity, count: columns)
            for index in 0..<rows {
                for (column, value) in row(index).enumerated() {
                    lowest[column] = min(lowest[column], value)
                    highest[column] = max(highest[column], value)
                }
            }
            if let column = (0..<columns).first(where: { lowest[$0] == highest[$0] }) { throw Self.constantColumn(column) }
        case .examples:
            for index in 0..<rows {
                let values = row(index)
                if values.min() == values.max() { throw Self.constantRow(index) }
            }
        case .unitNorm:
            for index in 0..<rows where row(index).allSatisfy({ $0 == 0 }) { throw Self.zeroRow(index) }
        }
    }

    private static func constantColumn(_ column: Int) -> Degenerate {
        Degenerate(detail: "column \(column) is constant over the selected rows; drop it or use another standardize")
    }

    private static func constantRow(_ row: Int) -> Degenerate {
        Degenerate(detail: "row \(row) is constant, so it has no unit variance; leave it out or use another standardize")
    }

    private static func zeroRow(_ row: Int) -> Degenerate {
        Degenerate(detail: "row \(row) is zero, so it has no direction; leave it out or use another standardize")
    }

    /// Scales `rows` x `columns` values in row-major order, in place. O(rows · columns).
    ///
    /// - Throws: ``Degenerate`` for a constant column (`features`), a constant row (`examples`) or a zero row (`unit_norm`).
    func apply(to values: UnsafeMutableBufferPointer<Double>, rows: Int, columns: Int) throws(Degenerate) {
        switch self {
        case .none: return
        case .features: try scaleFeatures(values, rows: rows, columns: columns)
        case .examples:
            for row in 0..<rows {
                let slice = UnsafeMutableBufferPointer(rebasing: values[row * columns..<(row + 1) * columns])
                guard let spread = Spread(slice) else { throw Self.constantRow(row) }
                for index in slice.indices { slice[index] = (slice[index] - spread.mean) / spread.deviation }
            }
        case .unitNorm:
            for row in 0..<rows {
                let slice = UnsafeMutableBufferPointer(rebasing: values[row * columns..<(row + 1) * columns])
                // Scaled by the largest entry first: squares of 1e-200 or 1e200 leave the range of a double.
                let largest = slice.reduce(0) { max($0, abs($1)) }
                guard largest > 0 else { throw Self.zeroRow(row) }
                let norm = slice.reduce(0) { $0 + ($1 / largest) * ($1 / largest) }.squareRoot()
                for index in slice.indices { slice[index] = slice[index] / largest / norm }
            }
        }
    }

    private func scaleFeatures(_ values: UnsafeMutableBufferPointer<Double>, rows: Int, columns: Int) throws(Degenerate) {
        // Row by row with one accumulator a column: the matrix is read in the order in which it lies in memory.
        var mean = [Double](repeating: 0, count: columns)
        var square = [Double](repeating: 0, count: columns)
        var lowest = [Double](repeating: .infinity, count: columns)
        var highest = [Double](repeating: -.infinity, count: columns)
        for row in 0..<rows {
            for column in 0..<columns {
                let value = values[row * columns + column]
                mean[column] += value / Double(rows)
                lowest[column] = min(lowest[column], value)
                highest[column] = max(highest[column], value)
            }
        }
        if let column = (0..<columns).first(where: { lowest[$0] == highest[$0] }) { throw Self.constantColumn(column) }
        for row in 0..<rows {
            for column in 0..<columns {
                let scaled = (values[row * columns + column] - mean[column]) / (highest[column] - lowest[column])
                square[column] += scaled * scaled / Double(rows)
            }
        }
        for row in 0..<rows {
            for column in 0..<columns {
                let index = row * columns + column
                values[index] = (values[index] - mean[column]) / (highest[column] - lowest[column]) / square[column].squareRoot()
            }
        }
    }

    private struct Spread {
        let mean: Double
        let deviation: Double

        init?(_ values: UnsafeMutableBufferPointer<Double>) {
            let count = Double(values.count)
            guard let lowest = values.min(), let highest = values.max(), highest > lowest else { return nil }
            let mean = values.reduce(0) { $0 + $1 / count }
            let range = highest - lowest
            self.mean = mean
            deviation = values.reduce(0) { $0 + (($1 - mean) / range) * (($1 - mean) / range) / count }.squareRoot() * range
        }
    }
}
