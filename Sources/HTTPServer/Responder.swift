import Synchronization

/// The way back of one request: answers it once, from any thread.
///
/// While `handle` runs on the loop an answer is only noted and leaves in the same write as its neighbours;
/// later it travels through the loop's inbox.
public final class Responder: Sendable {
    private enum Phase {
        /// `handle` has not returned yet.
        case handling
        /// `handle` has returned; the loop waits.
        case waiting
        case answered
        case closed
    }

    private struct State {
        var phase = Phase.handling
        var noted: Response?
        var closeActions: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())
    private let loop: EventLoop
    private let connection: ConnectionID
    private let request: Int

    init(loop: EventLoop, connection: ConnectionID, request: Int) {
        self.loop = loop
        self.connection = connection
        self.request = request
    }

    deinit {
        let unanswered = state.withLock { $0.phase == .waiting }
        if unanswered { loop.post(.unanswered(connection, request: request)) }
    }

    /// Sends the answer. A second answer is a fault of the handler: it stops a debug build and is ignored otherwise.
    public func respond(_ response: Response) {
        let before = state.withLock { state in
            let before = state.phase
            switch before {
            case .handling: state.noted = response
            case .waiting: state.closeActions = []
            case .answered, .closed: return before
            }
            state.phase = .answered
            return before
        }
        assert(before != .answered, "a request is answered once")
        switch before {
        case .handling: break
        case .waiting: loop.post(.response(connection, request: request, response))
        case .answered, .closed:
            // Nobody will read the body.
            if case .source(let source, _) = response.body { source.cancel() }
        }
    }

    /// Calls `action` if the client goes before the answer; at once if it is gone already.
    /// It runs on the event loop and must not block.
    public func onClose(_ action: @escaping @Sendable () -> Void) {
        let gone = state.withLock { state in
            switch state.phase {
            case .handling, .waiting: state.closeActions.append(action)
            case .answered: break
            case .closed: return true
            }
            return false
        }
        if gone { action() }
    }

    /// Ends the inline phase: the answer if the handler has given it, else nil, and the loop waits.
    func endOfHandling() -> Response? {
        state.withLock { state in
            if state.phase == .handling { state.phase = .waiting }
            defer { state.noted = nil }
            return state.noted
        }
    }

    /// The client went away, or the server answered in the handler's place.
    func close() {
        let actions = state.withLock { state -> [@Sendable () -> Void] in
            guard state.phase != .answered else { return [] }
            state.phase = .closed
            defer { state.closeActions = [] }
            return state.closeActions
        }
        for action in actions { action() }
    }
}
