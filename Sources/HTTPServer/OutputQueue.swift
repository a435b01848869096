import CLinux
import Glibc

/// What waits to be sent on one connection: small pieces gathered in one buffer, large ones kept as they came.
/// Holds no memory while it is empty but for buffers lent by the loop's pool.
struct OutputQueue {
    enum FlushResult {
        case drained
        /// The socket took what it could.
        case blocked
        case failed
    }

    /// A larger piece is queued without a copy.
    private static let copyLimit = 16 * 1024
    private static let tailLimit = 64 * 1024

    private var segments: [[UInt8]] = []
    private var first = 0
    private var offset = 0
    private var tailIsOpen = false
    /// Bytes waiting.
    private(set) var count = 0

    /// Lets `write` append to the open tail, taking a buffer from `pool` if there is none.
    mutating func append(pool: BufferPool, _ write: (inout [UInt8]) -> Void) {
        if !tailIsOpen || segments[segments.count - 1].count >= Self.tailLimit {
            segments.append(pool.take())
            tailIsOpen = true
        }
        let last = segments.count - 1
        let before = segments[last].count
        write(&segments[last])
        count += segments[last].count - before
    }

    mutating func append(_ bytes: [UInt8], pool: BufferPool) {
        if bytes.isEmpty { return }
        if bytes.count <= Self.copyLimit { return append(pool: pool) { $0.append(contentsOf: bytes) } }
        segments.append(bytes)
        tailIsOpen = false
        count += bytes.count
    }

    /// Sends until all is gone or the socket is full.
    /// - Returns: how it ended and how many bytes went.
    mutating func flush(_ descriptor: Int32, pool: BufferPool) -> (result: FlushResult, sent: Int) {
        var total = 0
        while count > 0 {
            let sent = send(descriptor)
            if sent < 0 {
                let blocked = errno == EAGAIN || errno == EWOULDBLOCK
                return (blocked ? .blocked : .failed, total)
            }
            total += sent
            consume(sent)
        }
        reset(pool: pool)
        return (.drained, total)
    }

    private func send(_ descriptor: Int32) -> Int {
        let flags = Int32(MSG_NOSIGNAL)
        if segments.count - first == 1 {
            return segments[first].withUnsafeBytes { bytes in
                let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
                return retryingInterrupts { Glibc.send(descriptor, rest.baseAddress, rest.count, flags) }
            }
        }
        return segments[first].withUnsafeBytes { head in
            segments[first + 1].withUnsafeBytes { next in
                let rest = UnsafeRawBufferPointer(rebasing: head[offset...])
                return retryingInterrupts {
                    tangent_send_two(descriptor, rest.baseAddress, rest.count, next.baseAddress, next.count, flags)
                }
            }
        }
    }

    private mutating func consume(_ sent: Int) {
        count -= sent
        offset += sent
        while first < segments.count && offset >= segments[first].count {
            offset -= segments[first].count
            // Sent memory goes at once, however many segments follow.
            if first < segments.count - 1 { segments[first] = [] }
            first += 1
        }
        if first >= 64 {
            segments.removeFirst(first)
            first = 0
        }
        if first == segments.count { tailIsOpen = false }
    }

    private mutating func reset(pool: BufferPool) {
        if let last = segments.popLast(), last.capacity <= Self.tailLimit * 2 { pool.give(consume last) }
        segments.removeAll(keepingCapacity: segments.capacity <= 8)
        (first, offset, tailIsOpen) = (0, 0, false)
    }
}

/// Spare write buffers of one loop; used only there.
final class BufferPool {
    private static let spareLimit = 16
    private var spare: [[UInt8]] = []

    func take() -> [UInt8] {
        if let buffer = spare.popLast() { return buffer }
        var buffer: [UInt8] = []
        buffer.reserveCapacity(4096)
        return buffer
    }

    /// Consuming, so that nobody else holds the memory, which would then be emptied by making it anew.
    func give(_ buffer: consuming [UInt8]) {
        guard spare.count < Self.spareLimit else { return }
        buffer.removeAll(keepingCapacity: true)
        spare.append(buffer)
    }
}
