import HTTPServer
import Jobs
import Synchronization

/// One client listening to one job (the event stream format of the HTML standard, section 9.2).
///
/// The log's sequence number is the event id, so a client that reconnects with `Last-Event-ID` misses nothing, also after a
/// restart of the server. The stream ends behind the event of a final state.
///
/// What has happened already is read from the log page by page, as fast as the client reads. A client that falls behind the
/// live events is served from the log again until it has caught up: so no stream holds more than a page and ``bufferLimit``.
final class EventStream: BodySource {
    /// A page of the job's log behind a sequence number, of up to ``pageLength`` events; nil where nothing will ever follow.
    typealias Log = @Sendable (_ after: Int64) throws -> [JobEvent]?
    private typealias Reader = @Sendable (Result<[UInt8]?, any Error>) -> Void

    let jobID: String

    private struct State {
        var lastSequence: Int64
        /// The log may hold events that have not been written here: live ones are left to be read from it.
        var isBehind = true
        /// Live events that came while a page was read, which may be without them; nil while none is read.
        var held: [JobEvent]? = []
        var buffer: [UInt8] = []
        var ended = false
        var reader: Reader?
        var lastWrite = ContinuousClock.now
    }

    /// What a change leaves to be done outside the lock.
    private enum Step {
        case nothing
        case readLog(after: Int64)
        case deliver([UInt8]?, to: Reader, ends: Bool)
    }

    static let pageLength = 500
    static let bufferLimit = 64 << 10
    private static let silence = Duration.seconds(15)

    private let state: Mutex<State>
    private let pool: BlockingPool
    private let log: Log
    private let onEnd: @Sendable (EventStream) -> Void

    /// A stream that holds live events back until ``begin(with:)``.
    ///
    /// - Parameter pool: Where the log is read.
    init(jobID: String, after sequence: Int64, pool: BlockingPool, log: @escaping Log, onEnd: @escaping @Sendable (EventStream) -> Void) {
        self.jobID = jobID
        self.pool = pool
        self.log = log
        self.onEnd = onEnd
        state = Mutex(State(lastSequence: sequence))
    }

    /// The first page, read after the stream was registered for live events, so that nothing falls between the two.
    func begin(with page: [JobEvent]) {
        update { state in
            state.buffer += Array("retry: 3000\n\n".utf8)
            Self.take(page, into: &state)
        }
    }

    func append(_ event: JobEvent) {
        update { state in
            if state.held != nil {
                state.held?.append(event)
            } else if state.buffer.count >= Self.bufferLimit {
                state.isBehind = true
            } else if !state.isBehind {
                Self.write(event, into: &state)
            }
        }
    }

    /// A comment for a client that waits and has heard nothing for a while.
    func heartbeat(now: ContinuousClock.Instant) {
        update { state in
            guard state.reader != nil, now - state.lastWrite >= Self.silence else { return }
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

    /// Changes the state, then hands what is buffered to a waiting reader, or reads on in the log for it.
    private func update(_ change: (inout State) -> Void) {
        let step = state.withLock { state -> Step in
            change(&state)
            guard let reader = state.reader else { return .nothing }
            if state.buffer.isEmpty && !state.ended {
                guard state.isBehind, state.held == nil else { return .nothing }
                state.held = []
                return .readLog(after: state.lastSequence)
            }
            state.reader = nil
            state.lastWrite = .now
            let piece = state.buffer
            state.buffer = []
            return .deliver(piece.isEmpty ? nil : piece, to: reader, ends: state.ended)
        }
        switch step {
        case .nothing: break
        case .readLog(let sequence):
            if !pool.submit({ [self] in readLog(after: sequence) }) { fail(Problem.queueFull()) }
        case .deliver(let piece, let reader, let ends):
            reader(.success(piece))
            if ends { onEnd(self) }
        }
    }

    private func readLog(after sequence: Int64) {
        do {
            let page = try log(sequence)
            update { state in
                if let page { Self.take(page, into: &state) } else { state.ended = true }
            }
        } catch {
            fail(error)
        }
    }

    /// Cuts the stream off; the client comes back with the last id it has.
    private func fail(_ error: any Error) {
        let reader = state.withLock { state in
            state.ended = true
            return state.reader.take()
        }
        reader?(.failure(error))
        onEnd(self)
    }

    /// Takes in a page of the log. A short one is the last, and the live events that came meanwhile follow it.
    private static func take(_ page: [JobEvent], into state: inout State) {
        for event in page { write(event, into: &state) }
        if page.count < pageLength {
            for event in state.held ?? [] { write(event, into: &state) }
            state.isBehind = false
        }
        state.held = nil
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
