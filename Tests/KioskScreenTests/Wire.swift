import Foundation
import Glibc

/// A client of a few lines on a real socket, which sees bytes as they come. Reads wait on a thread of their own.
final class Wire: Sendable {
    private let descriptor: Int32
    /// What ends a test whose answer never comes.
    private static let patience = timeval(tv_sec: 20, tv_usec: 0)

    struct Closed: Error {}

    /// A TCP port of this machine.
    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        try reach(&address)
    }

    /// A Unix socket.
    init(path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        try reach(&address)
    }

    private func reach<Address>(_ address: inout Address) throws {
        var patience = Wire.patience
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let size = socklen_t(MemoryLayout<Address>.size)
        let result = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
        }
        guard result == 0 else { throw Closed() }
    }

    deinit { Glibc.close(descriptor) }

    func send(_ text: String) throws {
        let bytes = Array(text.utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count else { throw Closed() }
    }

    /// As a program that dies does it.
    func hangUp() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Reads until the text so far satisfies the condition, or the other side closes.
    func read(until enough: @escaping @Sendable (String) -> Bool) async throws -> String {
        let descriptor = descriptor
        return try await withCheckedThrowingContinuation { done in
            Thread.detachNewThread {
                var bytes: [UInt8] = []
                var piece = [UInt8](repeating: 0, count: 65_536)
                while true {
                    let count = Glibc.read(descriptor, &piece, piece.count)
                    guard count > 0 else {
                        return count == 0
                            ? done.resume(returning: String(decoding: bytes, as: UTF8.self))
                            : done.resume(throwing: Closed())
                    }
                    bytes += piece[..<count]
                    let text = String(decoding: bytes, as: UTF8.self)
                    if enough(text) { return done.resume(returning: text) }
                }
            }
        }
    }

    /// One request, whose answer ends with the connection.
    func get(_ path: String) async throws -> (status: String, body: Data) {
        try send("GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        let answer = try await read { _ in false }
        let head = answer.range(of: "\r\n\r\n")
        return (
            String(answer.prefix(12)), Data(answer[(head?.upperBound ?? answer.endIndex)...].utf8)
        )
    }
}
