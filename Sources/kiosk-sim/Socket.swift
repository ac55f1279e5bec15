internal import Glibc

/// File descriptors of sockets: made, listened on, connected. All are closed on exec.
enum Socket {
    /// "127.0.0.1:8444"
    struct Address {
        let host: String
        let port: UInt16

        init(_ text: String, of option: String) throws {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let port = UInt16(parts[1]), port > 0 else {
                throw Trouble("\(option): expected HOST:PORT such as 127.0.0.1:8444, got `\(text)`")
            }
            host = parts[0] == "localhost" ? "127.0.0.1" : String(parts[0])
            self.port = port
            guard (try? raw()) != nil else {
                throw Trouble("\(option): expected an IPv4 address, got `\(parts[0])`")
            }
        }

        func raw() throws -> sockaddr_in {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            guard inet_pton(AF_INET, host, &address.sin_addr) == 1 else {
                throw Trouble("\(host) is no IPv4 address")
            }
            return address
        }
    }

    private static let stream = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)

    static func listen(unix path: String) throws -> Int32 {
        let file = socket(AF_UNIX, stream, 0)
        guard file >= 0 else { throw Trouble.system("open a socket") }
        unlink(path)
        guard try withUnix(path, { bind(file, $0, $1) }) == 0, Glibc.listen(file, 16) == 0 else {
            defer { close(file) }
            throw Trouble.system("listen on \(path)")
        }
        return file
    }

    static func connect(unix path: String) throws -> Int32 {
        let file = socket(AF_UNIX, stream, 0)
        guard file >= 0 else { throw Trouble.system("open a socket") }
        guard try withUnix(path, { Glibc.connect(file, $0, $1) }) == 0 else {
            defer { close(file) }
            throw Trouble.system("connect to \(path)")
        }
        return file
    }

    static func listen(_ address: Address) throws -> Int32 {
        let file = socket(AF_INET, stream, 0)
        guard file >= 0 else { throw Trouble.system("open a socket") }
        var yes: Int32 = 1
        setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var raw = try address.raw()
        let bound = withPointer(&raw) { bind(file, $0, $1) }
        guard bound == 0, Glibc.listen(file, 64) == 0 else {
            defer { close(file) }
            throw Trouble.system(
                "listen on \(address.host):\(address.port)",
                "Stop the other program, or take another port.")
        }
        setNonblocking(file)
        return file
    }

    /// Begins to connect; the socket is writable when that has ended one way or the other.
    static func beginConnect(_ address: Address) -> Int32? {
        let file = socket(AF_INET, stream, 0)
        guard file >= 0, var raw = try? address.raw() else { return nil }
        setNonblocking(file)
        let result = withPointer(&raw) { Glibc.connect(file, $0, $1) }
        guard result == 0 || errno == EINPROGRESS else {
            close(file)
            return nil
        }
        return file
    }

    static func setNonblocking(_ file: Int32) {
        _ = fcntl(file, F_SETFL, fcntl(file, F_GETFL) | O_NONBLOCK)
    }

    private static func withPointer(
        _ address: inout sockaddr_in, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    private static func withUnix(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < room else {
            throw Trouble(
                "socket \(path): expected at most \(room - 1) bytes; give a shorter --state")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
