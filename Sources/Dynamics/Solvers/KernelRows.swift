/// A symmetric kernel that is never in memory as a whole: its elements are read from a file or computed anew when asked for.
public struct KernelRows {
    public let count: Int
    public let diagonal: [Double]
    /// Writes the rows and columns given, row-major without gaps.
    let read: (_ rows: Range<Int>, _ columns: Range<Int>, _ target: UnsafeMutablePointer<Double>) throws(DynamicsError) -> Void

    /// - Parameters:
    ///   - diagonal: As long as `count`.
    ///   - read: Writes the rows and columns given, row-major without gaps; any of them may be asked for, and more than once.
    public init(
        count: Int, diagonal: [Double],
        read: @escaping (_ rows: Range<Int>, _ columns: Range<Int>, _ target: UnsafeMutablePointer<Double>) throws(DynamicsError) -> Void
    ) {
        precondition(diagonal.count == count, "a symmetric kernel has a diagonal element for each row")
        self.count = count
        self.diagonal = diagonal
        self.read = read
    }
}
