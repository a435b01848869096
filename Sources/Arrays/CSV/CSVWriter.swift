import NumberText

/// A region as CSV (RFC 4180): one record per row, the further axes side by side, lines ended by CRLF, no header.
///
/// Numbers are the shortest text that reads back to the same float64 (or float32).
public struct CSVWriter: Sendable {
    public let region: ArrayRegion

    public init(_ region: ArrayRegion) { self.region = region }

    /// Appends the records of `rows` of the region to `output`.
    /// - Precondition: `rows` lies within the region.
    /// - Complexity: O(elements); `output` grows by at most 33 bytes an element.
    public func append(rows: Range<Int>, to output: inout [UInt8]) {
        for row in rows {
            switch region.array.elementType {
            case .float64:
                if let values = region.row(row, as: Double.self) { appendRecord(values, to: &output) { NumberText.write($0, into: $1) } }
            case .float32:
                if let values = region.row(row, as: Float.self) { appendRecord(values, to: &output) { NumberText.write($0, into: $1) } }
            }
        }
    }

    /// A row goes through a small scratch, so that a row of any length takes no more memory than its text.
    @inline(__always)
    private func appendRecord<Element: ArrayElement>(
        _ values: UnsafeBufferPointer<Element>, to output: inout [UInt8], write: (Element, UnsafeMutableRawPointer) -> Int
    ) {
        let cellsAtOnce = 256
        withUnsafeTemporaryAllocation(byteCount: cellsAtOnce * (NumberText.maximumLength + 1), alignment: 1) { scratch in
            guard let base = scratch.baseAddress else { return }
            for start in stride(from: 0, to: values.count, by: cellsAtOnce) {
                var length = 0
                for value in values[start..<min(start + cellsAtOnce, values.count)] {
                    length += write(value, base + length)
                    base.storeBytes(of: UInt8(ascii: ","), toByteOffset: length, as: UInt8.self)
                    length += 1
                }
                output.append(contentsOf: UnsafeRawBufferPointer(rebasing: scratch[..<length]))
            }
        }
        if !values.isEmpty { output.removeLast() }
        output.append(UInt8(ascii: "\r"))
        output.append(UInt8(ascii: "\n"))
    }
}
