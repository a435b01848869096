import Glibc

/// One end of a local stream socket on which one side asks and the other answers, each a whole message at a time.
///
/// A message is its length in 8 bytes and so many bytes after it. Nobody sends before the other side's message has come, so
/// what is read in one go never holds the beginning of another message.
struct MessageChannel: Sendable {
    let descriptor: Int32

    /// Two connected ends, neither of which a child process inherits.
    static func pair() throws -> (MessageChannel, MessageChannel) {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw StorageError.failed("socketpair", "worker") }
        return (MessageChannel(descriptor: ends[0]), MessageChannel(descriptor: ends[1]))
    }

    /// Sends a message; throws when the other end is gone.
    func send(_ message: some ChannelCodable) throws {
        var writer = ChannelWriter()
        // Room for the length, which is known last.
        writer.append(Int64(0))
        message.write(to: &writer)
        writer.setHead(Int64(writer.bytes.count - Self.headBytes))
        let bytes = writer.bytes
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw StorageError.failed("send", "channel") }
            sent += count
        }
    }

    /// Waits for a message; nil when the other end is gone.
    ///
    /// - Throws: `MalformedMessage` where what came is none of `Message`.
    func receive<Message: ChannelCodable>(_: Message.Type = Message.self) throws -> Message? {
        var bytes: [UInt8] = []
        while bytes.count < Self.headBytes {
            guard try receiveMore(&bytes, atMost: Self.commonBytes) else { return nil }
        }
        var head = ChannelReader(Array(bytes[..<Self.headBytes]))
        let length = try head.integer()
        guard length >= 0, length <= Self.longest else { throw MalformedMessage() }
        let total = Self.headBytes + Int(length)
        bytes.reserveCapacity(total)
        while bytes.count < total {
            guard try receiveMore(&bytes, atMost: min(total - bytes.count, 1 << 20)) else { return nil }
        }
        guard bytes.count == total else { throw MalformedMessage() }
        var reader = ChannelReader(bytes, from: Self.headBytes)
        let message = try reader.value(Message.self)
        guard reader.isAtEnd else { throw MalformedMessage() }
        return message
    }

    func close() { _ = Glibc.close(descriptor) }

    private static let headBytes = 8
    /// Most messages are shorter and come with one call.
    private static let commonBytes = 16_384
    /// Documents and small arrays; what is larger is a file.
    private static let longest: Int64 = 1 << 31

    /// Appends what there is; false at the end of the stream.
    private func receiveMore(_ bytes: inout [UInt8], atMost capacity: Int) throws -> Bool {
        while true {
            var count = 0
            let piece = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, initialized in
                count = recv(descriptor, buffer.baseAddress, capacity, 0)
                initialized = max(0, count)
            }
            if count < 0, errno == EINTR { continue }
            // A worker killed with a message unread leaves a reset behind: an end like any other.
            if count == 0 || count < 0 && errno == ECONNRESET { return false }
            guard count > 0 else { throw StorageError.failed("recv", "channel") }
            bytes += piece
            return true
        }
    }
}
