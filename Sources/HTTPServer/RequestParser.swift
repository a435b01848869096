import HTTPTypes

/// A strict, incremental HTTP/1.1 request parser: bytes in, events out, the same events however the bytes are split.
///
/// After a failure it must not be used again: what follows on the connection has no meaning.
struct RequestParser {
    struct Limits {
        var requestLine: Int
        var fieldLine: Int
        var fieldSection: Int
        var fieldCount: Int
    }

    /// A head as far as its bytes tell.
    struct Head {
        let line: RequestLine
        let fields: HTTPFields
        let contentLength: Int?
        let isChunked: Bool
        let expectsContinue: Bool
        /// Whether the connection may carry another request after this one.
        let keepsAlive: Bool
        var hasBody: Bool { isChunked || (contentLength ?? 0) > 0 }
    }

    enum Event {
        /// All bytes are used up.
        case needMore
        case head(Head)
        /// Bytes of the body, as a range of the bytes given.
        case body(Range<Int>)
        /// The request is complete; the next byte starts another.
        case end
    }

    private enum Phase {
        case requestLine
        case fields
        case length(Int)
        case chunked
    }

    private let limits: Limits
    private var phase = Phase.requestLine
    private var lines = LineReader()
    /// Known while the fields are read.
    private var line: RequestLine?
    private var section = FieldSection()
    private var chunks = ChunkedDecoder()
    private var emptyLines = 0

    init(limits: Limits) {
        self.limits = limits
    }

    /// Bytes that the current body may have; set it after the head.
    var bodyLimit = Int.max

    /// Between two requests, with no byte of the next one there.
    var isIdle: Bool {
        if case .requestLine = phase { return !lines.isInLine && emptyLines == 0 }
        return false
    }

    /// The next event from `bytes`, starting at `position`, which moves on. O(bytes read).
    mutating func next(
        in bytes: UnsafeRawBufferPointer, at position: inout Int
    ) throws(ParseFailure) -> Event {
        while true {
            switch phase {
            case .requestLine:
                let line = try lines.next(in: bytes, at: &position, limit: limits.requestLine, overflow: .targetTooLong)
                guard let found = try withLine(line, of: bytes, Self.requestLine) else { return .needMore }
                guard let requestLine = found else {
                    // RFC 9112 section 2.2 asks to bear an empty line ahead of the request line.
                    emptyLines += 1
                    if emptyLines > 2 { throw .requestLine }
                    continue
                }
                self.line = requestLine
                phase = .fields
            case .fields:
                let line = try lines.next(in: bytes, at: &position, limit: limits.fieldLine, overflow: .fieldTooLarge)
                let limits = limits
                let ended = try withLine(line, of: bytes) { line throws(ParseFailure) in
                    if line.isEmpty { return true }
                    try section.add(line, limits: limits)
                    return false
                }
                guard let ended else { return .needMore }
                if ended { return .head(try finishHead()) }
            case .length(let remaining):
                if remaining == 0 { return endRequest() }
                if position == bytes.count { return .needMore }
                let end = position + min(remaining, bytes.count - position)
                defer { position = end }
                phase = .length(remaining - (end - position))
                return .body(position..<end)
            case .chunked:
                switch try chunks.next(in: bytes, at: &position, limit: bodyLimit) {
                case .needMore: return .needMore
                case .data(let range): return .body(range)
                case .end: return endRequest()
                }
            }
        }
    }

    private mutating func finishHead() throws(ParseFailure) -> Head {
        guard let line = line.take() else { throw .requestLine }
        defer { section = FieldSection() }
        let isChunked = try section.finish(line)
        bodyLimit = .max
        if isChunked {
            chunks = ChunkedDecoder()
            phase = .chunked
        } else {
            phase = .length(section.contentLength ?? 0)
        }
        return Head(
            line: line, fields: section.fields, contentLength: section.contentLength, isChunked: isChunked,
            expectsContinue: section.expectsContinue,
            keepsAlive: !section.closes && (!line.isVersion10 || section.keepsAlive))
    }

    private mutating func endRequest() -> Event {
        phase = .requestLine
        emptyLines = 0
        return .end
    }

    /// nil for an empty line.
    private static func requestLine(_ line: UnsafeRawBufferPointer) throws(ParseFailure) -> RequestLine? {
        line.isEmpty ? nil : try RequestLine(line)
    }
}

/// Runs `body` on a line's bytes; nil if the line is incomplete.
@inline(__always)
func withLine<Result>(
    _ line: LineReader.Line, of bytes: UnsafeRawBufferPointer,
    _ body: (UnsafeRawBufferPointer) throws(ParseFailure) -> Result
) throws(ParseFailure) -> Result? {
    switch line {
    case .incomplete: return nil
    case .range(let range): return try body(UnsafeRawBufferPointer(rebasing: bytes[range]))
    case .gathered(let gathered):
        return try gathered.withUnsafeBufferPointer { buffer throws(ParseFailure) in
            try body(UnsafeRawBufferPointer(buffer))
        }
    }
}
