import Glibc
import HTTPTypes

/// From a head to the handler.
extension Connection {
    /// Bytes that wait for the disk before the socket is no longer read.
    static let spoolHighWater = 512 * 1024
    private static let spoolPiece = 256 * 1024

    /// Starts a request: its body's fate is decided before any of it is read or `100 Continue` is sent.
    func begin(_ head: RequestParser.Head, bodyFollows: Bool) throws(ParseFailure) {
        requests += 1
        times.bodyBegins(now: loop.now)
        let request = RequestHead(
            id: SentRequestID.find(in: head.fields) ?? loop.makeRequestID(), method: head.line.method, target: head.line.target, path: head.line.path,
            query: head.line.query, fields: head.fields, remoteAddress: remoteAddress,
            contentLength: head.contentLength, hasBody: head.hasBody)
        let exchange = Exchange(
            head: request, number: requests, isVersion10: head.line.isVersion10, keepsAlive: head.keepsAlive,
            memory: loop.context.bodyMemory)
        stage = .body
        let limit: Int
        switch loop.context.handler.policy(for: request) {
        case .refuse(let response):
            if head.hasBody {
                exchange.keepsAlive = false
                self.exchange = exchange
                return answer(response)
            }
            exchange.refusal = response
            limit = 0
        case .discard:
            limit = configuration.discardLimit
        case .collect(let most):
            limit = most
            if head.hasBody { exchange.collected = [] }
        case .spool(let most, let directory):
            limit = most
            if head.hasBody { exchange.spool = Exchange.Spool(file: SpoolFile(directory: directory, id: loop.makeRequestID())) }
        }
        self.exchange = exchange
        if let length = head.contentLength, length > limit { throw .bodyTooLarge }
        parser.bodyLimit = limit
        if head.expectsContinue && head.hasBody && !bodyFollows {
            output.append(pool: loop.pool) { $0.append(contentsOf: "HTTP/1.1 100 Continue\r\n\r\n".utf8) }
        }
    }

    func takeBody(_ bytes: UnsafeRawBufferPointer) throws(ParseFailure) {
        guard let exchange else { return }
        if exchange.spool != nil {
            exchange.spool?.pending.append(contentsOf: bytes)
            try writeSpool(atLeast: Self.spoolPiece)
        } else {
            try exchange.collect(bytes)
        }
    }

    /// The last byte of the request is there.
    func endOfRequest() throws(ParseFailure) {
        guard let exchange else { return }
        times.handlingEnd = loop.now + configuration.handlerTimeout
        if let refusal = exchange.refusal { return answer(refusal) }
        stage = .handling
        if exchange.spool != nil {
            exchange.spool?.isComplete = true
            return try writeSpool(atLeast: 0)
        }
        dispatch(exchange.collected.map { .bytes($0) } ?? .none)
    }

    private func dispatch(_ body: RequestBody) {
        guard let exchange else { return }
        exchange.collected = nil
        let responder = Responder(loop: loop, connection: id, request: exchange.number)
        loop.context.handler.handle(exchange.head, body, responder)
        if let response = responder.endOfHandling() {
            answer(response)
        } else {
            exchange.responder = responder
            if let limit = loop.context.handler.timeLimit(for: exchange.head) { times.handlingEnd = loop.now + limit }
        }
    }

    // MARK: Bodies on disk

    /// Hands what has gathered to the blocking pool, one piece at a time so that the order stays.
    private func writeSpool(atLeast count: Int) throws(ParseFailure) {
        guard let exchange, let spool = exchange.spool, !spool.isWriting, spool.pending.count >= count else { return }
        let (file, bytes, id, number, loop) = (spool.file, spool.pending, self.id, exchange.number, self.loop)
        exchange.spool?.pending = []
        exchange.spool?.isWriting = true
        let accepted = loop.context.spoolPool.submit {
            let code = file.write(bytes)
            loop.post(.spooled(id, request: number, code))
        }
        if !accepted { throw .busy }
    }

    /// A piece is on disk, or is not.
    func takeSpooled(_ code: Int32, request: Int) {
        guard let exchange, exchange.number == request, exchange.spool != nil else { return }
        exchange.spool?.isWriting = false
        do throws(ParseFailure) {
            if code == ENOSPC || code == EDQUOT { throw .diskFull }
            if code != 0 { throw .spoolFailed }
            if let spool = exchange.spool, spool.isComplete {
                if spool.pending.isEmpty {
                    exchange.spool = nil
                    dispatch(.file(spool.file.finish()))
                } else {
                    try writeSpool(atLeast: 0)
                }
            } else {
                try writeSpool(atLeast: Self.spoolPiece)
            }
        } catch {
            fail(error)
        }
        settle()
    }
}
