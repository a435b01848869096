/// Where the server listens, and its limits. The defaults suit a service that faces a network.
public struct ServerConfiguration: Sendable {
    /// A numeric IPv4 or IPv6 address, or a name that resolves to one.
    public var host: String
    /// 0 takes a free port; `HTTPServer.port` tells which.
    public var port: Int
    /// Event loops; nil takes one for every two cores, at least one and at most two: beside a loop, the kernel's half of the
    /// work and the application's threads want a core.
    public var loops: Int?
    /// Connections at once; cut down to the descriptor limit less a reserve of 256 (at least 16 stay).
    public var maximumConnections = 10_000
    /// Connections that one client address may have at once, 0 for any number; one more is answered 503 and closed.
    public var maximumConnectionsPerAddress = 256
    /// Length of the listen queue.
    public var backlog = 1024

    /// Request line in bytes, without CRLF; above it 414.
    public var requestLineLimit = 8 * 1024
    /// One field line in bytes, without CRLF; above it 431.
    public var fieldLineLimit = 16 * 1024
    /// All field lines of a head (or of a trailer section) in bytes; above it 431.
    public var fieldSectionLimit = 64 * 1024
    /// Field lines of a head; above it 431.
    public var fieldCountLimit = 128
    /// Bytes of all request bodies in memory together, until they are answered; a body that has no room is answered 503.
    public var bodyMemoryLimit = 512 << 20
    /// Bytes of an unwanted body that are read and dropped; above it 413.
    public var discardLimit = 64 * 1024
    /// Requests on one connection; the last answer carries `Connection: close`.
    public var requestsPerConnection = 10_000
    /// Requests that may wait on a connection behind the one under way before no more are read from it.
    public var pipelinedRequests = 16

    /// From the first byte of a head to its end, in seconds, however the bytes drip; then 408.
    public var headTimeout = 10.0
    /// Seconds of a body before its average rate counts.
    public var bodyGrace = 10.0
    /// Bytes a second that a body must bring on average after the grace; below it 408.
    public var bodyMinimumRate = 1024.0
    /// Seconds that a body may take at most.
    public var bodyTimeout = 7200.0
    /// Seconds that a connection may wait for its next request.
    public var idleTimeout = 75.0
    /// Seconds in which a client that is being written to must take `writeProgress` bytes or all there is.
    public var writeTimeout = 30.0
    /// See `writeTimeout`.
    public var writeProgress = 30 * 1024
    /// Seconds that the handler may take before the server answers 503 in its place, unless `RequestHandler.timeLimit(for:)`
    /// gives the request another limit.
    public var handlerTimeout = 60.0
    /// Seconds that a closing connection still reads and drops what the client sends.
    public var lingerTimeout = 2.0
    /// Seconds after which a connection is closed behind its current answer; a jitter of 10 % is added.
    public var connectionAge = 3600.0

    /// Bytes that wait for a client before its source is no longer read.
    public var outputHighWater = 64 * 1024
    /// Bytes at which the source is read again.
    public var outputLowWater = 32 * 1024
    /// Threads that write spooled bodies to disk.
    public var spoolThreads = 2

    public init(host: String = "127.0.0.1", port: Int = 8080) {
        self.host = host
        self.port = port
    }
}

/// Why a server could not be made or started.
public enum ServerError: Error, Sendable, CustomStringConvertible {
    /// The host is neither an address nor a name that resolves, or the port is out of range.
    case address(String)
    /// A system call failed.
    case system(call: String, code: Int32)
    /// `start` was called twice or after `stop`.
    case state(String)

    public var description: String {
        switch self {
        case .address(let text), .state(let text): text
        case .system(let call, let code): "\(call): \(errorText(code))"
        }
    }
}
