import HTTPServer
import Jobs
import Synchronization

/// The server-sent event streams that are open, by job.
final class EventStreams: Sendable {
    private let streams = Mutex<[String: [ObjectIdentifier: EventStream]]>([:])

    func add(_ stream: EventStream) {
        streams.withLock { $0[stream.jobID, default: [:]][ObjectIdentifier(stream)] = stream }
    }

    func remove(_ stream: EventStream) {
        streams.withLock { streams in
            streams[stream.jobID]?[ObjectIdentifier(stream)] = nil
            if streams[stream.jobID]?.isEmpty == true { streams[stream.jobID] = nil }
        }
    }

    func apply(_ events: [JobEvent]) {
        for event in events {
            let listeners = streams.withLock { $0[event.jobID].map { Array($0.values) } ?? [] }
            for stream in listeners { stream.append(event) }
        }
    }

    /// Sends a comment down streams that have been silent, so that proxies and clients see that they live.
    func tick(now: ContinuousClock.Instant = .now) {
        for stream in all() { stream.heartbeat(now: now) }
    }

    /// Ends every stream with a `retry` hint: the server is about to stop, and clients come back with `Last-Event-ID`.
    func endAll() {
        for stream in all() { stream.end(retryMilliseconds: 2000) }
    }

    private func all() -> [EventStream] { streams.withLock { $0.values.flatMap(\.values) } }
}

/// One client listening to one job (the event stream format of the HTML standard, section 9.2).
///
/// The log's sequence number is the event id, so a client that reconnects with `Last-Event-ID` misses nothing, also after a
/// restart of the server. The stream ends behind the event of a final state.
final class EventStream: BodySource {
    let jobID: String

    private struct State {
        var lastSequence: Int64
        /// Live events are held back until the past has been sent.
        var held: [JobEvent]? = []
        var buffer: [UInt8] = []
        var ended = false
        var reader: (@Sendable (Result<[UInt8]?, any Error>) -> Void)?
        var lastWrite = ContinuousClock.now
    }

    /// A client that does not read is cut off at this many bytes; it comes back with `Last-Event-ID`.
    private static let bufferLimit = 1 << 20
    private static let silence = Duration.seconds(15)

    private let state: Mutex<State>
    private let onEnd: @Sendable (EventStream) -> Void

    init(jobID: String, after sequence: Int64, onEnd: @escaping @Sendable (EventStream) -> Void) {
        self.jobID = jobID
        self.onEnd = onEnd
        state = Mutex(State(lastSequence: sequence))
    }

    /// The events before this moment, read from the store after the stream was registered; those that came live meanwhile follow.
    func begin(with past: [JobEvent]) {
        update { state in
            state.buffer += Array("retry: 2000\n\n".utf8)
            let held = state.held ?? []
            state.held = nil
            for event in past + held { Self.write(event, into: &state) }
        }
    }

    func append(_ event: JobEvent) {
        update { state in
            if state.held != nil {
                state.held?.append(event)
            } else {
                Self.write(event, into: &state)
            }
            if state.buffer.count > Self.bufferLimit { state.ended = true }
        }
    }

    func heartbeat(now: ContinuousClock.Instant) {
        update { state in
            guard state.held == nil, !state.ended, now - state.lastWrite >= Self.silence else { return }
            state.buffer += Array(": still here\n\n".utf8)
        }
    }

    func end(retryMilliseconds: Int) {
        update { state in
            state.buffer += Array("retry: \(retryMilliseconds)\n\n".utf8)
            state.ended = true
        }
    }

    func read(deliver: @escaping @Sendable (Result<[UInt8]?, any Error>) -> Void) {
        update { $0.reader = deliver }
    }

    func cancel() { onEnd(self) }

    /// Changes the state, then hands what is buffered to a waiting reader, outside the lock.
    private func update(_ change: (inout State) -> Void) {
        let (reader, piece, ended) = state.withLock { state -> ((@Sendable (Result<[UInt8]?, any Error>) -> Void)?, [UInt8]?, Bool) in
            change(&state)
            guard let reader = state.reader, !state.buffer.isEmpty || state.ended else { return (nil, nil, false) }
            state.reader = nil
            state.lastWrite = .now
            let piece = state.buffer
            state.buffer = []
            return (reader, piece.isEmpty ? nil : piece, state.ended)
        }
        reader?(.success(piece))
        if reader != nil, ended { onEnd(self) }
    }

    private static func write(_ event: JobEvent, into state: inout State) {
        guard event.seq > state.lastSequence, !state.ended else { return }
        state.lastSequence = event.seq
        state.buffer += Array("id: \(event.seq)\nevent: \(event.kind.rawValue)\ndata: \(event.data)\n\n".utf8)
        if event.kind == .state, JobState.allCases.contains(where: { $0.isFinal && event.data.contains("\"\($0.rawValue)\"") }) {
            state.ended = true
        }
    }
}
