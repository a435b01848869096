import Glibc
import Synchronization

/// A .npy file of known shape, written through shared memory, from many threads if need be.
///
/// The whole file is reserved on the disk first: a full disk is an error here, and never a SIGBUS in the middle of a computation.
/// The pages belong to the file, so writing an array takes no anonymous memory, whatever its size; the kernel writes them back
/// as it likes. Until ``finish()`` the file is not complete, and if it is never called, the file is removed.
public final class ArrayFile: @unchecked Sendable {
    // Unchecked, because a raw pointer is not Sendable: threads that write write disjoint elements, which is the caller's
    // promise, and the map is taken down only in deinit, when no other thread holds this object.
    private let map: UnsafeMutableRawBufferPointer
    private let file: Descriptor
    private let isFinished = Mutex(false)
    private let dataOffset: Int

    public let path: String
    public let shape: ArrayShape
    public let elementType: ElementType

    /// Creates the file at `path`, where there must be none, and writes its header; the elements are zero.
    /// - Throws: `storageFull` if the disk has no room for the whole array; `inputOutput`. Nothing is left behind then.
    public init(path: String, shape: ArrayShape, elementType: ElementType) throws(ArrayError) {
        let header = NPYHeader.encode(type: elementType, shape: shape)
        let (total, overflow) = header.count.addingReportingOverflow(shape.byteCount(of: elementType))
        guard !overflow else { throw ArrayError(.tooLarge, "an array of shape \(shape) cannot be addressed") }
        let created = try Descriptor(creating: path)
        do throws(ArrayError) {
            try created.reserve(total)
            let address = mmap(nil, total, PROT_READ | PROT_WRITE, MAP_SHARED, created.number, 0)
            guard let address, address != UnsafeMutableRawPointer(bitPattern: -1) else {
                throw ArrayError.system("map a file of \(total) bytes", errno)
            }
            map = UnsafeMutableRawBufferPointer(start: address, count: total)
        } catch {
            unlink(path)
            throw error
        }
        map.copyBytes(from: header)
        file = created
        dataOffset = header.count
        self.path = path
        self.shape = shape
        self.elementType = elementType
    }

    deinit {
        if let base = map.baseAddress { munmap(base, map.count) }
        if !isFinished.withLock({ $0 }) { unlink(path) }
    }

    /// The elements in C order, to write; valid while this object lives. Writers on several threads keep to disjoint elements.
    public var bytes: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: map[dataOffset...])
    }

    /// The elements in C order, to write; valid while this object lives. Nil if `Element` is not the type of this file.
    public func elements<Element: ArrayElement>(as type: Element.Type = Element.self) -> UnsafeMutableBufferPointer<Element>? {
        guard Element.elementType == elementType else { return nil }
        return bytes.bindMemory(to: Element.self)
    }

    /// Brings everything to the disk and keeps the file. The directory entry is the caller's to synchronise, after a rename.
    /// - Throws: `inputOutput` or `storageFull`; the file is then removed with this object.
    public func finish() throws(ArrayError) {
        guard msync(map.baseAddress, map.count, MS_SYNC) == 0 else { throw ArrayError.system("bring an array to the disk", errno) }
        try file.synchronize()
        isFinished.withLock { $0 = true }
    }

    /// Keeps both files or neither.
    static func finish(_ first: ArrayFile, _ second: ArrayFile) throws(ArrayError) {
        try first.finish()
        do throws(ArrayError) {
            try second.finish()
        } catch {
            first.isFinished.withLock { $0 = false }
            throw error
        }
    }
}
