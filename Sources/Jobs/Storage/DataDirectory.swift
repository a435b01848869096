#if canImport(Glibc)
import Glibc
#endif
import Foundation
import Synchronization

/// The folder that a server and its workers share.
///
///     tangent.sqlite   jobs, results, datasets, keys (with its -wal and -shm)
///     lock             held by the one server of the directory
///     arrays/aa/<sha256>.<extension>
///     checkpoints/<id> states of unfinished jobs
///     tmp/<pid>-<id>   files being written; tmp/upload-<id>.tmp bodies of requests
///
/// It must lie on a local disk: SQLite's write-ahead log and the locks do not work over a network file system.
public final class DataDirectory: Sendable {
    public let path: String
    private let lockDescriptor = Atomic<Int32>(-1)

    /// Opens the directory, making it and its folders if need be.
    public init(path: String) throws {
        self.path = URL(fileURLWithPath: path).standardizedFileURL.path
        try Self.makeFolder(self.path)
        try Self.makeFolder(arraysPath)
        try Self.makeFolder(temporaryPath)
        try Self.makeFolder(checkpointsPath)
        // All 256 are made now, so that a blob's commit never has to make its folder durable too.
        for byte in UInt8.min...UInt8.max {
            try Self.makeFolder(arraysPath + "/" + Self.hexadecimal(byte))
        }
        try Self.synchronize(folder: arraysPath)
    }

    deinit { unlock() }

    public var databasePath: String { path + "/tangent.sqlite" }
    public var arraysPath: String { path + "/arrays" }
    public var temporaryPath: String { path + "/tmp" }
    public var checkpointsPath: String { path + "/checkpoints" }
    var lockPath: String { path + "/lock" }

    /// Takes the directory for this server, until `unlock` or the process's end, and removes what dead processes left in `tmp`.
    ///
    /// - Throws: `StoreError.directoryInUse` when another server has it.
    public func lock() throws {
        let descriptor = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw StorageError.failed("open", lockPath) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(descriptor)
            if code == EWOULDBLOCK { throw StoreError.directoryInUse(path: path) }
            throw StorageError.failed("flock", lockPath, code)
        }
        let previous = lockDescriptor.exchange(descriptor, ordering: .sequentiallyConsistent)
        if previous >= 0 { close(previous) }
        try removeAbandonedTemporaries()
    }

    public func unlock() {
        let descriptor = lockDescriptor.exchange(-1, ordering: .sequentiallyConsistent)
        if descriptor >= 0 { close(descriptor) }
    }

    /// Removes temporary files that nobody writes any more: uploads, which only the server makes, and files of processes that
    /// are gone. A process number says little by itself (in a container they come again with every start), so a file is kept
    /// only where its process runs this very program.
    func removeAbandonedTemporaries(besidesThoseOf isWriting: (pid_t) -> Bool = DataDirectory.isAnotherOfUs) throws {
        for name in try Self.names(in: temporaryPath) {
            let pid = name.split(separator: "-").first.flatMap { pid_t($0) }
            let isAbandoned = if let pid { !isWriting(pid) } else { name.hasPrefix("upload-") }
            if isAbandoned { unlink(temporaryPath + "/" + name) }
        }
    }

    /// Whether a process other than this one runs this very program.
    private static func isAnotherOfUs(_ pid: pid_t) -> Bool {
        func program(_ process: String) -> String? {
            try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/exe")
        }
        guard pid != getpid(), let running = program("\(pid)") else { return false }
        return running == program("self")
    }

    /// Removes what a process left in `tmp`. For a worker that is known to be dead and whose number is not yet another's.
    public func removeTemporaries(of pid: Int32) throws {
        for name in try Self.names(in: temporaryPath) where name.hasPrefix("\(pid)-") { unlink(temporaryPath + "/" + name) }
    }

    static func hexadecimal(_ byte: UInt8) -> String {
        String(decoding: [hexDigit(byte >> 4), hexDigit(byte & 0xF)], as: UTF8.self)
    }

    static func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder)
    }

    /// Makes a folder's entries durable: a rename survives a power loss only after this.
    static func synchronize(folder: String) throws {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StorageError.failed("open", folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw StorageError.failed("fsync", folder) }
    }

    private static func makeFolder(_ path: String) throws {
        if mkdir(path, 0o755) == 0 { return }
        switch errno {
        case EEXIST: return
        case ENOENT:
            do {
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            } catch {
                throw StorageError.failed("mkdir", path, ENOENT)
            }
        default: throw StorageError.failed("mkdir", path)
        }
    }
}
