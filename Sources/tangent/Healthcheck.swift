import ArgumentParser
import Foundation
import Glibc
import Service

struct Healthcheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask a running server whether it is ready; the exit status is 0 if it is.",
        discussion: "Reads TANGENT_HOST and TANGENT_PORT like `serve`, so it needs no arguments in a container.")

    @Option(help: "The server's address. (default: 127.0.0.1)")
    var host: String?

    @Option(help: "The server's port. (default: 8080)")
    var port: Int?

    func run() throws {
        let port = try Setting(flag: "port", given: port, parse: { Int($0) }, expectation: "a port").value(default: 8080)
        var host = try Setting(flag: "host", given: host, parse: { $0 }, expectation: "an address").value(default: "127.0.0.1")
        // A server that listens on every address is asked on this machine's own.
        if host == "0.0.0.0" { host = "127.0.0.1" }
        if host == "::" { host = "::1" }
        guard (1...65_535).contains(port) else { throw ValidationError("--port takes 1 to 65535.") }
        do {
            // Not the queue: a server that has as much to do as it takes is healthy, and whoever restarts or cuts off the unhealthy
            // would only make its clients wait longer.
            let status = try HealthProbe(host: host, port: port).status(path: "/readyz?exclude=queue")
            guard status == 200 else {
                StandardStream.error.write(line: "not ready: status \(status)")
                throw ExitCode.failure
            }
        } catch let failure as HealthProbe.Failure {
            StandardStream.error.write(line: failure.description)
            throw ExitCode.failure
        }
        print("ready")
    }
}

/// One small HTTP request over a blocking socket: a client library would be the larger part of the binary.
struct HealthProbe {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let host: String
    let port: Int

    /// Seconds that connecting, sending and receiving may take each.
    private static let patience = 5

    func status(path: String) throws -> Int {
        let descriptor = try connected()
        defer { close(descriptor) }
        let request = Array("GET \(path) HTTP/1.1\r\nHost: \(host.contains(":") ? "[\(host)]" : host):\(port)\r\nConnection: close\r\n\r\n".utf8)
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else { throw failure("send") }
        var line: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 512)
        while line.count < 12 {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { throw failure("receive") }
            line += buffer[..<count]
        }
        // "HTTP/1.1 200"
        guard let status = Int(String(decoding: line[9..<12], as: UTF8.self)) else {
            throw Failure(description: "no HTTP server answers at \(host):\(port)")
        }
        return status
    }

    private func connected() throws -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &list) == 0 else { throw Failure(description: "\(host) is not an address") }
        defer { freeaddrinfo(list) }
        var entry = list
        while let address = entry?.pointee {
            let descriptor = socket(address.ai_family, address.ai_socktype, address.ai_protocol)
            if descriptor >= 0 {
                var timeout = timeval(tv_sec: Self.patience, tv_usec: 0)
                setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
                setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
                if connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 { return descriptor }
                close(descriptor)
            }
            entry = address.ai_next
        }
        throw failure("connect")
    }

    private func failure(_ call: String) -> Failure {
        Failure(description: "\(call) \(host):\(port): \(String(cString: strerror(errno)))")
    }
}
