/// A read-only matrix in someone else's memory: rows × columns, row-major, one row `rowStride` elements after the last.
///
/// `@unchecked Sendable` because the view only reads, and it holds because the lender promises that the memory outlives
/// every use of the view and is not written meanwhile (a memory-mapped file, or an array inside `withUnsafeBufferPointer`).
public struct MatrixView<Scalar: BitwiseCopyable>: @unchecked Sendable {
    public let baseAddress: UnsafePointer<Scalar>
    public let rows: Int
    public let columns: Int
    public let rowStride: Int

    public init(_ baseAddress: UnsafePointer<Scalar>, rows: Int, columns: Int, rowStride: Int? = nil) {
        let stride = rowStride ?? columns
        precondition(rows >= 0 && columns >= 0 && stride >= columns, "a matrix view needs a shape that fits its stride")
        self.baseAddress = baseAddress
        self.rows = rows
        self.columns = columns
        self.rowStride = stride
    }

    /// The first element of a row.
    public func row(_ index: Int) -> UnsafePointer<Scalar> { baseAddress + index * rowStride }
}
