import CLinux
import Glibc

/// Accepts connections on the first loop and deals them out to all. Touched only on that loop.
final class Acceptor {
    private static let batch = 64
    private static let backoff = 0.1
    private static let unacknowledgedMilliseconds: Int32 = 30_000

    private let listener: Int32
    private let loops: [EventLoop]
    private let loop: EventLoop
    private var next = 0
    private var isArmed = true
    private var resumeTime: Double?
    /// Given up for the moment that it takes to refuse a connection when there is no other descriptor; -1 if there is none.
    private var spare = openSpare()

    /// Takes over the listening descriptor.
    init(listener: Int32, loops: [EventLoop], loop: EventLoop) {
        self.listener = listener
        self.loops = loops
        self.loop = loop
    }

    deinit { if spare >= 0 { Glibc.close(spare) } }

    private static func openSpare() -> Int32 { open("/dev/null", O_RDONLY | O_CLOEXEC) }

    /// Whether accepting pauses after an error such as EMFILE.
    var isBackingOff: Bool { resumeTime != nil }

    /// Accepts what waits, at most a batch; the rest comes with the next event.
    func accept() {
        for _ in 0..<Self.batch {
            guard reserve() else { return setArmed(false) }
            guard acceptOne() else {
                loop.context.openConnections.subtract(1, ordering: .sequentiallyConsistent)
                return
            }
        }
    }

    /// Takes a place for one connection, so that descriptors never run out. The flag goes up before the second look,
    /// so a connection that closes in between is not missed.
    private func reserve() -> Bool {
        let context = loop.context
        func take() -> Bool {
            let count = context.openConnections.add(1, ordering: .sequentiallyConsistent).newValue
            if count <= context.connectionLimit { return true }
            context.openConnections.subtract(1, ordering: .sequentiallyConsistent)
            return false
        }
        if take() { return true }
        context.acceptorWaits.store(true, ordering: .sequentiallyConsistent)
        guard take() else { return false }
        context.acceptorWaits.store(false, ordering: .sequentiallyConsistent)
        return true
    }

    private func acceptOne() -> Bool {
        while true {
            var address = sockaddr_storage()
            let descriptor = acceptDescriptor(&address)
            if descriptor >= 0 {
                Socket.setOption(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
                // A peer that vanished without a word is found out by probes, or by what it never acknowledges.
                Socket.setOption(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1)
                Socket.setOption(descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, Self.unacknowledgedMilliseconds)
                let client = Socket.text(of: address)
                guard loop.context.addresses.take(client) else {
                    refuse(descriptor, .tooManyConnections)
                    continue
                }
                let target = loops[next % loops.count]
                next += 1
                target.post(.adopt(descriptor: descriptor, address: client))
                return true
            }
            switch errno {
            case EAGAIN: return false
            case EINTR, ECONNABORTED, EPROTO, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH, ENETUNREACH, EPERM:
                // The fault of this one connection (accept(2)); the next may be good.
                continue
            default:
                if errno == EMFILE { refuseWithoutDescriptors() }
                setArmed(false)
                resumeTime = loop.now + Self.backoff
                loop.armTimer(true)
                return false
            }
        }
    }

    private func acceptDescriptor(_ address: inout sockaddr_storage) -> Int32 {
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                tangent_accept4(listener, $0, &length, Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue))
            }
        }
    }

    /// Lets one client know that descriptors have run out, which would otherwise wait for an answer in vain.
    private func refuseWithoutDescriptors() {
        guard spare >= 0 else { return }
        Glibc.close(spare)
        var address = sockaddr_storage()
        let descriptor = acceptDescriptor(&address)
        if descriptor >= 0 { refuse(descriptor, .noDescriptors) }
        spare = Self.openSpare()
    }

    /// Says why in one packet, which a new connection's buffer always takes, and closes.
    private func refuse(_ descriptor: Int32, _ failure: ParseFailure) {
        let id = loop.makeRequestID()
        let response = loop.context.handler.problem(failure.status, code: failure.code, detail: failure.detail, requestID: id)
        var body: [UInt8] = []
        if case .bytes(let bytes) = response.body { body = bytes }
        var answer: [UInt8] = []
        ResponseWriter.writeHead(
            response.status, FieldLines(response.fields), framing: .length(body.count), connection: .close, date: loop.date.line,
            requestID: id, into: &answer)
        answer += body
        answer.withUnsafeBytes { _ = send(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL)) }
        Glibc.close(descriptor)
    }

    func tick(now: Double) {
        guard let resumeTime, now >= resumeTime else { return }
        self.resumeTime = nil
        if spare < 0 { spare = Self.openSpare() }
        setArmed(true)
    }

    /// A connection has closed, so that there may be room again.
    func roomFreed() {
        guard resumeTime == nil, loop.context.acceptorWaits.exchange(false, ordering: .sequentiallyConsistent) else { return }
        setArmed(true)
    }

    private func setArmed(_ armed: Bool) {
        if armed == isArmed { return }
        isArmed = armed
        loop.setListener(listener, armed: armed)
    }

    /// Takes in what the kernel has already connected, then closes the listener.
    func close() {
        resumeTime = nil
        accept()
        loop.unwatch(listener)
        Glibc.close(listener)
    }
}
