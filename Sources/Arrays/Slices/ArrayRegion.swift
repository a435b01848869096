/// A rectangle of a stored array: some rows (axis 0) and some columns (axis 1); further axes are kept whole.
///
/// Every row of a region is contiguous in the map, so that nothing is copied to select it.
public struct ArrayRegion: Sendable {
    public let array: MappedArray
    public let rows: Range<Int>
    public let columns: Range<Int>
    /// The shape of the region: as many axes as the array has.
    public let shape: ArrayShape
    /// The header of the region as a .npy file of its own.
    private let header: [UInt8]

    /// - Parameters:
    ///   - rows: a slice as ``SliceText`` reads it; nil for all.
    ///   - columns: the same for the second axis.
    /// - Throws: `invalidOption` for a slice that does not fit, or of an axis that the array lacks.
    public init(_ array: MappedArray, rows: String? = nil, columns: String? = nil) throws(ArrayError) {
        var axes = array.shape.axes
        self.array = array
        guard axes.count >= 1 || rows == nil, axes.count >= 2 || columns == nil else {
            throw ArrayError(.invalidOption, "the array has the shape \(array.shape), so it has no \(axes.isEmpty ? "rows" : "columns") to select; leave the slice out")
        }
        let (rowCount, columnCount) = (axes.first ?? 1, axes.count > 1 ? axes[1] : 1)
        self.rows = if let rows { try SliceText.range(rows, of: rowCount, name: "rows") } else { 0..<rowCount }
        self.columns = if let columns { try SliceText.range(columns, of: columnCount, name: "columns") } else { 0..<columnCount }
        if axes.count > 0 { axes[0] = self.rows.count }
        if axes.count > 1 { axes[1] = self.columns.count }
        shape = try ArrayShape(axes)
        header = NPYHeader.encode(type: array.elementType, shape: shape)
    }

    /// Elements of one row of the region.
    public var rowLength: Int { shape.rowLength }

    /// Elements between the starts of neighbouring rows in the array.
    public var rowStride: Int { array.shape.rowLength }

    /// The elements of row `index` of the region, contiguous; valid while `array` lives. Nil if `Element` is not the type stored.
    public func row<Element: ArrayElement>(_ index: Int, as type: Element.Type = Element.self) -> UnsafeBufferPointer<Element>? {
        guard Element.elementType == array.elementType else { return nil }
        return rowBytes(index).bindMemory(to: Element.self)
    }

    /// The same elements as bytes.
    public func rowBytes(_ index: Int) -> UnsafeRawBufferPointer {
        let inner = array.shape.axes.dropFirst(2).reduce(1, *)
        let start = ((rows.lowerBound + index) * rowStride + columns.lowerBound * inner) * array.elementType.size
        return UnsafeRawBufferPointer(rebasing: array.bytes[start..<start + rowLength * array.elementType.size])
    }

    // MARK: - As a .npy file

    /// The length of the region as a .npy file.
    public var npyByteCount: Int { header.count + shape.byteCount(of: array.elementType) }

    /// Appends to `output` the bytes of the region as a .npy file that fall in `range`.
    ///
    /// Any range can be asked for, so that an answer can be streamed in pieces and a Range request served.
    /// - Precondition: `range` lies within `0..<npyByteCount`.
    public func appendNPY(_ range: Range<Int>, to output: inout [UInt8]) {
        precondition(range.lowerBound >= 0 && range.upperBound <= npyByteCount, "bytes \(range) of \(npyByteCount)")
        output.reserveCapacity(output.count + range.count)
        if range.lowerBound < header.count {
            output.append(contentsOf: header[range.lowerBound..<min(range.upperBound, header.count)])
        }
        let rowBytes = rowLength * array.elementType.size
        var start = max(range.lowerBound - header.count, 0)
        let end = range.upperBound - header.count
        while start < end {
            let (row, offset) = start.quotientAndRemainder(dividingBy: rowBytes)
            let count = min(rowBytes - offset, end - start)
            output.append(contentsOf: self.rowBytes(row)[offset..<offset + count])
            start += count
        }
    }
}
