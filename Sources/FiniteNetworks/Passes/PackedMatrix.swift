/// A matrix X [rows, depth] that many products X A with narrow matrices A read, packed once.
///
/// Vectors go along X's rows, where BLAS puts them along the few columns of A and packs X at every product. An element of a
/// product is summed in the order of its terms, whatever else is computed with it.
final class PackedMatrix<Scalar: NetworkScalar> {
    let rows: Int
    let depth: Int
    /// X in panels of rows, the last filled up with zeros.
    private let panels: UnsafeMutablePointer<Scalar>
    /// The A of the last product; several matrices may have one, as products with them read the same A.
    let factor: PackedFactor<Scalar>

    /// - Parameters:
    ///   - x: X[r][k] = x[r · stride + k · depthStride], copied.
    ///   - factor: of the depth of X.
    init(_ x: UnsafePointer<Scalar>, rows: Int, stride: Int, depthStride: Int, factor: PackedFactor<Scalar>) {
        let depth = factor.depth
        (self.rows, self.depth, self.factor) = (rows, depth, factor)
        let elements = Self.panelElements(rows: rows, depth: depth)
        // Vectors are read whole, from addresses that are multiples of their length of at most 64 bytes.
        panels = UnsafeMutableRawPointer.allocate(byteCount: elements * MemoryLayout<Scalar>.stride, alignment: 64)
            .bindMemory(to: Scalar.self, capacity: elements)
        Scalar.packRows(x, rows: rows, depth: depth, stride: stride, depthStride: depthStride, into: panels)
    }

    deinit { panels.deallocate() }

    var panelCount: Int { (rows + Scalar.panelRows - 1) / Scalar.panelRows }

    /// out = scale · X A [rows, columns]. O(rows · depth · columns).
    func multiply(_ a: UnsafePointer<Scalar>, columns: Int, scale: Scalar, into out: UnsafeMutablePointer<Scalar>) {
        factor.load(a, rows: 0..<depth, columns: columns)
        multiply(panels: 0..<panelCount, columns: columns, scale: scale, into: out)
    }

    /// The rows of scale · X A that belong to these panels, with the A that the factor has loaded; several threads may each compute
    /// some.
    func multiply(panels range: Range<Int>, columns: Int, scale: Scalar, into out: UnsafeMutablePointer<Scalar>) {
        Scalar.packedProduct(panels, range, rows: rows, depth: depth, factor.groups, columns: columns, scale: scale, into: out)
    }

    /// Elements of its panels.
    static func panelElements(rows: Int, depth: Int) -> Int { (rows + Scalar.panelRows - 1) / Scalar.panelRows * Scalar.panelRows * depth }
}
