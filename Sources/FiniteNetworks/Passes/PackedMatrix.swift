/// A matrix X [rows, depth] that many products X A with narrow matrices A read, packed once.
///
/// Vectors go along X's rows, where BLAS puts them along the few columns of A and packs X at every product. An element of a
/// product is summed in the order of its terms, whatever else is computed with it.
final class PackedMatrix<Scalar: NetworkScalar> {
    let rows: Int
    let depth: Int
    /// X in panels of rows, the last filled up with zeros.
    private let panels: UnsafeMutablePointer<Scalar>
    /// A as a product reads it.
    private let groups: UnsafeMutablePointer<Scalar>
    private var columns = 0

    /// - Parameters:
    ///   - x: X[r][k] = x[r · stride + k · depthStride], copied.
    ///   - widest: columns of the widest A.
    init(_ x: UnsafePointer<Scalar>, rows: Int, depth: Int, stride: Int, depthStride: Int, widest: Int) {
        (self.rows, self.depth) = (rows, depth)
        let elements = Self.panelElements(rows: rows, depth: depth)
        // Vectors are read whole, from addresses that are multiples of their length of at most 64 bytes.
        panels = UnsafeMutableRawPointer.allocate(byteCount: elements * MemoryLayout<Scalar>.stride, alignment: 64)
            .bindMemory(to: Scalar.self, capacity: elements)
        groups = .allocate(capacity: Self.groupElements(depth: depth, widest: widest))
        Scalar.packRows(x, rows: rows, depth: depth, stride: stride, depthStride: depthStride, into: panels)
    }

    deinit {
        panels.deallocate()
        groups.deallocate()
    }

    var panelCount: Int { (rows + Scalar.panelRows - 1) / Scalar.panelRows }

    /// out = scale · X A [rows, columns]. O(rows · depth · columns).
    func multiply(_ a: UnsafePointer<Scalar>, columns: Int, scale: Scalar, into out: UnsafeMutablePointer<Scalar>) {
        load(a, columns: columns)
        multiply(panels: 0..<panelCount, scale: scale, into: out)
    }

    /// Takes A [depth, columns] for ``multiply(panels:scale:into:)``.
    func load(_ a: UnsafePointer<Scalar>, columns: Int) {
        self.columns = columns
        Scalar.packColumns(a, depth: depth, columns: columns, into: groups)
    }

    /// The rows of scale · X A that belong to these panels; several threads may each compute some.
    func multiply(panels range: Range<Int>, scale: Scalar, into out: UnsafeMutablePointer<Scalar>) {
        Scalar.packedProduct(panels, range, rows: rows, depth: depth, groups, columns: columns, scale: scale, into: out)
    }

    /// Elements that it takes.
    static func elements(rows: Int, depth: Int, widest: Int) -> Int {
        panelElements(rows: rows, depth: depth) + groupElements(depth: depth, widest: widest)
    }

    private static func panelElements(rows: Int, depth: Int) -> Int { padded(rows, to: Scalar.panelRows) * depth }
    private static func groupElements(depth: Int, widest: Int) -> Int { padded(widest, to: Scalar.groupColumns) * depth }
    private static func padded(_ count: Int, to multiple: Int) -> Int { (count + multiple - 1) / multiple * multiple }
}
