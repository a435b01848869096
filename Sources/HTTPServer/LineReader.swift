/// Cuts CRLF lines out of a byte stream, however it is split. Keeps at most one incomplete line.
///
/// Every byte is looked at once, and a byte that no line may hold is found the moment it arrives,
/// so the outcome does not depend on the segments.
struct LineReader {
    enum Line {
        case incomplete
        /// The line lies in the bytes just given.
        case range(Range<Int>)
        /// The line was gathered from several segments.
        case gathered([UInt8])
    }

    private var gathered: [UInt8] = []
    private var endsInCarriageReturn = false

    /// Whether part of a line waits for its rest.
    var isInLine: Bool { !gathered.isEmpty || endsInCarriageReturn }

    /// The next line without its CRLF. O(bytes read).
    /// - Parameters:
    ///   - position: where to read; moved behind what was read.
    ///   - limit: bytes that a line may have.
    ///   - overflow: thrown for a longer line, as soon as its first byte too many is there.
    mutating func next(
        in bytes: UnsafeRawBufferPointer, at position: inout Int, limit: Int, overflow: ParseFailure
    ) throws(ParseFailure) -> Line {
        let start = position
        var end = start
        if !endsInCarriageReturn {
            let room = limit - gathered.count
            end = ByteClass.firstControl(in: bytes, start..<min(bytes.count, start + room + 1))
            if end - start > room { throw overflow }
            if end == bytes.count { return keep(bytes, start..<end, position: &position) }
            switch bytes[end] {
            case .carriageReturn: break
            case .lineFeed: throw .bareLineFeed
            default: throw .controlByte
            }
            if end + 1 == bytes.count {
                endsInCarriageReturn = true
                let incomplete = keep(bytes, start..<end, position: &position)
                position += 1
                return incomplete
            }
            position = end + 1
        }
        guard position < bytes.count else { return .incomplete }
        guard bytes[position] == .lineFeed else { throw .bareCarriageReturn }
        position += 1
        endsInCarriageReturn = false
        if gathered.isEmpty { return .range(start..<end) }
        var line: [UInt8] = []
        swap(&line, &gathered)
        line.append(contentsOf: bytes[start..<end])
        return .gathered(line)
    }

    private mutating func keep(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, position: inout Int) -> Line {
        gathered.append(contentsOf: bytes[range])
        position = range.upperBound
        return .incomplete
    }
}
