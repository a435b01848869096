/// A call of `WorkStore`, as a worker sends it to its server.
enum StoreCall: Sendable, Equatable {
    case register(WorkerRecord)
    case look
    case claim(worker: String, lease: Duration)
    case renew(Lease, by: Duration)
    case status(Lease)
    case report([JobReport], under: Lease)
    case finish(Lease, AttemptOutcome, [JobReport])
    case finishAndClaim(Lease, AttemptOutcome, [JobReport], for: Duration)
    case dataset(String)
}

extension StoreCall: ChannelCodable {
    init(from reader: inout ChannelReader) throws {
        switch try reader.integer() {
        case 0: self = .register(try reader.value())
        case 1: self = .look
        case 2: self = .claim(worker: try reader.value(), lease: try reader.value())
        case 3: self = .renew(try reader.value(), by: try reader.value())
        case 4: self = .status(try reader.value())
        case 5: self = .report(try reader.value(), under: try reader.value())
        case 6: self = .finish(try reader.value(), try reader.value(), try reader.value())
        case 7: self = .finishAndClaim(try reader.value(), try reader.value(), try reader.value(), for: try reader.value())
        case 8: self = .dataset(try reader.value())
        default: throw MalformedMessage()
        }
    }

    func write(to writer: inout ChannelWriter) {
        switch self {
        case .register(let worker): writer.write(0, worker)
        case .look: writer.write(1)
        case .claim(let worker, let lease): writer.write(2, worker, lease)
        case .renew(let lease, let span): writer.write(3, lease, span)
        case .status(let lease): writer.write(4, lease)
        case .report(let reports, let lease): writer.write(5, reports, lease)
        case .finish(let lease, let outcome, let reports): writer.write(6, lease, outcome, reports)
        case .finishAndClaim(let lease, let outcome, let reports, let span): writer.write(7, lease, outcome, reports, span)
        case .dataset(let id): writer.write(8, id)
        }
    }
}

/// The answer of a `finishAndClaim`.
struct FinishAndClaim: Sendable, Equatable {
    var status: FinishStatus
    var next: ClaimedJob?
}

extension FinishAndClaim: ChannelCodable {
    init(from reader: inout ChannelReader) throws { self.init(status: try reader.value(), next: try reader.value()) }
    func write(to writer: inout ChannelWriter) { writer.write(status, next) }
}

/// The answer of a call that gives nothing back.
struct Done: ChannelCodable, Sendable {
    init() {}
    init(from reader: inout ChannelReader) throws {}
    func write(to writer: inout ChannelWriter) {}
}

/// What came of a call. Errors cross as what a worker tells apart: a full disk, and the rest, which it writes into its log.
enum StoreAnswer<Value: ChannelCodable>: ChannelCodable {
    case value(Value)
    case full
    case failed(String)

    init(catching body: () throws -> Value) {
        do { self = .value(try body()) } catch StorageError.full { self = .full } catch { self = .failed("\(error)") }
    }

    init(from reader: inout ChannelReader) throws {
        switch try reader.integer() {
        case 0: self = .value(try reader.value())
        case 1: self = .full
        case 2: self = .failed(try reader.value())
        default: throw MalformedMessage()
        }
    }

    func write(to writer: inout ChannelWriter) {
        switch self {
        case .value(let value): writer.write(0, value)
        case .full: writer.write(1)
        case .failed(let what): writer.write(2, what)
        }
    }

    func get() throws -> Value {
        switch self {
        case .value(let value): value
        case .full: throw StorageError.full
        case .failed(let what): throw StoreError.remote(what)
        }
    }
}
