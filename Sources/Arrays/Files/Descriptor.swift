import Glibc

/// An open file of ours; closed when it goes, and every failure is an ``ArrayError`` that says which.
struct Descriptor: ~Copyable {
    let number: Int32

    /// Opens an existing file to read.
    init(reading path: String) throws(ArrayError) {
        number = open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { throw ArrayError.system("open a file to read", errno) }
    }

    /// Creates a file that is not there yet, for its owner and group alone.
    init(creating path: String) throws(ArrayError) {
        number = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o640)
        guard number >= 0 else { throw ArrayError.system("create a file", errno) }
    }

    deinit { close(number) }

    func size() throws(ArrayError) -> Int {
        var status = stat()
        guard fstat(number, &status) == 0 else { throw ArrayError.system("read the length of a file", errno) }
        return Int(status.st_size)
    }

    /// Reserves `count` bytes on the disk, so that no later write into them, through a map or not, lacks room.
    func reserve(_ count: Int) throws(ArrayError) {
        guard count > 0 else { return }
        while true {
            let result = posix_fallocate(number, 0, off_t(count))
            if result == 0 { return }
            if result != EINTR { throw ArrayError.system("reserve \(count) bytes", result) }
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(ArrayError) {
        var done = 0
        while done < bytes.count, let base = bytes.baseAddress {
            let written = pwrite(number, base + done, bytes.count - done, off_t(offset + done))
            if written < 0 {
                if errno == EINTR { continue }
                throw ArrayError.system("write \(bytes.count) bytes", errno)
            }
            done += written
        }
    }

    /// Fills `bytes` from `offset`; the file holds that much.
    func read(_ bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws(ArrayError) {
        var done = 0
        while done < bytes.count, let base = bytes.baseAddress {
            let count = pread(number, base + done, bytes.count - done, off_t(offset + done))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw ArrayError.system("read \(bytes.count) bytes", count < 0 ? errno : EIO) }
            done += count
        }
    }

    /// Brings data and length to the disk.
    func synchronize() throws(ArrayError) {
        guard fsync(number) == 0 else { throw ArrayError.system("bring a file to the disk", errno) }
    }
}

extension ArrayError {
    /// The failed system call `code`. A full disk, quota or file-size limit is `storageFull`, all else `inputOutput`.
    static func system(_ action: String, _ code: Int32) -> ArrayError {
        let reason = String(cString: strerror(code))
        switch code {
        case ENOSPC, EDQUOT, EFBIG:
            return ArrayError(.storageFull, "the storage has no room to \(action) (\(reason)); delete what is no longer needed, or send less")
        default:
            return ArrayError(.inputOutput, "the system could not \(action) (\(reason))")
        }
    }
}
