/// From an uploaded .npy file to a stored one: C order, little-endian, float64 (float32 if it came as that), every value finite.
public enum NPYConversion {
    /// What was stored.
    public struct Summary: Sendable, Equatable {
        public let shape: ArrayShape
        public let elementType: ElementType

        init(_ file: ArrayFile) { (shape, elementType) = (file.shape, file.elementType) }
    }

    /// Converts the file at `source` into a new file at `destination`.
    ///
    /// Any dtype of ``SourceType`` and either order is taken.
    /// - Throws: ``ArrayError``; `invalidValue` for an array without rows and for a value that is not finite (its index is
    ///   named), `storageFull`. Nothing is left at `destination` then.
    /// - Complexity: one pass; memory is one block of 256 KiB and mapped pages.
    public static func convert(source: String, destination: String) throws(ArrayError) -> Summary {
        let file = try MappedFile(path: source)
        defer { withExtendedLifetime(file) {} }
        file.adviseSequential()
        let header = try NPYHeader(file.bytes)
        try header.requireFileLength(file.bytes.count)
        var data = MemorySource(UnsafeRawBufferPointer(rebasing: file.bytes[header.dataOffset...]))
        let output = try fill(header: header, data: &data, name: "the array", destination: destination)
        try output.finish()
        return Summary(output)
    }

    /// Converts `data` by `header` into a new file at `destination`, which the caller finishes.
    /// - Parameter name: what messages call the array.
    static func fill(header: NPYHeader, data: inout some ByteSource, name: String, destination: String) throws(ArrayError) -> ArrayFile {
        guard !header.shape.axes.isEmpty, header.shape.count > 0 else {
            throw ArrayError(.invalidValue, "\(name) has the shape \(header.shape), which holds no rows; send at least one row of one number")
        }
        let output = try ArrayFile(path: destination, shape: header.shape, elementType: header.type.stored)
        try ElementConverter(header: header, name: name, output: output.bytes).run(&data)
        return output
    }
}
