/// A stored array, mapped to read: a .npy file of ``ElementType`` in C order, as ``ArrayFile`` and ``ArrayAppender`` write it.
///
/// Pages come from the file when they are touched, so an array larger than memory can be open.
public final class MappedArray: Sendable {
    private let file: MappedFile
    public let shape: ArrayShape
    public let elementType: ElementType
    private let dataOffset: Int

    /// - Throws: `malformed` if the length of the file is not what its header says, or the data are not aligned;
    ///   `unsupported` for a dtype or order that is not stored here (see ``NPYConversion``); `inputOutput`.
    public convenience init(path: String) throws(ArrayError) { try self.init(MappedFile(path: path)) }

    /// The array of a .npy file whose bytes are in memory, which are copied.
    /// - Throws: as ``init(path:)``.
    public convenience init(bytes: [UInt8]) throws(ArrayError) { try self.init(MappedFile(bytes: bytes)) }

    private init(_ file: MappedFile) throws(ArrayError) {
        self.file = file
        let header = try NPYHeader(file.bytes)
        guard let type = ElementType.allCases.first(where: { $0.descr == header.type.rawValue }), !header.isFortranOrder else {
            throw ArrayError(.unsupported, "a stored array is float64 or float32 in C order, and this file is \(header.type.rawValue)\(header.isFortranOrder ? " in Fortran order" : ""); convert it first")
        }
        try header.requireFileLength(file.bytes.count)
        guard header.dataOffset % type.size == 0 else {
            throw ArrayError(.malformed, "the data begin at byte \(header.dataOffset), which is not aligned to \(type.size) bytes; convert the file first")
        }
        shape = header.shape
        elementType = type
        dataOffset = header.dataOffset
    }

    /// The elements in C order; valid while this object lives.
    public var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: file.bytes[dataOffset...])
    }

    /// The whole file, header and all; valid while this object lives.
    public var fileBytes: UnsafeRawBufferPointer { file.bytes }

    /// The elements in C order; valid while this object lives. Nil if `Element` is not the type stored.
    public func elements<Element: ArrayElement>(as type: Element.Type = Element.self) -> UnsafeBufferPointer<Element>? {
        guard Element.elementType == elementType else { return nil }
        return bytes.bindMemory(to: Element.self)
    }

    /// The elements of consecutive rows, contiguous; valid while this object lives. Nil if `Element` is not the type stored.
    /// - Precondition: `rows` lies within the first axis.
    public func rows<Element: ArrayElement>(_ rows: Range<Int>, as type: Element.Type = Element.self) -> UnsafeBufferPointer<Element>? {
        precondition(rows.lowerBound >= 0 && rows.upperBound <= shape.rows, "rows \(rows) of \(shape.rows)")
        let length = shape.rowLength
        return elements(as: type).map { UnsafeBufferPointer(rebasing: $0[rows.lowerBound * length..<rows.upperBound * length]) }
    }
}

extension NPYHeader {
    /// - Throws: `malformed` unless a file of `count` bytes holds the header, the data, and nothing else.
    func requireFileLength(_ count: Int) throws(ArrayError) {
        let found = count - dataOffset
        guard found == dataByteCount else {
            throw ArrayError(.malformed, "the shape \(shape) of \(type.rawValue) needs \(dataByteCount) bytes of data, and the file has \(found)\(found < dataByteCount ? "; it was cut short, send it whole" : "; send one array and nothing after it")")
        }
    }
}
