#if canImport(Glibc)
import Glibc
#endif
import Synchronization

/// A file being written in `tmp`. It goes away with its last reference unless it was committed as a blob.
///
/// The descriptor stays open for the object's whole life, so it may be mapped: reserve the space first, because writing
/// through a map into a hole on a full disk kills the process with SIGBUS.
public final class TemporaryFile: Sendable {
    public let path: String
    public let descriptor: Int32
    private let committed = Atomic(false)

    init(in folder: String) throws {
        path = "\(folder)/\(getpid())-\(UUIDv7.next())"
        descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw StorageError.failed("open", path) }
    }

    /// Takes over a finished file that another writer made in `tmp`.
    init(adopting path: String) throws {
        self.path = path
        descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw StorageError.failed("open", path) }
    }

    deinit {
        close(descriptor)
        if !committed.load(ordering: .relaxed) { unlink(path) }
    }

    /// Allocates the first `bytes` bytes on disk and makes the file at least that long.
    ///
    /// - Throws: `StorageError.full` when they are not to be had; what was allocated is given back with the file.
    public func reserve(_ bytes: Int) throws {
        guard bytes > 0 else { return }
        var code: Int32
        repeat { code = posix_fallocate(descriptor, 0, bytes) } while code == EINTR
        guard code == 0 else { throw StorageError.failed("allocate", path, code) }
    }

    /// Sets the file's length.
    public func truncate(to bytes: Int) throws {
        guard ftruncate(descriptor, bytes) == 0 else { throw StorageError.failed("truncate", path) }
    }

    /// Appends at the file's present offset.
    public func write(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw StorageError.failed("write", path)
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    public func write(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try write($0) }
    }

    /// Writes at an offset; several threads may write disjoint parts.
    public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
        var rest = bytes
        var position = offset
        while !rest.isEmpty {
            let count = pwrite(descriptor, rest.baseAddress, rest.count, position)
            if count < 0 {
                if errno == EINTR { continue }
                throw StorageError.failed("write", path)
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            position += count
        }
    }

    func markCommitted() { committed.store(true, ordering: .relaxed) }
}
