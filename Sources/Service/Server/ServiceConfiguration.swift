import Logging

/// What a server or a worker is told by its operator.
public struct ServiceConfiguration: Sendable {
    /// A numeric address, or a name that resolves to one.
    public var host = "127.0.0.1"
    /// 0 takes a free port.
    public var port = 8080
    /// Where jobs, datasets and results are kept; made where it is missing.
    public var dataDirectory = "./data"
    /// Connections that one client address may have at once; 0 for any number.
    public var connectionsPerAddress = 256
    /// Jobs that may wait at once; one more is answered 503.
    public var queueLimit = 10_000
    /// Worker processes. 0 accepts jobs without computing any: other `tangent work` processes on the same directory do.
    public var workers = 1
    /// Threads that one job computes with; forecasts of memory count them too.
    public var threadsPerWorker = 1
    /// Bytes of private memory that one job may be forecast to take.
    public var memoryLimit = 1 << 32
    /// Less important entries are not written.
    public var logLevel = Logger.Level.info
    /// Seconds after which a silent worker has lost its job.
    public var leaseSeconds = 45.0
    /// Seconds that requests and jobs in progress get after SIGTERM.
    public var graceSeconds = 20.0
    /// What one request may bring.
    public var limits = RequestLimits()

    /// The defaults.
    public init() {}
}

/// The largest bodies taken, in bytes; more is 413.
public struct RequestLimits: Sendable {
    /// Any JSON document, also a dataset in JSON: it is parsed in memory.
    public var jsonBody = 32 << 20
    /// A dataset or a network, streamed to disk.
    public var upload = 1 << 30

    /// The defaults.
    public init() {}
}
