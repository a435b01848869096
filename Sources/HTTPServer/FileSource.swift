import Glibc
import Synchronization

/// A stretch of a file as a response body, read in pieces on an executor of the caller's, never on the event loop.
public final class FileSource: BodySource {
    /// Why a file source failed.
    public enum Failure: Error, Sendable {
        /// The executor had no room.
        case busy
        /// `open` or `pread` failed with this `errno`.
        case system(Int32)
        /// The file ended before the promised length.
        case truncated
    }

    private struct State {
        var descriptor: Int32?
        var offset: Int
        var remaining: Int
        var reading = false
        var cancelled = false
    }

    private static let pieceLength = 256 * 1024
    private let path: String?
    private let execute: @Sendable (@escaping @Sendable () -> Void) -> Bool
    private let state: Mutex<State>

    /// Reads `length` bytes from `offset` of the file at `path`, which is opened with the first read.
    /// - Parameter executor: runs the work it is given on a thread that may block; false when it cannot.
    public init(
        path: String, offset: Int, length: Int,
        executor: @escaping @Sendable (@escaping @Sendable () -> Void) -> Bool
    ) {
        self.path = path
        execute = executor
        state = Mutex(State(descriptor: nil, offset: offset, remaining: length))
    }

    /// Reads `length` bytes from `offset` of an open file; the source owns the descriptor and closes it.
    public init(
        descriptor: Int32, offset: Int, length: Int,
        executor: @escaping @Sendable (@escaping @Sendable () -> Void) -> Bool
    ) {
        path = nil
        execute = executor
        state = Mutex(State(descriptor: descriptor, offset: offset, remaining: length))
    }

    deinit {
        state.withLock { Self.close(&$0) }
    }

    public func read(deliver: @escaping @Sendable (Result<[UInt8]?, any Error>) -> Void) {
        let ended = state.withLock { state in
            if state.remaining == 0 { return true }
            state.reading = true
            return false
        }
        if ended { return deliver(.success(nil)) }
        let accepted = execute { deliver(self.nextPiece()) }
        if !accepted {
            state.withLock { $0.reading = false }
            deliver(.failure(Failure.busy))
        }
    }

    public func cancel() {
        state.withLock { state in
            state.cancelled = true
            if !state.reading { Self.close(&state) }
        }
    }

    /// `reading` keeps `cancel` from closing the descriptor under this read; at most one read is outstanding.
    private func nextPiece() -> Result<[UInt8]?, any Error> {
        let (opened, offset, remaining) = state.withLock { ($0.descriptor, $0.offset, $0.remaining) }
        var descriptor = opened
        if descriptor == nil, let path {
            let new = open(path, O_RDONLY | O_CLOEXEC)
            if new >= 0 { descriptor = new }
        }
        var code = errno
        var bytes: [UInt8] = []
        if let descriptor {
            (bytes, code) = Self.read(descriptor, at: offset, length: min(remaining, Self.pieceLength))
        }
        let count = bytes.count
        state.withLock { state in
            state.descriptor = descriptor
            state.offset += count
            state.remaining -= count
            state.reading = false
            if state.cancelled || state.remaining == 0 { Self.close(&state) }
        }
        if descriptor == nil || code != 0 { return .failure(Failure.system(code)) }
        return count > 0 ? .success(bytes) : .failure(Failure.truncated)
    }

    private static func read(_ descriptor: Int32, at offset: Int, length: Int) -> (bytes: [UInt8], code: Int32) {
        var code: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            let got = retryingInterrupts { pread(descriptor, buffer.baseAddress, length, offset) }
            code = got < 0 ? errno : 0
            count = max(0, got)
        }
        return (bytes, code)
    }

    private static func close(_ state: inout State) {
        if let descriptor = state.descriptor { Glibc.close(descriptor) }
        state.descriptor = nil
    }
}
