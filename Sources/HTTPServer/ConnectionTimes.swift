/// When the phases of a connection began, and when the present one ends at the latest.
/// All times are seconds of the monotonic clock.
struct ConnectionTimes {
    private let opened: Double
    private let jitter = Double.random(in: 0...0.1)
    private var idleSince: Double
    private var idleLimit = Double.infinity
    private var headStart: Double?
    var bodyStart = 0.0
    private var bodyBytes = 0
    private var pauseStart: Double?
    /// When the handler must have answered.
    var handlingEnd = 0.0
    private var writeStart: Double?
    private var totalSent = 0
    private var takenAtWriteStart = 0
    var lingerStart = 0.0

    init(now: Double) {
        opened = now
        idleSince = now
    }

    func isAged(now: Double, _ configuration: ServerConfiguration) -> Bool {
        now - opened > configuration.connectionAge * (1 + jitter)
    }

    /// The parser waits for more of a head; the clock of the head runs from its first byte.
    mutating func headWaits(now: Double, isIdle: Bool) {
        if isIdle { headStart = nil } else if headStart == nil { headStart = now }
    }

    mutating func bodyBegins(now: Double) {
        headStart = nil
        bodyStart = now
        bodyBytes = 0
        pauseStart = nil
    }

    mutating func received(_ count: Int) {
        bodyBytes += count
    }

    /// The server itself keeps the body waiting: that time is not the client's.
    mutating func bodyPauses(now: Double) {
        if pauseStart == nil { pauseStart = now }
    }

    mutating func bodyResumes(now: Double) {
        if let pauseStart { bodyStart += now - pauseStart }
        pauseStart = nil
    }

    mutating func requestEnded(now: Double) {
        headStart = nil
        idleSince = now
    }

    mutating func limitIdle(to time: Double) {
        idleLimit = time
    }

    /// Bytes went out. The client's window of time starts anew when all is gone or it has taken `window` bytes.
    ///
    /// What the kernel still holds does not count as taken: its buffer may grow for many seconds while the client reads nothing.
    mutating func sent(_ count: Int, now: Double, drained: Bool, unacknowledged: @autoclosure () -> Int, window: Int) {
        totalSent += count
        if drained {
            writeStart = nil
            return
        }
        let taken = totalSent - unacknowledged()
        if writeStart == nil || taken - takenAtWriteStart >= window {
            writeStart = now
            takenAtWriteStart = taken
        }
    }

    /// The source took its time over a piece: that time is not the client's.
    mutating func sourceDelivered() { writeStart = nil }

    /// When the present phase ends at the latest; nil if only the application can end it.
    func deadline(
        _ stage: Connection.Stage, outputWaits: Bool, isIdle: Bool, isPaused: Bool, _ configuration: ServerConfiguration
    ) -> Double? {
        let write = outputWaits ? writeStart.map { $0 + configuration.writeTimeout } : nil
        let other: Double?
        switch stage {
        case .head:
            if outputWaits { return write }
            if isIdle { return min(idleSince + configuration.idleTimeout, idleLimit) }
            other = headStart.map { $0 + configuration.headTimeout }
        case .body:
            if isPaused { return write }
            let rate = bodyStart + configuration.bodyGrace + Double(bodyBytes) / configuration.bodyMinimumRate
            other = min(rate, bodyStart + configuration.bodyTimeout)
        case .handling:
            other = handlingEnd
        case .lingering:
            other = lingerStart + configuration.lingerTimeout
        case .sending, .closing, .closed:
            other = nil
        }
        guard let write, let other else { return write ?? other }
        return min(write, other)
    }
}
