import Synchronization

/// An HTTP/1.1 server on event loops of its own.
public final class HTTPServer: Sendable {
    private let configuration: ServerConfiguration
    private let handler: any RequestHandler

    public init(configuration: ServerConfiguration, handler: any RequestHandler) throws(ServerError) {
        guard (0...65_535).contains(configuration.port) else {
            throw .address("port \(configuration.port) is not between 0 and 65535")
        }
        self.configuration = configuration
        self.handler = handler
    }

    /// Binds, listens and serves; returns once connections are accepted.
    public func start() throws(ServerError) {
        throw .state("not there yet")
    }

    /// The bound port, once started.
    public var port: Int { configuration.port }

    /// Open connections.
    public var connectionCount: Int { 0 }

    /// From now on every answer carries `Connection: close`, while new connections are still accepted.
    public func drain() {}

    /// Stops accepting, closes idle connections, lets requests in flight end within `grace`, then closes what is left.
    /// A second call closes everything at once.
    public func stop(grace: Duration, completion: @escaping @Sendable () -> Void) {
        completion()
    }
}
