/// Names a connection of a loop; the generation tells a descriptor's users apart.
struct ConnectionID: Sendable, Hashable {
    let descriptor: Int32
    let generation: UInt32
}

/// What other threads tell a loop.
enum LoopMessage: Sendable {
    case response(ConnectionID, request: Int, Response)
    case unanswered(ConnectionID, request: Int)
}

final class EventLoop: Sendable {
    func post(_ message: LoopMessage) {}
}
