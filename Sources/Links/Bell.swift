internal import Glibc
internal import KioskModel

/// Wakes a `poll` from another thread: a pipe to oneself. Whoever may ring holds it, so its descriptors are never
/// another's.
final class Bell: Sendable {
    /// Readable after a ring.
    let descriptor: Int32
    private let handle: Int32

    init() throws(Fault) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw Fault(
                .software, .reset, operation: "open serial line",
                expected: "a file descriptor for waiting", got: "got \(SerialFaults.text(errno))",
                remedy: "Restart the program; if it comes back, raise its limit of open files.")
        }
        (descriptor, handle) = (ends[0], ends[1])
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
    }

    deinit {
        close(descriptor)
        close(handle)
    }

    /// A full pipe has rung already: the result does not matter.
    func ring() { _ = withUnsafeBytes(of: 1) { write(handle, $0.baseAddress, 1) } }

    func silence() {
        var rings = [UInt8](repeating: 0, count: 64)
        _ = rings.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
    }
}
