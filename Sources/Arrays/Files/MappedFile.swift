import Glibc

/// A file mapped into memory to read. The file must not shrink while this lives: reading past its end is a SIGBUS.
/// That holds for uploads, which only the server writes and never touches again once they are whole, and for stored arrays,
/// which are never changed.
public final class MappedFile: @unchecked Sendable {
    // Unchecked, because a raw pointer is not Sendable: the memory is mapped PROT_READ and stays until deinit.
    /// The whole file; valid while this object lives.
    public let bytes: UnsafeRawBufferPointer
    private let isMapped: Bool

    /// - Throws: `inputOutput` if the file cannot be opened or mapped.
    public init(path: String) throws(ArrayError) {
        let file = try Descriptor(reading: path)
        let count = try file.size()
        isMapped = true
        guard count > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        let address = mmap(nil, count, PROT_READ, MAP_SHARED, file.number, 0)
        guard let address, address != UnsafeMutableRawPointer(bitPattern: -1) else {
            throw ArrayError.system("map a file of \(count) bytes", errno)
        }
        bytes = UnsafeRawBufferPointer(start: address, count: count)
    }

    /// A file whose bytes are in memory already, copied to where they are aligned like a map.
    init(bytes source: [UInt8]) {
        isMapped = false
        guard !source.isEmpty else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: source.count, alignment: 64)
        copy.copyBytes(from: source)
        bytes = UnsafeRawBufferPointer(copy)
    }

    deinit {
        guard let base = bytes.baseAddress else { return }
        if isMapped { munmap(UnsafeMutableRawPointer(mutating: base), bytes.count) } else { bytes.deallocate() }
    }

    /// Says that the file will be read from front to back, once.
    func adviseSequential() {
        if isMapped, let base = bytes.baseAddress { madvise(UnsafeMutableRawPointer(mutating: base), bytes.count, MADV_SEQUENTIAL) }
    }
}
