import Logging

/// What a server or a worker is told by its operator.
public struct ServiceConfiguration: Sendable {
    public var host = "127.0.0.1"
    /// 0 takes a free port.
    public var port = 8080
    public var dataDirectory = "./data"
    /// Connections that one client address may have at once; 0 for any number.
    public var connectionsPerAddress = 256
    /// Jobs that may wait at once; one more is answered 503.
    public var queueLimit = 10_000
    /// Worker processes. 0 accepts jobs without computing any: other `tangent work` processes on the same directory do.
    public var workers = 1
    public var threadsPerWorker = 1
    /// Bytes of private memory that one job may be forecast to take.
    public var memoryLimit = 1 << 32
    public var logLevel = Logger.Level.info
    /// Seconds after which a silent worker has lost its job.
    public var leaseSeconds = 45.0
    /// Seconds that requests and jobs in progress get after SIGTERM.
    public var graceSeconds = 20.0
    public var limits = RequestLimits()

    public init() {}
}

/// The largest bodies taken, in bytes; more is 413.
public struct RequestLimits: Sendable {
    public var jsonBody = 32 << 20
    public var upload = 1 << 30

    public init() {}
}
