import CLinux
import Foundation
import Testing

/// A blocking loopback client that sends raw bytes, so that tests see exactly what is on the wire.
final class Client {
    struct Reply {
        var status: Int
        var head: String
        var body: [UInt8]
        var text: String { String(decoding: body, as: UTF8.self) }

        func field(_ name: String) -> String? {
            for line in head.components(separatedBy: "\r\n").dropFirst() {
                let parts = line.split(separator: ":", maxSplits: 1)
                if parts.count == 2, parts[0].lowercased() == name { return parts[1].trimmingCharacters(in: .whitespaces) }
            }
            return nil
        }
    }

    struct Broken: Error {}

    private var descriptor: Int32
    private var received: [UInt8] = []

    /// - Parameter receiveBuffer: bytes; small for a client that is slow to read.
    init(port: Int, receiveBuffer: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        if var size = receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        // Far beyond any wait in these tests: it turns a hang into a failure.
        var timeout = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Broken() }
    }

    deinit { close() }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var offset = 0
        while offset < bytes.count {
            let sent = bytes[offset...].withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard sent > 0 else { throw Broken() }
            offset += sent
        }
    }

    func endOutput() { shutdown(descriptor, Int32(SHUT_WR)) }

    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    /// Closes with RST.
    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        close()
    }

    /// Reads once. - Returns: false at the end of the stream.
    @discardableResult func receive() throws -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count >= 0 else { throw Broken() }
        received += buffer[..<count]
        return count > 0
    }

    /// One response, with its body taken out of its framing.
    func reply(toHead: Bool = false) throws -> Reply {
        var reply = try head()
        let isBodiless = toHead || reply.status < 200 || reply.status == 204 || reply.status == 304
        if isBodiless { return reply }
        if reply.field("transfer-encoding") == "chunked" {
            while true {
                let line = try line()
                let size = try #require(Int(line, radix: 16))
                reply.body += try take(size)
                #expect(try take(2) == [13, 10])
                if size == 0 { return reply }
            }
        } else if let length = reply.field("content-length").flatMap({ Int($0) }) {
            reply.body = try take(length)
        } else {
            reply.body = try rest()
        }
        return reply
    }

    /// All responses until the server closes.
    func replies() throws -> [Reply] {
        var replies: [Reply] = []
        while true {
            while received.isEmpty { guard try receive() else { return replies } }
            replies.append(try reply())
        }
    }

    /// Everything until the server closes.
    func rest() throws -> [UInt8] {
        while try receive() {}
        defer { received = [] }
        return received
    }

    private func head() throws -> Reply {
        var lines: [String] = []
        while true {
            let line = try line()
            if line.isEmpty { break }
            lines.append(line)
        }
        let parts = try #require(lines.first).split(separator: " ")
        #expect(parts.first == "HTTP/1.1")
        return Reply(status: try #require(Int(parts[1])), head: lines.joined(separator: "\r\n"), body: [])
    }

    private func line() throws -> String {
        var start = 0
        while true {
            if let end = received[start...].firstIndex(of: 10) {
                let line = received[..<end]
                received.removeFirst(end + 1)
                return String(decoding: line.dropLast(), as: UTF8.self)
            }
            start = received.count
            guard try receive() else { throw Broken() }
        }
    }

    private func take(_ count: Int) throws -> [UInt8] {
        while received.count < count { guard try receive() else { throw Broken() } }
        defer { received.removeFirst(count) }
        return Array(received[..<count])
    }
}
