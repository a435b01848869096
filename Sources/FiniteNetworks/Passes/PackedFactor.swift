/// A narrow matrix A [depth, columns] as products X A with a ``PackedMatrix`` read it.
final class PackedFactor<Scalar: NetworkScalar> {
    let depth: Int
    /// A in groups of columns, the last filled up with zeros.
    let groups: UnsafeMutablePointer<Scalar>

    /// - Parameter widest: columns of the widest A.
    init(depth: Int, widest: Int) {
        self.depth = depth
        groups = .allocate(capacity: Self.elements(depth: depth, widest: widest))
    }

    deinit { groups.deallocate() }

    /// Takes some rows of A, which several threads may do at once. O(rows · columns).
    func load(_ a: UnsafePointer<Scalar>, rows: Range<Int>, columns: Int) {
        Scalar.packColumns(a, rows: rows, depth: depth, columns: columns, into: groups)
    }

    /// Elements that it takes.
    static func elements(depth: Int, widest: Int) -> Int {
        (widest + Scalar.groupColumns - 1) / Scalar.groupColumns * Scalar.groupColumns * depth
    }
}
