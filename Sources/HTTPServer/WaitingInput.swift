/// Bytes that came before their turn, while the connection is busy with the request ahead of them.
struct WaitingInput {
    private(set) var bytes: [UInt8] = []
    private var scanned = 0
    private var heads = 0

    var isEmpty: Bool { bytes.isEmpty }
    var count: Int { bytes.count }

    mutating func append(_ more: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: more)
    }

    mutating func take() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &bytes)
        self = WaitingInput()
        return taken
    }

    /// Whether the ends of `limit` heads are among the bytes. Looks at each byte once, and at none behind the last head it needs.
    ///
    /// An empty line in a body counts as well: with it the reading only pauses earlier.
    mutating func holds(heads limit: Int) -> Bool {
        bytes.withUnsafeBytes { bytes in
            while heads < limit, let end = bytes.place(of: .lineFeed, from: scanned) {
                scanned = end + 1
                if end >= 3, bytes[end - 1] == .carriageReturn, bytes[end - 2] == .lineFeed, bytes[end - 3] == .carriageReturn { heads += 1 }
            }
            if heads < limit { scanned = bytes.count }
        }
        return heads >= limit
    }
}
