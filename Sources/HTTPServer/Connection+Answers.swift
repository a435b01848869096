import HTTPTypes

/// From an answer to the output.
extension Connection {
    private static let readsPerTurn = 16

    /// An answer from another thread.
    /// - Returns: false if nobody waits for it.
    func take(_ response: Response, request: Int) -> Bool {
        guard stage == .handling, exchange?.number == request else { return false }
        answer(response)
        settle()
        return true
    }

    /// The handler has dropped its responder.
    func takeUnanswered(request: Int) {
        guard stage == .handling, exchange?.number == request else { return }
        fail(.unanswered)
        settle()
    }

    /// Answers a fault with a problem document; the connection closes behind it.
    func fail(_ failure: ParseFailure) {
        switch stage {
        case .sending: return destroy()
        case .closing, .lingering, .closed: return
        case .head, .body, .handling: break
        }
        exchange?.keepsAlive = false
        exchange?.responder?.close()
        let id = exchange?.head.id ?? loop.makeRequestID()
        let problem = loop.context.handler.problem(failure.status, code: failure.code, detail: failure.detail, requestID: id)
        answer(problem, id: id, isFault: true)
    }

    /// Queues an answer, with the framing that RFC 9112 section 6.3 asks for.
    /// - Parameters:
    ///   - id: of a request that was never complete enough to be an exchange.
    ///   - isFault: `response` is the problem document of a fault, for which there is no further one.
    func answer(_ response: Response, id: String? = nil, isFault: Bool = false) {
        let lines = response.lines ?? FieldLines(response.fields)
        if let name = lines.refused, !isFault {
            if case .source(let source, _) = response.body { source.cancel() }
            return fail(.responseField(name))
        }
        let isVersion10 = exchange?.isVersion10 ?? false
        let isHead = exchange?.head.method == .head
        let code = response.status.code
        let isBodiless = code == 204 || code == 304 || code < 200
        var keepsAlive = !lines.closes && canKeepAlive
        var bytes: [UInt8] = []
        var source: (any BodySource)?
        var length: Int? = 0
        switch response.body {
        case .empty: break
        case .bytes(let given): (bytes, length) = (given, given.count)
        case .source(let given, let known): (source, length) = (given, known)
        }
        let framing: ResponseWriter.Framing
        if isBodiless {
            framing = .none
        } else if let length {
            framing = .length(length)
        } else if isVersion10 {
            framing = .none
            keepsAlive = false
        } else {
            framing = .chunked
        }
        let connection: ResponseWriter.Connection = keepsAlive ? (isVersion10 ? .keepAlive : .implicit) : .close
        let date = loop.date.line
        let requestID = exchange?.head.id ?? id
        output.append(pool: loop.pool) { buffer in
            ResponseWriter.writeHead(
                response.status, lines, framing: framing, connection: connection, date: date, requestID: requestID,
                into: &buffer)
        }
        exchange?.keepsAlive = keepsAlive
        if isHead || isBodiless {
            source?.cancel()
        } else if let source, exchange != nil, length != 0 {
            exchange?.outgoing = Exchange.Outgoing(source: source, remaining: length, isChunked: length == nil && !isVersion10)
            stage = .sending
            return
        } else {
            output.append(bytes, pool: loop.pool)
        }
        endExchange(keepsAlive: keepsAlive)
    }

    private var canKeepAlive: Bool {
        guard let exchange, exchange.keepsAlive, requests < configuration.requestsPerConnection else { return false }
        return !loop.context.isDraining.load(ordering: .relaxed) && !times.isAged(now: loop.now, configuration)
    }

    private func endExchange(keepsAlive: Bool) {
        exchange = nil
        times.requestEnded(now: loop.now)
        if keepsAlive { stage = .head } else { finishOutput() }
    }

    // MARK: Pulled bodies

    /// Whether the source may be read: the client has taken what it was given.
    var sourceIsDue: Bool {
        stage == .sending && exchange?.outgoing?.isReading == false && output.count <= configuration.outputLowWater
    }

    /// Reads the source until enough waits for the client; a source that is always ready gives other connections a turn.
    func pump() {
        guard sourceIsDue else { return }
        for _ in 0..<Self.readsPerTurn {
            guard stage == .sending, let exchange, let outgoing = exchange.outgoing else { return }
            if output.count >= configuration.outputHighWater {
                flush()
                if !sourceIsDue { return }
            }
            exchange.outgoing?.isReading = true
            let delivery = Delivery(loop: loop, connection: id, request: exchange.number)
            outgoing.source.read { delivery.deliver($0) }
            guard let result = delivery.takeNow() else { return }
            add(result)
        }
    }

    /// A piece that came later, through the inbox.
    func take(_ result: Result<[UInt8]?, any Error>, request: Int) {
        guard stage == .sending, exchange?.number == request else { return }
        times.sourceDelivered()
        add(result)
        settle()
    }

    private func add(_ result: Result<[UInt8]?, any Error>) {
        guard var outgoing = exchange?.outgoing else { return }
        outgoing.isReading = false
        // Too little, too much or a failure: the client can tell only from a connection that ends early.
        guard case .success(let piece) = result else { return destroy() }
        guard let piece else {
            if outgoing.remaining != nil { return destroy() }
            if outgoing.isChunked { output.append(pool: loop.pool) { $0.append(contentsOf: "0\r\n\r\n".utf8) } }
            return endExchange(keepsAlive: exchange?.keepsAlive ?? false)
        }
        if let remaining = outgoing.remaining {
            if piece.count > remaining { return destroy() }
            outgoing.remaining = remaining - piece.count
        }
        exchange?.outgoing = outgoing
        if piece.isEmpty { return }
        if outgoing.isChunked {
            output.append(pool: loop.pool) { buffer in
                ResponseWriter.writeHexadecimal(piece.count, into: &buffer)
                buffer.append(contentsOf: "\r\n".utf8)
            }
        }
        output.append(piece, pool: loop.pool)
        if outgoing.isChunked { output.append(pool: loop.pool) { $0.append(contentsOf: "\r\n".utf8) } }
        if outgoing.remaining == 0 { endExchange(keepsAlive: exchange?.keepsAlive ?? false) }
    }
}
