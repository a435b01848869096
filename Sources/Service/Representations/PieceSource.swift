import HTTPServer
import Synchronization

/// A response body that is computed piece by piece on a pool of threads, while the client reads: the event loop never waits
/// for it, and no more than one piece is ahead of the client.
final class PieceSource: BodySource {
    typealias NextPiece = () throws -> [UInt8]?

    private let pool: BlockingPool
    private let state: Mutex<State>

    private struct State: ~Copyable {
        var next: NextPiece?
    }

    /// - Parameter next: The next piece, nil at the end. Called from one thread at a time.
    init(on pool: BlockingPool, next: sending @escaping NextPiece) {
        self.pool = pool
        state = Mutex(State(next: next))
    }

    func read(deliver: @escaping @Sendable (Result<[UInt8]?, any Error>) -> Void) {
        let accepted = pool.submit { [self] in
            deliver(state.withLock { state in Result { try state.next?() } })
        }
        if !accepted { deliver(.failure(Problem.queueFull())) }
    }

    func cancel() {
        // A piece may be in the making; the closure and the file it maps go when that is done.
        _ = pool.submit { [self] in state.withLock { $0.next = nil } }
    }
}
