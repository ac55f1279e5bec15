internal import Foundation
internal import Glibc
internal import KioskModel

/// The file of the control socket: a stale one is cleared away, a living daemon's is left alone.
struct ControlSocket: Sendable {
    let path: String

    /// Owner and group may ask. Source: unix(7), pathname socket ownership and permissions.
    static let mode: mode_t = 0o660

    /// Makes room for our socket.
    ///
    /// - Throws: `Fault` when another daemon answers there, or when what is there is not a socket.
    func clear() throws(Fault) {
        guard path.utf8.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path) else {
            throw fault(got: "got a path that is too long for a socket")
        }
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw fault(got: "got a file that is not a socket")
        }
        guard !isAnswered() else { throw fault(got: "another kioskd answers there") }
        guard unlink(path) == 0 else {
            throw fault(
                got: "the stale socket cannot be removed: \(String(cString: strerror(errno)))")
        }
    }

    /// Lets owner and group in; until then only the owner could, under any usual umask.
    func open() -> Fault? {
        guard chmod(path, ControlSocket.mode) != 0 else { return nil }
        return fault(got: "mode 0660 was refused: \(String(cString: strerror(errno)))")
    }

    func remove() { unlink(path) }

    /// Whether somebody listens. Only a refused connection proves that nobody does.
    private func isAnswered() -> Bool {
        let descriptor = socket(
            AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { return true }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
        }
        return result == 0 || errno != ECONNREFUSED
    }

    func fault(got: String) -> Fault {
        Fault(
            .software, .configuration, operation: "open control socket \(path)",
            expected: "a place for our own socket", got: got,
            remedy: "Stop the other kioskd, or correct the key control of the configuration.")
    }
}
