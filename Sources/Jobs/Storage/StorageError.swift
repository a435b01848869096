#if canImport(Glibc)
import Glibc
#endif

/// What can go wrong with files.
public enum StorageError: Error, Sendable, Equatable {
    /// No space left on the device, a quota used up, or a file size limit reached.
    case full
    case io(operation: String, path: String, code: Int32)

    /// The error for a failed call, from its `errno`.
    static func failed(_ operation: String, _ path: String, _ code: Int32 = errno) -> StorageError {
        switch code {
        case ENOSPC, EDQUOT, EFBIG: .full
        default: .io(operation: operation, path: path, code: code)
        }
    }
}

extension StorageError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .full: "no space left for the data directory"
        case .io(let operation, let path, let code): "\(operation) \(path): \(String(cString: strerror(code)))"
        }
    }
}
