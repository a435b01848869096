import Logging

/// The server's end of a worker's channel: carries out the worker's calls on the store, one after another.
struct StoreHost: Sendable {
    let store: any WorkStore
    let logger: Logger
    /// Told before and after a look for jobs whether the worker waits for word of one.
    let setIdle: @Sendable (Bool) -> Void

    /// Answers until the worker is gone.
    ///
    /// - Returns: Whether it ended in order. If not, the worker may be alive without knowing what was done in its name.
    func serve(_ channel: MessageChannel) -> Bool {
        do {
            while let call = try channel.receive(StoreCall.self) { try answer(call, over: channel) }
            return true
        } catch {
            logger.warning("a worker's channel broke", metadata: ["error": "\(error)"])
            return false
        }
    }

    private func answer(_ call: StoreCall, over channel: MessageChannel) throws {
        switch call {
        case .register(let worker):
            try send(over: channel) {
                try store.register(worker)
                return Done()
            }
        case .look:
            // Before the look, so that a job that comes after it is told of.
            setIdle(true)
            try send(over: channel) {
                let isWaiting = try store.hasClaimableJob()
                if isWaiting { setIdle(false) }
                return isWaiting
            }
        case .claim(let worker, let lease): try send(over: channel) { try store.claim(worker: worker, lease: lease) }
        case .renew(let lease, let span): try send(over: channel) { try store.renew(lease, by: span) }
        case .status(let lease): try send(over: channel) { try store.status(of: lease) }
        case .report(let reports, let lease): try send(over: channel) { try store.report(reports, under: lease) }
        case .finish(let lease, let outcome, let reports):
            try send(over: channel) { try store.finish(lease, outcome, reporting: reports) }
        case .finishAndClaim(let lease, let outcome, let reports, let span):
            try send(over: channel) {
                let (status, next) = try store.finish(lease, outcome, reporting: reports, thenClaimFor: span)
                return FinishAndClaim(status: status, next: next)
            }
        case .dataset(let id): try send(over: channel) { try store.dataset(id) }
        }
    }

    private func send<Value: ChannelCodable>(over channel: MessageChannel, _ body: () throws -> Value) throws {
        try channel.send(StoreAnswer(catching: body))
    }
}
