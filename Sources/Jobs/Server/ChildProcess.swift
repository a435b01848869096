import CLinux
import Foundation

/// A process started with posix_spawn, with a pipe for its standard input and a socket for messages both ways; what it prints
/// goes where our errors go. (Foundation's Process and Pipe trap when descriptors run out; a fork without exec would break
/// Dispatch in the child.)
struct ChildProcess: Sendable {
    let pid: pid_t
    /// Writing end of its standard input; does not block.
    let input: Int32
    /// Our end of its channel.
    let channel: MessageChannel
    /// The number of the child's end.
    static let channelNumber = STDERR_FILENO + 1

    enum End: Sendable, Equatable { case exited(Int32), signalled(Int32) }

    /// - Parameters:
    ///   - arguments: Without the executable itself.
    ///   - name: The first argument; nil: the executable.
    static func spawn(_ executable: String, _ arguments: [String], named name: String? = nil) throws -> ChildProcess {
        // Close-on-exec, so that no other child keeps an end open and hides this one's death.
        let input = try makePipe()
        let ours: MessageChannel
        let theirs: MessageChannel
        do { (ours, theirs) = try MessageChannel.pair() } catch {
            close(input.reading)
            close(input.writing)
            throw error
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input.reading, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO)
        // Where the number is the same already, this has the end stay open.
        posix_spawn_file_actions_adddup2(&actions, theirs.descriptor, channelNumber)
        // What others opened without close-on-exec stays out too.
        tangent_spawn_close_from(&actions, channelNumber + 1)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        // A group of its own: Ctrl-C at the terminal goes to the server, which then stops its workers in order.
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))

        var pid: pid_t = 0
        var words: [UnsafeMutablePointer<CChar>?] = ([name ?? executable] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        let code = posix_spawn(&pid, executable, &actions, &attributes, &words, environ)
        close(input.reading)
        theirs.close()
        guard code == 0 else {
            close(input.writing)
            ours.close()
            throw StorageError.failed("start", executable, code)
        }
        makeNonblocking(input.writing)
        return ChildProcess(pid: pid, input: input.writing, channel: ours)
    }

    /// A path to the program of this process, which stays right when the file that it came from is replaced; nil where there is no
    /// /proc. (Not /proc/self/exe, which under valgrind would be valgrind.)
    static let ownProgram: String? = {
        let descriptor = open("/proc/self/exe", O_RDONLY | O_CLOEXEC)
        return descriptor < 0 ? nil : "/proc/\(getpid())/fd/\(descriptor)"
    }()

    /// Waits for the process's end and takes its exit status.
    func wait() -> End {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        // wait(2): the low 7 bits are the signal, the next byte the exit code.
        let signal = status & 0x7F
        return signal == 0 ? .exited(status >> 8 & 0xFF) : .signalled(signal)
    }

    private struct Pipe { var reading: Int32; var writing: Int32 }

    private static func makePipe() throws -> Pipe {
        var ends: [Int32] = [-1, -1]
        guard tangent_pipe2(&ends, O_CLOEXEC) == 0 else { throw StorageError.failed("pipe", "worker") }
        return Pipe(reading: ends[0], writing: ends[1])
    }
}
