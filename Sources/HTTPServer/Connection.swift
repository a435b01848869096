import CLinux
import Glibc

/// One client connection: reads requests one after the other, answers each before it looks at the next.
/// So answers keep their order, and what a client pipelines waits in the kernel's buffer beyond `inputLimit` bytes or
/// `ServerConfiguration.pipelinedRequests`.
///
/// Confined to its loop; other threads reach it through `LoopMessage`.
final class Connection {
    enum Stage {
        /// Between requests, or in the head of one.
        case head
        case body
        /// The request is with the handler.
        case handling
        /// The answer is being pulled from its source.
        case sending
        /// Closes once the output is out.
        case closing
        /// Our side is shut; reads and drops, so that the client can read our answer (RFC 9112 section 9.6).
        case lingering
        case closed
    }

    static let inputLimit = 64 * 1024
    /// As much as the client's kernel and ours may hold of what it sent before it could read our answer: closing with less read
    /// would reset the connection, and the answer would be lost.
    private static let lingerLimit = 4 * 1024 * 1024

    let id: ConnectionID
    let loop: EventLoop
    let remoteAddress: String
    var stage = Stage.head
    var exchange: Exchange?
    var output = OutputQueue()
    var parser: RequestParser
    /// Received bytes that the parser has not been given yet.
    private var input = WaitingInput()
    var requests = 0
    private var peerHasEnded = false
    private var armed = EPOLLIN.rawValue
    private var lingered = 0
    var times: ConnectionTimes
    private var timerTick: Int?

    init(id: ConnectionID, remoteAddress: String, loop: EventLoop) {
        self.id = id
        self.loop = loop
        self.remoteAddress = remoteAddress
        parser = RequestParser(limits: loop.context.parserLimits)
        times = ConnectionTimes(now: loop.now)
    }

    @inline(__always) var configuration: ServerConfiguration { _read { yield loop.context.configuration } }

    func opened() {
        receive()
        settle()
    }

    // MARK: Events

    func handle(_ events: UInt32) {
        if events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { return destroy() }
        if events & EPOLLIN.rawValue != 0 { receive() }
        settle()
    }

    private func receive() {
        guard stage != .closed else { return }
        let buffer = loop.readBuffer
        let count = retryingInterrupts { recv(id.descriptor, buffer.baseAddress, buffer.count, 0) }
        if count < 0 {
            if errno != EAGAIN && errno != EWOULDBLOCK { destroy() }
            return
        }
        if count == 0 {
            peerHasEnded = true
            if stage == .lingering { destroy() }
            return
        }
        switch stage {
        case .lingering, .closing:
            lingered += count
            if lingered > Self.lingerLimit { destroy() }
        case .head, .body, .handling, .sending, .closed:
            times.received(count)
            let bytes = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count])
            if input.isEmpty && !isWaiting {
                process(bytes)
            } else {
                input.append(bytes)
            }
        }
    }

    /// Whether parsing waits for the handler, the source, the disk or the client.
    private var isWaiting: Bool {
        switch stage {
        case .head: output.count >= configuration.outputHighWater
        case .body: (exchange?.spool?.pending.count ?? 0) >= Self.spoolHighWater
        case .handling, .sending, .closing, .lingering, .closed: true
        }
    }

    /// Goes on with what came while the connection waited.
    private func resume() {
        input.take().withUnsafeBytes { process($0) }
    }

    private func process(_ bytes: UnsafeRawBufferPointer) {
        var position = 0
        do throws(ParseFailure) {
            try parse(bytes, &position)
        } catch {
            fail(error)
        }
        switch stage {
        case .closing, .lingering, .closed: input = WaitingInput()
        case .head, .body, .handling, .sending:
            if position < bytes.count { input.append(bytes.part(position...)) }
        }
    }

    private func parse(_ bytes: UnsafeRawBufferPointer, _ position: inout Int) throws(ParseFailure) {
        while true {
            if stage == .head && output.count >= configuration.outputHighWater { flush() }
            if isWaiting { return }
            switch try parser.next(in: bytes, at: &position) {
            case .needMore:
                times.headWaits(now: loop.now, isIdle: parser.isIdle && stage == .head)
                if peerHasEnded { try endOfInput() }
                return
            case .head(let head): try begin(head, bodyFollows: position < bytes.count)
            case .body(let range): try takeBody(UnsafeRawBufferPointer(rebasing: bytes[range]))
            case .end: try endOfRequest()
            }
        }
    }

    private func endOfInput() throws(ParseFailure) {
        guard stage == .head && parser.isIdle else { throw .bodyCutOff }
        finishOutput()
    }

    // MARK: Output

    /// Sends what waits; an error ends the connection.
    func flush() {
        guard output.count > 0, stage != .closed else { return }
        let (result, sent) = output.flush(id.descriptor, pool: loop.pool)
        // With more to come, an empty queue says only that the kernel took it, whose buffer may be what is full now.
        times.sent(
            sent, now: loop.now, drained: result == .drained && !sourceIsDue, unacknowledged: Int(tangent_unacknowledged(id.descriptor)),
            window: configuration.writeProgress)
        if result == .failed { destroy() }
    }

    /// The connection ends behind what is queued.
    func finishOutput() {
        stage = .closing
    }

    /// Brings the outside in line with the state: output, interest, deadline. Called after every event.
    ///
    /// Parsing goes on as often as an answer ends here; what waits in `input` is bounded, so this ends.
    func settle() {
        while true {
            flush()
            pump()
            guard !isWaiting && (!input.isEmpty || peerHasEnded) else { break }
            resume()
        }
        flush()
        if stage == .closing && output.count == 0 { shutOutput() }
        guard stage != .closed else { return }
        if stage == .body {
            if isWaiting { times.bodyPauses(now: loop.now) } else { times.bodyResumes(now: loop.now) }
        }
        updateInterest()
        updateTimer()
    }

    private func shutOutput() {
        if peerHasEnded { return destroy() }
        shutdown(id.descriptor, Int32(SHUT_WR))
        stage = .lingering
        times.lingerStart = loop.now
    }

    private func updateInterest() {
        var wanted: UInt32 = 0
        if !peerHasEnded {
            switch stage {
            case .head, .body: if !isWaiting { wanted |= EPOLLIN.rawValue }
            case .handling, .sending: if hasRoomForInput { wanted |= EPOLLIN.rawValue }
            case .closing, .lingering, .closed: wanted |= EPOLLIN.rawValue
            }
        }
        if output.count > 0 || sourceIsDue { wanted |= EPOLLOUT.rawValue }
        if wanted == armed { return }
        armed = wanted
        loop.setInterest(id, events: wanted)
    }

    /// Whether more may be read while a request is under way. One reading may bring more requests than may wait; then there
    /// is no other until they have been answered.
    private var hasRoomForInput: Bool {
        input.count < Self.inputLimit && !input.holds(heads: configuration.pipelinedRequests)
    }

    // MARK: Time

    private var deadline: Double? {
        times.deadline(
            stage, outputWaits: output.count > 0 || sourceIsDue, isIdle: parser.isIdle && input.isEmpty,
            isPaused: stage == .body && isWaiting, configuration)
    }

    private func updateTimer() {
        guard let deadline, timerTick.map({ TimerWheel.tick(of: deadline) < $0 }) ?? true else { return }
        timerTick = loop.schedule(id, deadline: deadline)
    }

    func timerFired(tick: Int) {
        guard tick == timerTick else { return }
        timerTick = nil
        // The client may have taken something without leaving so much room that the socket is reported writable.
        flush()
        guard stage != .closed else { return }
        if let deadline, deadline <= loop.now { expire() }
        settle()
    }

    private func expire() {
        if output.count > 0 { return destroy() }
        switch stage {
        case .head where parser.isIdle: finishOutput()
        case .head: fail(.headTimeout)
        case .body: fail(.bodyTimeout)
        case .handling: fail(.handlerTimeout)
        case .sending, .closing, .lingering, .closed: destroy()
        }
    }

    // MARK: End

    /// The server stops: idle connections go, others end behind their answer. A connection that has not carried
    /// a request yet may have one on its way, so it gets a moment.
    func drain() {
        guard stage == .head, parser.isIdle, input.isEmpty, output.count == 0 else { return }
        if requests > 0 { finishOutput() } else { times.limitIdle(to: loop.now + 1) }
        settle()
    }

    /// Closes at once.
    func destroy() {
        guard stage != .closed else { return }
        stage = .closed
        let exchange = exchange
        self.exchange = nil
        loop.remove(self)
        exchange?.outgoing?.source.cancel()
        exchange?.responder?.close()
    }
}
