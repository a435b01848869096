import HTTPTypes

/// One request and its answer on a connection; confined to its loop.
final class Exchange {
    let head: RequestHead
    /// Counts the requests of the connection; messages from other threads carry it.
    let number: Int
    let isVersion10: Bool
    var keepsAlive: Bool
    /// What to answer with when the request is complete, without asking the handler.
    var refusal: Response?
    /// The body in memory; nil where it is dropped or goes to disk.
    var collected: [UInt8]?
    private let memory: BodyMemory
    /// Bytes taken of `memory`, which the handler may hold until the answer.
    private var held = 0
    var spool: Spool?
    /// Set once `handle` has returned without an answer. Not held: an abandoned responder is to be noticed.
    weak var responder: Responder?
    var outgoing: Outgoing?

    init(head: RequestHead, number: Int, isVersion10: Bool, keepsAlive: Bool, memory: BodyMemory) {
        self.memory = memory
        self.head = head
        self.number = number
        self.isVersion10 = isVersion10
        self.keepsAlive = keepsAlive
    }

    deinit { memory.release(held) }

    /// Keeps a piece of the body in memory, unless there is no room for it.
    func collect(_ bytes: UnsafeRawBufferPointer) throws(ParseFailure) {
        guard collected != nil else { return }
        guard memory.take(bytes.count) else { throw .memoryFull }
        held += bytes.count
        collected?.append(contentsOf: bytes)
    }

    /// A body on its way to disk: pieces gather while the one before is written.
    struct Spool {
        let file: SpoolFile
        var pending: [UInt8] = []
        var isWriting = false
        var isComplete = false
    }

    /// An answer that is pulled from a source.
    struct Outgoing {
        let source: any BodySource
        /// Bytes still due; nil for chunks or until the connection closes.
        var remaining: Int?
        let isChunked: Bool
        var isReading = false
    }
}
