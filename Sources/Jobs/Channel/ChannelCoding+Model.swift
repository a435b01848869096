extension ChannelCodable where Self: RawRepresentable, RawValue: ChannelCodable {
    init(from reader: inout ChannelReader) throws {
        guard let value = Self(rawValue: try reader.value()) else { throw MalformedMessage() }
        self = value
    }

    func write(to writer: inout ChannelWriter) { rawValue.write(to: &writer) }
}

extension Timestamp: ChannelCodable {}
extension JobState: ChannelCodable {}
extension Dataset.Kind: ChannelCodable {}

extension Duration: ChannelCodable {
    init(from reader: inout ChannelReader) throws { self = .microseconds(try reader.integer()) }
    func write(to writer: inout ChannelWriter) { writer.append(wholeMicroseconds) }
}

extension Lease: ChannelCodable {
    init(from reader: inout ChannelReader) throws {
        self.init(jobID: try reader.value(), owner: try reader.value(), fence: try reader.value())
    }

    func write(to writer: inout ChannelWriter) { writer.write(jobID, owner, fence) }
}

extension WorkerRecord: ChannelCodable {
    init(from reader: inout ChannelReader) throws {
        self.init(
            id: try reader.value(), host: try reader.value(), pid: try reader.value(), supervised: try reader.value(),
            startedAt: try reader.value(), heartbeatAt: try reader.value())
    }

    func write(to writer: inout ChannelWriter) { writer.write(id, host, pid, supervised, startedAt, heartbeatAt) }
}

extension ClaimedJob: ChannelCodable {
    init(from reader: inout ChannelReader) throws {
        self.init(
            id: try reader.value(), kind: try reader.value(), spec: try reader.value(), attempt: try reader.value(),
            maxAttempts: try reader.value(), createdAt: try reader.value(), startedAt: try reader.value(), lease: try reader.value())
    }

    func write(to writer: inout ChannelWriter) {
        writer.write(id, kind, spec, attempt, maxAttempts, createdAt, startedAt, lease)
    }
}

extension Blob: ChannelCodable {
    init(from reader: inout ChannelReader) throws {
        self.init(sha256: try reader.value(), bytes: try reader.value(), fileExtension: try reader.value())
    }

    func write(to writer: inout ChannelWriter) { writer.write(sha256, bytes, fileExtension) }
}

extension ResultArray: ChannelCodable {
    init(from reader: inout ChannelReader) throws {
        self.init(
            name: try reader.value(), dtype: try reader.value(), shape: try reader.value(), blob: try reader.value(),
            bytes: try reader.value(Bool.self) ? try reader.run() : nil)
    }

    func write(to writer: inout ChannelWriter) {
        writer.write(name, dtype, shape, blob, bytes != nil)
        if let bytes { writer.append(bytes) }
    }
}

extension ComputedResult: ChannelCodable {
    init(from reader: inout ChannelReader) throws { self.init(document: try reader.value(), arrays: try reader.value()) }
    func write(to writer: inout ChannelWriter) { writer.write(document, arrays) }
}

extension Dataset: ChannelCodable {
    init(from reader: inout ChannelReader) throws {
        self.init(
            id: try reader.value(), name: try reader.value(), metadata: try reader.value(), inputs: try reader.value(),
            targets: try reader.value(), sha256: try reader.value(), bytes: try reader.value(), createdAt: try reader.value(),
            kind: try reader.value())
    }

    func write(to writer: inout ChannelWriter) {
        writer.write(id, name, metadata, inputs, targets, sha256, bytes, createdAt, kind)
    }
}

extension JobReport: ChannelCodable {
    init(from reader: inout ChannelReader) throws {
        switch try reader.integer() {
        case 0:
            self = .progress(
                JobProgress(
                    completed: try reader.value(), total: try reader.value(), unit: try reader.value(), message: try reader.value()))
        case 1: self = .metric(try reader.value())
        default: throw MalformedMessage()
        }
    }

    func write(to writer: inout ChannelWriter) {
        switch self {
        case .progress(let progress): writer.write(0, progress.completed, progress.total, progress.unit, progress.message)
        case .metric(let json): writer.write(1, json)
        }
    }
}

extension AttemptOutcome: ChannelCodable {
    init(from reader: inout ChannelReader) throws {
        switch try reader.integer() {
        case 0: self = .succeeded(try reader.value())
        case 1: self = .failed(problem: try reader.value())
        case 2: self = .retry(problem: try reader.value())
        case 3: self = .cancelled(try reader.value())
        case 4: self = .released
        default: throw MalformedMessage()
        }
    }

    func write(to writer: inout ChannelWriter) {
        switch self {
        case .succeeded(let result): writer.write(0, result)
        case .failed(let problem): writer.write(1, problem)
        case .retry(let problem): writer.write(2, problem)
        case .cancelled(let result): writer.write(3, result)
        case .released: writer.write(4)
        }
    }
}

extension LeaseStatus: ChannelCodable {
    init(from reader: inout ChannelReader) throws {
        switch try reader.integer() {
        case 0: self = .held
        case 1: self = .cancelRequested
        case 2: self = .lost
        default: throw MalformedMessage()
        }
    }

    func write(to writer: inout ChannelWriter) {
        switch self {
        case .held: writer.write(0)
        case .cancelRequested: writer.write(1)
        case .lost: writer.write(2)
        }
    }
}

extension FinishStatus: ChannelCodable {
    init(from reader: inout ChannelReader) throws {
        self = try reader.value(JobState?.self).map { .recorded($0) } ?? .leaseLost
    }

    func write(to writer: inout ChannelWriter) {
        switch self {
        case .recorded(let state): writer.write(Optional(state))
        case .leaseLost: writer.write(JobState?.none)
        }
    }
}
