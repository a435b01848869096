import CLinux
import Foundation
import Logging
import Synchronization

/// The life of a `tangent work` process around its loop: priority, signals, and the ways to the server that started it.
public enum WorkerProcess {
    /// Works until the server goes away (supervised), or SIGTERM or SIGINT comes; then hands its job back and returns.
    ///
    /// - Throws: When the store cannot be opened, which a supervised worker does only once its server is gone.
    public static func run(
        _ configuration: WorkerLoop.Configuration, directory: DataDirectory, computation: any Computation, logger: Logger
    ) throws {
        // Answering comes before computing: the server keeps the higher priority.
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 5)
        // A server that is gone, and a file size limit, come as errors of the call.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        if configuration.isSupervised {
            // It would be listed by the last part of the path that it was started by, which is a number.
            Thread.current.name = "tangent"
            let store = ChannelStore(
                MessageChannel(descriptor: ChildProcess.channelNumber), worker: configuration.id, directory: directory)
            try run(configuration, store, directory, computation, logger)
            try store.close()
        } else {
            let store = try SQLiteJobStore(directory, role: .worker)
            try run(configuration, store, directory, computation, logger)
            try store.close()
        }
    }

    private static func run(
        _ configuration: WorkerLoop.Configuration, _ store: any WorkStore, _ directory: DataDirectory,
        _ computation: any Computation, _ logger: Logger
    ) throws {
        let loop = WorkerLoop(
            configuration, store: store, blobs: BlobStore(directory), computation: computation, logger: logger)
        try TerminationSignals.handle { loop.stop() }
        if configuration.isSupervised { startThread("server-lines") { follow(STDIN_FILENO, loop) } }
        loop.run()
    }

    /// Does what the server says, until it is gone.
    static func follow(_ descriptor: Int32, _ loop: WorkerLoop) {
        readLines(from: descriptor) { line in
            switch line.split(separator: " ", maxSplits: 1).map(String.init) {
            case ["wake"]: loop.wake()
            case ["drain"]: loop.drain()
            case let words where words.count == 2 && words[0] == "cancel": loop.lookForCancel(of: words[1])
            default: break
            }
        }
        loop.stop()
    }
}

/// Calls `handler` for each line until the other end is closed.
func readLines(from descriptor: Int32, _ handler: (String) -> Void) {
    var pending: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
        let count = read(descriptor, &buffer, buffer.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return }
        pending += buffer[..<count]
        while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
            handler(String(decoding: pending[..<end], as: UTF8.self))
            pending.removeSubrange(...end)
        }
    }
}

/// Writes a line to a pipe whose writing end does not block. A line that does not fit is dropped: lines are hints, and a
/// full pipe holds plenty of them. (A line is shorter than PIPE_BUF, so it goes whole or not at all.)
@discardableResult
func send(_ line: String, to descriptor: Int32) -> Bool {
    let bytes = Array((line + "\n").utf8)
    return write(descriptor, bytes, bytes.count) == bytes.count
}

func makeNonblocking(_ descriptor: Int32) {
    let flags = fcntl(descriptor, F_GETFL)
    if flags >= 0 { _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) }
}

/// SIGTERM and SIGINT as a call on an ordinary thread.
///
/// A handler with a pipe, as signals may arrive on threads that were there before us and block nothing (those of a BLAS).
public enum TerminationSignals {
    /// The writing end, for the handler, which may touch nothing but an atomic and `write`.
    private static let descriptor = Atomic<Int32>(-1)

    public static func handle(_ body: @escaping @Sendable () -> Void) throws {
        var ends: [Int32] = [-1, -1]
        guard tangent_pipe2(&ends, O_CLOEXEC) == 0 else { throw StorageError.failed("pipe", "signals") }
        let reading = ends[0]
        descriptor.store(ends[1], ordering: .sequentiallyConsistent)
        startThread("signals") {
            var byte: UInt8 = 0
            while true {
                let count = read(reading, &byte, 1)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                body()
            }
        }
        for number in [SIGTERM, SIGINT] {
            signal(number) { _ in
                var byte: UInt8 = 1
                _ = write(TerminationSignals.descriptor.load(ordering: .relaxed), &byte, 1)
            }
        }
    }
}
