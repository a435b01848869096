import Glibc

/// The room left for results.
enum DiskSpace {
    /// Bytes that are left alone: the store must be able to write that a job failed.
    static let reserve = 8 << 20

    /// Bytes that this process may still write below `path`; nil if the system does not say.
    static func available(at path: String) -> Int? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        let (bytes, overflow) = Int(status.f_bavail).multipliedReportingOverflow(by: Int(status.f_frsize))
        return overflow ? Int.max : bytes
    }
}

extension Core {
    /// Refuses a job whose result would not fit on the disk.
    func checkDisk(_ forecast: Forecast) throws(Problem) {
        guard let available = DiskSpace.available(at: blobs.directory.path),
            Forecast.sum(forecast.resultBytes, DiskSpace.reserve) > available
        else { return }
        throw Problem(
            .insufficientStorage,
            "The result would take \(forecast.resultBytes) bytes on disk; \(available) are free. Send fewer rows, delete finished jobs, or add space.",
            members: [("forecast", forecast.json)])
    }
}
