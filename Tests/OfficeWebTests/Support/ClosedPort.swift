import Glibc

/// A port at which nobody listens and which nobody else can get meanwhile.
final class ClosedPort: Sendable {
    let number: Int
    private let socket: Int32

    init() throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let socket = self.socket
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(socket, generic, length) + getsockname(socket, generic, &length)
            }
        }
        number = Int(UInt16(bigEndian: address.sin_port))
        guard result == 0, number > 0 else { throw ClosedPortTrouble() }
    }

    deinit { close(socket) }
}

struct ClosedPortTrouble: Error {}
