import Synchronization

/// One read of a body source: delivered while `read` runs it is only noted, later it goes through the loop's inbox.
/// So a source that delivers at once never deepens the stack.
final class Delivery: Sendable {
    private enum Phase {
        case reading
        case noted(Result<[UInt8]?, any Error>)
        case waiting
        case done
    }

    private let phase = Mutex(Phase.reading)
    private let loop: EventLoop
    private let connection: ConnectionID
    private let request: Int

    init(loop: EventLoop, connection: ConnectionID, request: Int) {
        self.loop = loop
        self.connection = connection
        self.request = request
    }

    func deliver(_ result: Result<[UInt8]?, any Error>) {
        let posts = phase.withLock { phase in
            switch phase {
            case .reading:
                phase = .noted(result)
                return false
            case .waiting:
                phase = .done
                return true
            case .noted, .done:
                return false
            }
        }
        if posts { loop.post(.piece(connection, request: request, result)) }
    }

    /// The result if it is there already; else it will come through the inbox.
    func takeNow() -> Result<[UInt8]?, any Error>? {
        phase.withLock { phase in
            if case .noted(let result) = phase {
                phase = .done
                return result
            }
            phase = .waiting
            return nil
        }
    }
}
