import Foundation
import Synchronization

/// An HTTP/1.1 server on event loops of its own (RFC 9110, RFC 9112; no TLS).
///
/// ```swift
/// let server = try HTTPServer(configuration: ServerConfiguration(port: 0), handler: handler)
/// try server.start()
/// print("listening on http://127.0.0.1:\(server.port)")
/// ```
public final class HTTPServer: Sendable {
    private enum Phase {
        case new
        case running(loops: [EventLoop], port: Int)
        case stopping(loops: [EventLoop], port: Int, completions: [@Sendable () -> Void])
        case stopped(port: Int)
    }

    /// Descriptors that stay free for files, the store and libdispatch, which dies without any.
    private static let descriptorReserve = 256

    private let context: ServerContext
    /// Its own queue: stopping must not wait behind blocked work on a global one.
    private let queue = DispatchQueue(label: "http-stop")
    private let phase = Mutex(Phase.new)
    /// While the listener is open a connection may yet come, whatever the count says.
    private let isAccepting = Atomic<Bool>(true)

    /// - Throws: `ServerError.address` for a port out of range.
    public init(configuration: ServerConfiguration, handler: any RequestHandler) throws(ServerError) {
        guard (0...65_535).contains(configuration.port) else {
            throw .address("port \(configuration.port) is not between 0 and 65535")
        }
        var limit = rlimit()
        let known = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
        let descriptors = known ? Int(clamping: limit.rlim_cur) : 1024
        let room = max(16, descriptors - Self.descriptorReserve)
        context = ServerContext(
            configuration: configuration, handler: handler, connectionLimit: max(1, min(configuration.maximumConnections, room)))
    }

    /// Binds, listens and serves; returns once connections are accepted. Also makes the process ignore SIGPIPE.
    /// - Throws: `ServerError`: the address does not resolve, is taken, or the server was started before.
    public func start() throws(ServerError) {
        try phase.withLock { phase throws(ServerError) in
            guard case .new = phase else { throw .state("a server starts once") }
            signal(SIGPIPE, SIG_IGN)
            let configuration = context.configuration
            let count = configuration.loops ?? min(2, ProcessInfo.processInfo.activeProcessorCount / 2)
            var loops: [EventLoop] = []
            for index in 0..<max(1, count) { loops.append(try EventLoop(index: index, context: context)) }
            let listener = try Socket.listen(host: configuration.host, port: configuration.port, backlog: configuration.backlog)
            let started = loops
            context.onConnectionClosed { [weak self, weak first = started.first] in
                first?.post(.run { $0.acceptor?.roomFreed() })
                self?.finishIfDone()
            }
            for loop in started { loop.start() }
            started[0].post(.run { loop in
                let acceptor = Acceptor(listener: listener, loops: started, loop: loop)
                loop.acceptor = acceptor
                _ = loop.watchListener(listener)
            })
            phase = .running(loops: started, port: Socket.port(of: listener))
        }
    }

    /// The bound port once the server runs, the configured one before.
    public var port: Int {
        phase.withLock { phase in
            switch phase {
            case .new: context.configuration.port
            case .running(_, let port), .stopping(_, let port, _), .stopped(let port): port
            }
        }
    }

    /// Open connections.
    public var connectionCount: Int {
        context.openConnections.load(ordering: .relaxed)
    }

    /// Whether the event loops run: each is asked for a sign of life, and found out at a later call if it owes one for more than
    /// `patience` seconds. A connection tells only of its own loop.
    public func loopsAnswer(within patience: Double) -> Bool {
        let loops = phase.withLock { phase -> [EventLoop] in
            switch phase {
            case .running(let loops, _), .stopping(let loops, _, _): loops
            case .new, .stopped: []
            }
        }
        // All are asked, whatever the first one owes.
        return loops.map { $0.answers(within: patience) }.allSatisfy { $0 }
    }

    /// From now on every answer carries `Connection: close`, while new connections are still accepted.
    /// Called some seconds before `stop`, it spares clients a connection that closes under their request.
    public func drain() {
        context.isDraining.store(true, ordering: .sequentiallyConsistent)
    }

    /// Stops accepting, closes idle connections, lets requests in flight end within `grace`, then closes what is left.
    /// A second call closes everything at once.
    /// - Parameter completion: called once, when the last connection is gone, from any thread.
    public func stop(grace: Duration, completion: @escaping @Sendable () -> Void) {
        drain()
        enum Step {
            case graceful([EventLoop])
            case immediate([EventLoop])
            case done
        }
        let step = phase.withLock { phase -> Step in
            switch phase {
            case .new:
                phase = .stopped(port: context.configuration.port)
                return .done
            case .running(let loops, let port):
                phase = .stopping(loops: loops, port: port, completions: [completion])
                return .graceful(loops)
            case .stopping(let loops, let port, let completions):
                phase = .stopping(loops: loops, port: port, completions: completions + [completion])
                return .immediate(loops)
            case .stopped: return .done
            }
        }
        switch step {
        case .done: completion()
        case .immediate(let loops): Self.closeAll(loops)
        case .graceful(let loops):
            loops[0].post(.run { [self] first in
                first.acceptor?.close()
                first.acceptor = nil
                isAccepting.store(false, ordering: .sequentiallyConsistent)
                for loop in loops { loop.post(.run { $0.forEachConnection { $0.drain() } }) }
                // Behind the hand-overs of the last connections, so that none of them is overlooked.
                for loop in loops { loop.post(.run { [self] _ in finishIfDone() }) }
            })
            let components = grace.components
            let seconds = Double(components.seconds) + Double(components.attoseconds) * 1e-18
            queue.asyncAfter(deadline: .now() + max(0, seconds)) { Self.closeAll(loops) }
        }
    }

    private static func closeAll(_ loops: [EventLoop]) {
        for loop in loops { loop.post(.run { $0.forEachConnection { $0.destroy() } }) }
    }

    /// Completes a stop once nothing is open.
    private func finishIfDone() {
        let (loops, completions) = phase.withLock { phase -> ([EventLoop], [@Sendable () -> Void]) in
            guard case .stopping(let loops, let port, let completions) = phase, connectionCount == 0,
                !isAccepting.load(ordering: .sequentiallyConsistent)
            else { return ([], []) }
            phase = .stopped(port: port)
            return (loops, completions)
        }
        if loops.isEmpty { return }
        context.spoolPool.shutdown()
        let group = DispatchGroup()
        for loop in loops {
            group.enter()
            loop.post(.run { $0.shutdown { group.leave() } })
        }
        group.notify(queue: queue) {
            for completion in completions { completion() }
        }
    }
}
