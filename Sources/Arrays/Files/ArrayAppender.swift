import Glibc

/// A .npy file whose number of rows is known only at its end: rows are appended, then the header is written.
///
/// Not Sendable: one task owns it. Memory is one buffer of a mebibyte. Without ``finish()`` the file is removed.
public final class ArrayAppender<Element: ArrayElement> {
    private let file: Descriptor
    private let rowShape: ArrayShape
    private let headerLength: Int
    /// Elements on their way to the file. Unsafe because it is filled and written as bytes; it lives as long as this object.
    private let buffer = UnsafeMutableBufferPointer<Element>.allocate(capacity: (1 << 20) / MemoryLayout<Element>.stride)
    private var buffered = 0
    private var isFinished = false

    public let path: String
    /// Elements appended.
    public private(set) var count = 0

    /// Creates the file at `path`, where there must be none.
    /// - Parameter rowShape: the axes of one row; empty for an array of one axis.
    /// - Throws: `inputOutput`, `storageFull`.
    public init(path: String, rowShape: [Int]) throws(ArrayError) {
        let shape = try ArrayShape(rowShape)
        precondition(shape.count > 0, "a row has elements")
        self.rowShape = shape
        self.path = path
        headerLength = NPYHeader.reservedLength(type: Element.elementType, rowShape: shape)
        file = try Descriptor(creating: path)
    }

    deinit {
        buffer.deallocate()
        if !isFinished { unlink(path) }
    }

    /// Appends elements in C order: whole rows or parts of one.
    /// - Throws: `storageFull`, `inputOutput`.
    public func append(_ elements: UnsafeBufferPointer<Element>) throws(ArrayError) {
        if buffered + elements.count > buffer.count { try flush() }
        if elements.count > buffer.count {
            try file.write(UnsafeRawBufferPointer(elements), at: offset(ofElement: count))
        } else {
            _ = UnsafeMutableBufferPointer(rebasing: buffer[buffered...]).update(fromContentsOf: elements)
            buffered += elements.count
        }
        count += elements.count
    }

    /// Replaces every element appended so far by `transform` of its place in C order and itself.
    /// - Complexity: one pass over the file.
    public func rewrite(_ transform: (_ place: Int, _ element: Element) -> Element) throws(ArrayError) {
        try flush()
        for start in stride(from: 0, to: count, by: buffer.count) {
            let chunk = UnsafeMutableBufferPointer(rebasing: buffer[..<min(buffer.count, count - start)])
            try file.read(UnsafeMutableRawBufferPointer(chunk), at: offset(ofElement: start))
            for index in chunk.indices { chunk[index] = transform(start + index, chunk[index]) }
            try file.write(UnsafeRawBufferPointer(chunk), at: offset(ofElement: start))
        }
    }

    /// Writes what is left and the header, brings the file to the disk and keeps it. Returns the shape.
    /// - Throws: `storageFull`, `inputOutput`; the file is then removed with this object.
    /// - Precondition: the elements make whole rows.
    @discardableResult
    public func finish() throws(ArrayError) -> ArrayShape {
        precondition(count % rowShape.count == 0, "\(count) elements are no whole rows of \(rowShape.count)")
        try flush()
        let shape = try ArrayShape([count / rowShape.count] + rowShape.axes)
        try writeHeader(NPYHeader.encode(type: Element.elementType, shape: shape, length: headerLength))
        try file.synchronize()
        isFinished = true
        return shape
    }

    /// Takes back ``finish()``: the file is removed with this object after all, because its sibling could not be written.
    func discard() { isFinished = false }

    private func offset(ofElement index: Int) -> Int { headerLength + index * MemoryLayout<Element>.stride }

    private func flush() throws(ArrayError) {
        let ready = UnsafeBufferPointer(rebasing: buffer[..<buffered])
        try file.write(UnsafeRawBufferPointer(ready), at: offset(ofElement: count - buffered))
        buffered = 0
    }

    private func writeHeader(_ header: [UInt8]) throws(ArrayError) {
        let bytes = UnsafeMutableRawBufferPointer(buffer)
        bytes.copyBytes(from: header)
        try file.write(UnsafeRawBufferPointer(rebasing: bytes[..<header.count]), at: 0)
    }
}
