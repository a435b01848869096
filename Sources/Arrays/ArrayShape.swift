/// The lengths of an array's axes, in C order: the last axis varies fastest.
///
/// A shape that exists has an element count, and a byte count at 8 bytes an element, that fit in an `Int`.
public struct ArrayShape: Sendable, Hashable, CustomStringConvertible {
    /// As many axes as numpy 1 takes.
    public static let maximumAxes = 32

    public let axes: [Int]
    /// The product of the axes: 1 for no axes, 0 if an axis is 0.
    public let count: Int

    /// - Throws: `malformed` for a negative axis; `tooLarge` for more than ``maximumAxes`` axes or a product beyond
    ///   2^63 bytes. Axes of length 0 count as 1 here, so that no partial product can overflow either.
    public init(_ axes: [Int]) throws(ArrayError) {
        guard axes.count <= Self.maximumAxes else {
            throw ArrayError(.tooLarge, "the array has \(axes.count) axes; at most \(Self.maximumAxes) are taken")
        }
        var bytes = 8
        for axis in axes {
            guard axis >= 0 else { throw ArrayError(.malformed, "the shape has an axis of length \(axis); none can be negative") }
            let (product, overflow) = bytes.multipliedReportingOverflow(by: max(axis, 1))
            guard !overflow else {
                throw ArrayError(.tooLarge, "the shape \(Self.text(axes)) stands for more elements than can be addressed; send fewer")
            }
            bytes = product
        }
        self.axes = axes
        count = axes.contains(0) ? 0 : bytes / 8
    }

    /// The length of the first axis; 1 for an array without axes.
    public var rows: Int { axes.first ?? 1 }

    /// Elements of one row: the product of all axes but the first.
    public var rowLength: Int { axes.dropFirst().reduce(1, *) }

    /// Cannot overflow: the initialiser checked 8 bytes an element.
    public func byteCount(of type: ElementType) -> Int { count * type.size }

    /// As Python writes a tuple: `(3, 4)`, `(3,)`, `()`.
    public var description: String { Self.text(axes) }

    static func text(_ axes: [Int]) -> String {
        "(\(axes.map(String.init).joined(separator: ", "))\(axes.count == 1 ? "," : ""))"
    }

    /// The index along each axis of the element at `offset` in C order.
    func index(ofElement offset: Int) -> [Int] {
        var rest = offset
        var index = [Int](repeating: 0, count: axes.count)
        for axis in axes.indices.reversed() {
            index[axis] = rest % axes[axis]
            rest /= axes[axis]
        }
        return index
    }
}
