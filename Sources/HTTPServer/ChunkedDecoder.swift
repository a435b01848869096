/// Takes the chunked coding off a body (RFC 9112 section 7.1). Extensions and trailers are checked and dropped.
struct ChunkedDecoder {
    enum Event {
        case needMore
        case data(Range<Int>)
        case end
    }

    private enum Phase {
        case size
        case data(Int)
        case dataEnd
        case dataEndLineFeed
        case trailers
    }

    private static let sizeDigits = 16
    private static let extensionLimit = 256
    private static let extensionTotal = 4 * 1024
    private static let trailerLine = 8 * 1024
    private static let trailerTotal = 8 * 1024
    private static let trailerCount = 32

    private var phase = Phase.size
    private var lines = LineReader()
    private var total = 0
    private var extensions = 0
    private var trailers = 0
    private var trailerBytes = 0

    /// - Parameter limit: bytes that the body may have; the chunk that would exceed it fails when its size is known.
    mutating func next(
        in bytes: UnsafeRawBufferPointer, at position: inout Int, limit: Int
    ) throws(ParseFailure) -> Event {
        while true {
            switch phase {
            case .size:
                let line = try lines.next(
                    in: bytes, at: &position, limit: Self.sizeDigits + Self.extensionLimit, overflow: .chunk)
                guard let (size, extra) = try withLine(line, of: bytes, Self.size) else { return .needMore }
                extensions += extra
                if extensions > Self.extensionTotal { throw .chunk }
                if size > limit - total { throw .bodyTooLarge }
                total += size
                phase = size == 0 ? .trailers : .data(size)
            case .data(let remaining):
                if position == bytes.count { return .needMore }
                let end = position + min(remaining, bytes.count - position)
                defer { position = end }
                let left = remaining - (end - position)
                phase = left == 0 ? .dataEnd : .data(left)
                return .data(position..<end)
            case .dataEnd:
                if position == bytes.count { return .needMore }
                guard bytes[position] == .carriageReturn else { throw .chunk }
                position += 1
                phase = .dataEndLineFeed
            case .dataEndLineFeed:
                if position == bytes.count { return .needMore }
                guard bytes[position] == .lineFeed else { throw .chunk }
                position += 1
                phase = .size
            case .trailers:
                let line = try lines.next(in: bytes, at: &position, limit: Self.trailerLine, overflow: .fieldTooLarge)
                guard let length = try withLine(line, of: bytes, Self.trailer) else { return .needMore }
                if length == 0 { return .end }
                trailers += 1
                trailerBytes += length + 2
                if trailers > Self.trailerCount || trailerBytes > Self.trailerTotal { throw .sectionTooLarge }
            }
        }
    }

    /// The chunk's size and the length of its extensions.
    private static func size(_ line: UnsafeRawBufferPointer) throws(ParseFailure) -> (size: Int, extensions: Int) {
        var value: UInt64 = 0
        var index = 0
        while index < line.count, let digit = line[index].hexadecimalValue {
            if index == sizeDigits { throw .chunk }
            value = value << 4 | UInt64(digit)
            index += 1
        }
        guard index > 0, let size = Int(exactly: value) else { throw .chunk }
        try checkExtensions(line.part(index...))
        return (size, line.count - index)
    }

    /// `*( ";" token [ "=" ( token / quoted-string ) ] )`, without the blanks that RFC 9112 calls bad.
    private static func checkExtensions(_ bytes: UnsafeRawBufferPointer) throws(ParseFailure) {
        var index = 0
        func skipToken() throws(ParseFailure) {
            let end = ByteClass.end(of: ByteClass.token, in: bytes, from: index)
            if end == index { throw .chunk }
            index = end
        }
        func skip(_ byte: UInt8) -> Bool {
            guard index < bytes.count, bytes[index] == byte else { return false }
            index += 1
            return true
        }
        while index < bytes.count {
            guard skip(UInt8(ascii: ";")) else { throw .chunk }
            try skipToken()
            guard skip(UInt8(ascii: "=")) else { continue }
            if skip(UInt8(ascii: "\"")) {
                index = try endOfQuotedString(bytes, from: index)
            } else {
                try skipToken()
            }
        }
    }

    /// The place behind the closing quote of a string that begins at `start`.
    private static func endOfQuotedString(_ bytes: UnsafeRawBufferPointer, from start: Int) throws(ParseFailure) -> Int {
        var index = start
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""): return index + 1
            case UInt8(ascii: "\\"): index += 2
            default: index += 1
            }
        }
        throw .chunk
    }

    /// The length of a trailer line, 0 for the empty line that ends the section.
    private static func trailer(_ line: UnsafeRawBufferPointer) throws(ParseFailure) -> Int {
        if !line.isEmpty { _ = try FieldSection.split(line) }
        return line.count
    }
}
