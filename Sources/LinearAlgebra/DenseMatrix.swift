/// A matrix of doubles with memory of its own: rows × columns, row-major, without gaps.
///
/// A class, so that a matrix of gigabytes is factored where it lies and never copied by a stray assignment; what overwrites
/// its matrix says so. It belongs to one thread at a time and is therefore not `Sendable`; tiles that run in parallel take
/// its ``view``.
public final class DenseMatrix {
    public let rows: Int
    public let columns: Int
    /// The first element; valid while this object lives.
    public let base: UnsafeMutablePointer<Double>

    public var count: Int { rows * columns }
    public var elements: UnsafeMutableBufferPointer<Double> { UnsafeMutableBufferPointer(start: base, count: count) }
    /// Reads only; the matrix must outlive it.
    public var view: MatrixView<Double> { MatrixView(base, rows: rows, columns: columns) }

    /// Every element zero.
    public init(rows: Int, columns: Int) {
        precondition(rows >= 0 && columns >= 0, "a matrix has no negative number of rows or columns")
        self.rows = rows
        self.columns = columns
        base = UnsafeMutablePointer<Double>.allocate(capacity: max(1, rows * columns))
        base.initialize(repeating: 0, count: rows * columns)
    }

    /// - Precondition: as many values as elements, row after row.
    public convenience init(rows: Int, columns: Int, values: [Double]) {
        precondition(values.count == rows * columns, "\(values.count) values for a matrix of \(rows) × \(columns)")
        self.init(rows: rows, columns: columns)
        values.withUnsafeBufferPointer { if let start = $0.baseAddress { base.update(from: start, count: count) } }
    }

    /// A copy of what the view shows, in doubles.
    public convenience init<Scalar: BLASScalar>(_ view: MatrixView<Scalar>) {
        self.init(rows: view.rows, columns: view.columns)
        for i in 0..<rows {
            let (source, target) = (view.row(i), row(i))
            for j in 0..<columns { target[j] = Double(source[j]) }
        }
    }

    deinit { base.deallocate() }

    /// The first element of a row.
    public func row(_ index: Int) -> UnsafeMutablePointer<Double> { base + index * columns }

    public subscript(row: Int, column: Int) -> Double {
        get { base[row * columns + column] }
        set { base[row * columns + column] = newValue }
    }

    /// The elements row after row, copied.
    public var values: [Double] { Array(elements) }

    public func copy() -> DenseMatrix { DenseMatrix(view) }

    /// Columns become rows; O(rows × columns), in squares that stay in the cache.
    public func transposed() -> DenseMatrix {
        let result = DenseMatrix(rows: columns, columns: rows)
        let side = 32
        for i0 in stride(from: 0, to: rows, by: side) {
            for j0 in stride(from: 0, to: columns, by: side) {
                for i in i0..<min(i0 + side, rows) {
                    for j in j0..<min(j0 + side, columns) { result.base[j * rows + i] = base[i * columns + j] }
                }
            }
        }
        return result
    }

    /// - Precondition: square.
    public var diagonal: [Double] {
        precondition(rows == columns, "a diagonal is taken of a square matrix")
        return (0..<rows).map { self[$0, $0] }
    }

    /// Adds a number to every element.
    public func shift(by value: Double) {
        for i in 0..<count { base[i] += value }
    }

    /// Where the first element that is not finite stands, row after row; nil if all are.
    public var firstNotFinite: (row: Int, column: Int)? {
        elements.firstIndex { !$0.isFinite }.map { ($0 / columns, $0 % columns) }
    }
}
