import Glibc
import Synchronization

/// A body on its way to disk. The file is made with the first write and removed unless it is finished.
/// `write` and `finish` run on the blocking pool, one after the other.
final class SpoolFile: Sendable {
    private struct State {
        var descriptor: Int32 = -1
        var length = 0
        var isHandedOver = false
    }

    private let path: String
    private let state = Mutex(State())

    init(directory: String, id: String) {
        path = "\(directory)/upload-\(id).tmp"
    }

    deinit {
        state.withLock { state in
            if state.descriptor >= 0 {
                close(state.descriptor)
                if !state.isHandedOver { unlink(path) }
            }
        }
    }

    /// Appends `bytes`; an empty piece still makes the file.
    /// - Returns: 0 or the error number.
    func write(_ bytes: [UInt8]) -> Int32 {
        state.withLock { state in
            if state.descriptor < 0 {
                state.descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
                if state.descriptor < 0 { return errno }
            }
            var offset = 0
            while offset < bytes.count {
                let descriptor = state.descriptor
                let written = bytes.withUnsafeBytes { buffer in
                    let rest = UnsafeRawBufferPointer(rebasing: buffer[offset...])
                    return retryingInterrupts { Glibc.write(descriptor, rest.baseAddress, rest.count) }
                }
                if written < 0 { return errno }
                offset += written
                state.length += written
            }
            return 0
        }
    }

    /// Hands the file over to its new owner.
    func finish() -> SpooledFile {
        state.withLock { state in
            state.isHandedOver = true
            return SpooledFile(path: path, length: state.length)
        }
    }
}
