/// Bytes read from front to back: a mapped file, or a member of an archive as it is inflated.
protocol ByteSource {
    /// Fills `buffer` from its front as far as there are bytes; returns how many. Fewer than asked for means the end.
    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(ArrayError) -> Int
}

/// Bytes that are in memory. The memory must outlive this value.
struct MemorySource: ByteSource {
    private var rest: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { rest = bytes }

    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(ArrayError) -> Int {
        let count = min(buffer.count, rest.count)
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: rest[..<count]))
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        return count
    }
}
