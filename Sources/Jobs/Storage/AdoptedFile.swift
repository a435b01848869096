#if canImport(Glibc)
import Glibc
#endif

extension BlobStore {
    /// A fresh path in `tmp` for a writer that makes its file itself (a memory-mapped array, a conversion).
    ///
    /// The name carries the process number, so that what a dead process left is removed at the next start.
    public func makeTemporaryPath() -> String { "\(directory.temporaryPath)/\(getpid())-\(UUIDv7.next())" }

    /// Makes the file at a path from ``makeTemporaryPath()`` a blob. It is renamed, or removed where the blob exists already.
    public func commit(fileAt path: String, fileExtension: String = "npy") throws -> Blob {
        try commit(TemporaryFile(adopting: path), fileExtension: fileExtension)
    }
}

extension SHA256Hasher {
    /// The digest of the file at a path.
    public static func digest(ofFile path: String) throws -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StorageError.failed("open", path) }
        defer { close(descriptor) }
        return try digest(ofDescriptor: descriptor, path: path).sha256
    }
}
