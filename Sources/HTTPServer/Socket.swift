import CLinux
import Glibc

/// The few socket calls that are not one line in Swift.
enum Socket {
    /// A bound, listening, non-blocking socket for a numeric address or a name.
    static func listen(host: String, port: Int, backlog: Int) throws(ServerError) -> Int32 {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, String(port), &hints, &list)
        guard status == 0 else {
            throw .address("cannot resolve \(host): \(gai_strerror(status).map { String(cString: $0) } ?? "unknown error")")
        }
        defer { freeaddrinfo(list) }
        var failure = ServerError.address("\(host) has no address")
        var entry = list
        while let current = entry {
            do throws(ServerError) {
                return try listen(current.pointee, backlog: backlog)
            } catch {
                failure = error
            }
            entry = current.pointee.ai_next
        }
        throw failure
    }

    private static func listen(_ info: addrinfo, backlog: Int) throws(ServerError) -> Int32 {
        let type = info.ai_socktype | Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(info.ai_family, type, info.ai_protocol)
        guard descriptor >= 0 else { throw .system(call: "socket", code: errno) }
        setOption(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
        guard bind(descriptor, info.ai_addr, info.ai_addrlen) == 0 else {
            let code = errno
            close(descriptor)
            throw .system(call: "bind", code: code)
        }
        guard Glibc.listen(descriptor, Int32(clamping: backlog)) == 0 else {
            let code = errno
            close(descriptor)
            throw .system(call: "listen", code: code)
        }
        return descriptor
    }

    static func setOption(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// The port that a socket is bound to.
    static func port(of descriptor: Int32) -> Int {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            _ = pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        return withUnsafeBytes(of: &address) { bytes in
            // The port follows the family in sockaddr_in and sockaddr_in6 alike, in network order.
            Int(bytes[2]) << 8 | Int(bytes[3])
        }
    }

    /// The numeric address of a peer.
    static func text(of address: sockaddr_storage) -> String {
        var address = address
        let isVersion6 = Int32(address.ss_family) == AF_INET6
        return withUnsafeBytes(of: &address) { bytes in
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
                let start = bytes.baseAddress?.advanced(by: isVersion6 ? 8 : 4)
                guard let start, let base = text.baseAddress,
                    inet_ntop(isVersion6 ? AF_INET6 : AF_INET, start, base, socklen_t(INET6_ADDRSTRLEN)) != nil
                else { return "unknown" }
                return String(cString: base)
            }
        }
    }
}
