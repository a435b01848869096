#if canImport(Glibc)
import Glibc
#endif
import Foundation

/// States of unfinished jobs, one file a job, from which another attempt goes on.
///
/// A checkpoint is replaced by a rename, so a reader sees a whole one. A worker that lost its lease and has not noticed may
/// still replace a newer one by an older: a computation must come to the same result from any of its checkpoints.
struct Checkpoints: Sendable {
    let directory: DataDirectory

    func save(_ bytes: [UInt8], of jobID: String) throws {
        let file = try TemporaryFile(in: directory.temporaryPath)
        try file.write(bytes)
        guard fsync(file.descriptor) == 0 else { throw StorageError.failed("fsync", file.path) }
        let target = path(of: jobID)
        guard rename(file.path, target) == 0 else { throw StorageError.failed("rename", target) }
        file.markCommitted()
        try DataDirectory.synchronize(folder: directory.checkpointsPath)
    }

    /// The latest checkpoint; nil where there is none.
    func load(of jobID: String) throws -> [UInt8]? {
        guard access(path(of: jobID), F_OK) == 0 else { return nil }
        return Array(try Data(contentsOf: URL(fileURLWithPath: path(of: jobID))))
    }

    func remove(of jobID: String) { unlink(path(of: jobID)) }

    /// Removes the checkpoints of jobs that no attempt will go on with.
    ///
    /// - Parameter isNeeded: Whether a job is neither finished nor gone.
    func removeStale(isNeeded: (String) throws -> Bool) throws {
        for name in try DataDirectory.names(in: directory.checkpointsPath) where try !isNeeded(name) { remove(of: name) }
    }

    private func path(of jobID: String) -> String { "\(directory.checkpointsPath)/\(jobID)" }
}
