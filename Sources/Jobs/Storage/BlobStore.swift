#if canImport(Glibc)
import Glibc
#endif
import Foundation

/// Files named by the SHA-256 of their bytes, under `arrays/`.
///
/// A blob is written under another name, made durable, and only then renamed to its own, so it is never half visible.
/// Nothing ever changes a blob; it goes only by `collectOrphans`.
public final class BlobStore: Sendable {
    public let directory: DataDirectory

    public init(_ directory: DataDirectory) { self.directory = directory }

    public func makeTemporary() throws -> TemporaryFile { try TemporaryFile(in: directory.temporaryPath) }

    /// Makes a finished temporary file a blob: on return it is on disk under its name, whatever happens next.
    ///
    /// - Parameter sha256: The digest of the file's bytes, when the caller has it from writing them; otherwise the file is read.
    public func commit(_ file: TemporaryFile, sha256: String? = nil, fileExtension: String = "npy") throws -> Blob {
        let bytes = try Self.size(of: file.descriptor, file.path)
        let digest = try sha256 ?? SHA256Hasher.digest(ofDescriptor: file.descriptor, path: file.path).sha256
        let blob = Blob(sha256: digest, bytes: bytes, fileExtension: fileExtension)
        let target = path(of: blob)
        // Shared with other commits, exclusive to the collector: it must not remove a blob between our look and our touch.
        if try withLock(LOCK_SH, { keepExisting(target, bytes: bytes) }) {
            // Whoever renamed it may not have come to this yet; when they have, it costs nothing.
            try DataDirectory.synchronize(folder: folder(of: digest))
            return blob
        }
        guard fsync(file.descriptor) == 0 else { throw StorageError.failed("fsync", file.path) }
        try withLock(LOCK_SH) {
            guard rename(file.path, target) == 0 else { throw StorageError.failed("rename", target) }
            file.markCommitted()
        }
        try DataDirectory.synchronize(folder: folder(of: digest))
        return blob
    }

    /// Commits bytes that are in memory.
    public func store(_ bytes: UnsafeRawBufferPointer, fileExtension: String = "npy") throws -> Blob {
        let file = try makeTemporary()
        try file.write(bytes)
        var hasher = SHA256Hasher()
        hasher.update(bytes)
        return try commit(file, sha256: hasher.finalize(), fileExtension: fileExtension)
    }

    public func path(of blob: Blob) -> String {
        "\(folder(of: blob.sha256))/\(blob.sha256).\(blob.fileExtension)"
    }

    public func url(of blob: Blob) -> URL { URL(fileURLWithPath: path(of: blob)) }

    public func exists(_ blob: Blob) -> Bool { access(path(of: blob), F_OK) == 0 }

    /// Removes blobs that nothing refers to and that are older than `age`.
    ///
    /// - Parameter isReferenced: Whether a row names the digest; asked again under the lock just before a file goes.
    /// - Returns: The number of files removed.
    @discardableResult
    public func collectOrphans(
        olderThan age: Duration = .seconds(3600), isReferenced: (String) throws -> Bool
    ) throws -> Int {
        let limit = (Timestamp.now() - age).rawValue / 1_000_000
        var removed = 0
        for byte in UInt8.min...UInt8.max {
            let folder = "\(directory.arraysPath)/\(DataDirectory.hexadecimal(byte))"
            for name in try DataDirectory.names(in: folder) {
                let path = "\(folder)/\(name)"
                let digest = String(name.prefix { $0 != "." })
                guard Self.isOlder(path, than: limit), try !isReferenced(digest) else { continue }
                try withLock(LOCK_EX) {
                    guard Self.isOlder(path, than: limit), try !isReferenced(digest) else { return }
                    if unlink(path) == 0 { removed += 1 }
                }
            }
        }
        return removed
    }

    private func folder(of sha256: String) -> String { "\(directory.arraysPath)/\(sha256.prefix(2))" }

    /// Whether the blob is there already; if so its time is set to now, which keeps it from the collector until a row names it.
    private func keepExisting(_ target: String, bytes: Int) -> Bool {
        var status = stat()
        guard stat(target, &status) == 0, Int(status.st_size) == bytes else { return false }
        return utimensat(AT_FDCWD, target, nil, 0) == 0
    }

    private func withLock<Result>(_ operation: Int32, _ body: () throws -> Result) throws -> Result {
        let path = directory.arraysPath + "/.lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw StorageError.failed("open", path) }
        defer { close(descriptor) }
        while flock(descriptor, operation) != 0 {
            guard errno == EINTR else { throw StorageError.failed("flock", path) }
        }
        return try body()
    }

    private static func size(of descriptor: Int32, _ path: String) throws -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw StorageError.failed("stat", path) }
        return Int(status.st_size)
    }

    private static func isOlder(_ path: String, than seconds: Int64) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && Int64(status.st_mtim.tv_sec) < seconds
    }
}
