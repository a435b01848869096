import CLinux
import Dispatch
import Glibc
import Synchronization

/// Names a connection of a loop; the generation tells the successive users of a descriptor apart.
struct ConnectionID: Sendable, Hashable {
    let descriptor: Int32
    let generation: UInt32
}

/// What other threads tell a loop.
enum LoopMessage: Sendable {
    case adopt(descriptor: Int32, address: String)
    case response(ConnectionID, request: Int, Response)
    case unanswered(ConnectionID, request: Int)
    case piece(ConnectionID, request: Int, Result<[UInt8]?, any Error>)
    /// A piece of a body is on disk; 0 or the error number.
    case spooled(ConnectionID, request: Int, Int32)
    case run(@Sendable (EventLoop) -> Void)
}

/// One epoll descriptor, watched by one DispatchSource on a serial queue for as long as the server runs.
/// (A source per connection is unsafe on Linux: swift-corelibs-libdispatch #949.)
///
/// `@unchecked Sendable` holds because everything but `inbox` and `askedAt` is touched only on `queue`; other threads call `post`.
final class EventLoop: @unchecked Sendable {
    private struct Inbox {
        var messages: [LoopMessage] = []
        var isClosed = false
    }

    /// A blocked wait this long keeps a quick client's next request off Dispatch's slower way.
    private static let lingerMilliseconds: Int32 = 2
    private static let roundsPerEvent = 256
    private static let entryCapacity = 128

    let context: ServerContext
    private let epoll: Int32
    private let wake: Int32
    private let timer: Int32
    private let queue: DispatchQueue
    private let inbox = Mutex(Inbox())
    /// When the loop was asked what it has not answered yet, in milliseconds of the monotonic clock; 0 if it has answered all.
    private let askedAt = Atomic<Int>(0)
    private var source: (any DispatchSourceRead)?
    private var isStarted = false
    private var ended: (@Sendable () -> Void)?

    private var connections: [Connection?] = []
    private(set) var connectionCount = 0
    private var generation: UInt32 = 0
    private var wheel: TimerWheel
    private var timerIsArmed = false
    private var requestIDs = RequestIDGenerator()
    private var entries = [tangent_epoll_entry](repeating: tangent_epoll_entry(), count: entryCapacity)
    private(set) var date = DateField()
    /// Seconds of the monotonic clock, as of the current batch of events.
    private(set) var now = monotonicSeconds()
    let pool = BufferPool()
    /// What `recv` fills; a connection keeps only what it cannot use at once.
    let readBuffer = UnsafeMutableRawBufferPointer.allocate(byteCount: readLength, alignment: 16)
    private static let readLength = 64 * 1024
    var acceptor: Acceptor?

    init(index: Int, context: ServerContext) throws(ServerError) {
        self.context = context
        wheel = TimerWheel(now: monotonicSeconds())
        queue = DispatchQueue(label: "http-loop-\(index)")
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        wake = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        timer = timerfd_create(CLOCK_MONOTONIC, Int32(TFD_NONBLOCK | TFD_CLOEXEC))
        guard epoll >= 0, wake >= 0, timer >= 0, watch(wake), watch(timer) else {
            throw .system(call: "epoll", code: errno)
        }
    }

    deinit {
        readBuffer.deallocate()
        if !isStarted { closeDescriptors() }
    }

    func start() {
        let source = DispatchSource.makeReadSource(fileDescriptor: epoll, queue: queue)
        source.setEventHandler { [self] in handleEvents() }
        source.setCancelHandler { [self] in
            closeDescriptors()
            ended?()
        }
        self.source = source
        isStarted = true
        source.resume()
    }

    /// Ends the loop for good; only once no connection is left. Runs on the loop.
    func shutdown(_ completion: @escaping @Sendable () -> Void) {
        inbox.withLock { $0.isClosed = true }
        ended = completion
        source?.cancel()
        source = nil
    }

    /// Dispatch allows this only in the cancel handler of a source, not before.
    private func closeDescriptors() {
        for descriptor in [epoll, wake, timer] where descriptor >= 0 { close(descriptor) }
    }

    /// Tells the loop something, from any thread. One wake-up serves all messages that wait.
    func post(_ message: LoopMessage) {
        let posted = inbox.withLock { inbox in
            if inbox.isClosed { return false }
            inbox.messages.append(message)
            if inbox.messages.count == 1 {
                var one: UInt64 = 1
                _ = retryingInterrupts { write(wake, &one, 8) }
            }
            return true
        }
        if !posted { discard(message) }
    }

    /// Asks the loop for a sign of life, from any thread and without waiting for it.
    /// - Returns: false if it has owed the answer to an earlier question for more than `patience` seconds.
    func answers(within patience: Double) -> Bool {
        let now = max(1, Int(monotonicSeconds() * 1000))
        let (isFirst, asked) = askedAt.compareExchange(expected: 0, desired: now, ordering: .sequentiallyConsistent)
        guard isFirst else { return Double(now - asked) <= patience * 1000 }
        post(.run { $0.askedAt.store(0, ordering: .sequentiallyConsistent) })
        return true
    }

    // MARK: Events

    private func handleEvents() {
        for round in 0..<Self.roundsPerEvent {
            let count = tangent_epoll_wait(
                epoll, &entries, Int32(Self.entryCapacity), round == 0 ? 0 : Self.lingerMilliseconds)
            if count <= 0 { return }
            updateClock()
            for index in 0..<Int(count) {
                let entry = entries[index]
                handle(UInt32(truncatingIfNeeded: entry.data >> 32), Int32(truncatingIfNeeded: entry.data), entry.events)
            }
        }
    }

    private func handle(_ generation: UInt32, _ descriptor: Int32, _ events: UInt32) {
        if generation != 0 {
            find(ConnectionID(descriptor: descriptor, generation: generation))?.handle(events)
        } else if descriptor == wake {
            drainInbox()
        } else if descriptor == timer {
            tick()
        } else {
            acceptor?.accept()
        }
    }

    private func updateClock() {
        now = monotonicSeconds()
        date.update(seconds: time(nil))
    }

    private func drainInbox() {
        var count: UInt64 = 0
        _ = retryingInterrupts { read(wake, &count, 8) }
        var messages: [LoopMessage] = []
        inbox.withLock { swap(&messages, &$0.messages) }
        for message in messages { handle(message) }
    }

    private func handle(_ message: LoopMessage) {
        switch message {
        case .adopt(let descriptor, let address): adopt(descriptor, address: address)
        case .response(let id, let request, let response):
            guard let connection = find(id), connection.take(response, request: request) else { return discard(message) }
        case .unanswered(let id, let request): find(id)?.takeUnanswered(request: request)
        case .piece(let id, let request, let result): find(id)?.take(result, request: request)
        case .spooled(let id, let request, let code): find(id)?.takeSpooled(code, request: request)
        case .run(let action): action(self)
        }
    }

    /// A message whose connection or loop is gone.
    private func discard(_ message: LoopMessage) {
        switch message {
        case .adopt(let descriptor, let address):
            close(descriptor)
            context.connectionClosed(from: address)
        case .response(_, _, let response):
            if case .source(let source, _) = response.body { source.cancel() }
        case .unanswered, .piece, .spooled, .run:
            break
        }
    }

    // MARK: Connections

    private func find(_ id: ConnectionID) -> Connection? {
        let index = Int(id.descriptor)
        guard index < connections.count, let connection = connections[index], connection.id == id else { return nil }
        return connection
    }

    private func adopt(_ descriptor: Int32, address: String) {
        generation = generation == .max ? 1 : generation + 1
        let id = ConnectionID(descriptor: descriptor, generation: generation)
        guard watch(descriptor, generation: generation) else {
            return discard(.adopt(descriptor: descriptor, address: address))
        }
        let index = Int(descriptor)
        while connections.count <= index { connections.append(nil) }
        let connection = Connection(id: id, remoteAddress: address, loop: self)
        connections[index] = connection
        connectionCount += 1
        armTimer(true)
        connection.opened()
    }

    /// Closes a connection's descriptor and forgets the connection.
    func remove(_ connection: Connection) {
        let id = connection.id
        connections[Int(id.descriptor)] = nil
        connectionCount -= 1
        close(id.descriptor)
        context.connectionClosed(from: connection.remoteAddress)
    }

    func forEachConnection(_ body: (Connection) -> Void) {
        for case let connection? in connections { body(connection) }
    }

    func makeRequestID() -> String {
        requestIDs.next()
    }

    // MARK: Epoll

    private func watch(_ descriptor: Int32, generation: UInt32 = 0) -> Bool {
        control(EPOLL_CTL_ADD, descriptor, generation, EPOLLIN.rawValue)
    }

    func watchListener(_ descriptor: Int32) -> Bool {
        watch(descriptor)
    }

    func setListener(_ descriptor: Int32, armed: Bool) {
        _ = control(EPOLL_CTL_MOD, descriptor, 0, armed ? EPOLLIN.rawValue : 0)
    }

    func unwatch(_ descriptor: Int32) {
        _ = control(EPOLL_CTL_DEL, descriptor, 0, 0)
    }

    func setInterest(_ id: ConnectionID, events: UInt32) {
        _ = control(EPOLL_CTL_MOD, id.descriptor, id.generation, events)
    }

    private func control(_ operation: Int32, _ descriptor: Int32, _ generation: UInt32, _ events: UInt32) -> Bool {
        let tag = UInt64(generation) << 32 | UInt64(UInt32(bitPattern: descriptor))
        return tangent_epoll_control(epoll, operation, descriptor, events, tag) == 0
    }

    // MARK: Time

    func schedule(_ id: ConnectionID, deadline: Double) -> Int {
        wheel.schedule(id, deadline: deadline)
    }

    /// Ticks while anything is there that time could end.
    func armTimer(_ armed: Bool) {
        if armed == timerIsArmed { return }
        timerIsArmed = armed
        let interval = armed ? timespec(tv_sec: 0, tv_nsec: Int(TimerWheel.resolution * 1e9)) : timespec()
        var setting = itimerspec(it_interval: interval, it_value: interval)
        timerfd_settime(timer, 0, &setting, nil)
    }

    private func tick() {
        var count: UInt64 = 0
        _ = retryingInterrupts { read(timer, &count, 8) }
        for entry in wheel.advance(to: now) { find(entry.connection)?.timerFired(tick: entry.tick) }
        acceptor?.tick(now: now)
        if connectionCount == 0 && acceptor?.isBackingOff != true { armTimer(false) }
    }
}
