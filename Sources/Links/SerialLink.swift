public import DeviceKit
internal import Glibc
public import KioskModel

/// A serial line (termios): a USB bridge's /dev/kiosk/bill, a UART, or a PTY with a virtual device behind it.
///
/// It blocks on a thread of its own, never on the cooperative pool. A cancelled `read` returns at once, empty.
public actor SerialLink: ByteLink {
    /// How much one `read` returns at most.
    private static let readMax = 4096
    /// How long a line may refuse to take bytes (a stuck bridge) until it counts as gone.
    private static let writeLimit: Duration = .seconds(2)

    private let path: String
    private let settings: SerialSettings
    private let thread = LinkThread()
    private var descriptor: Int32 = -1
    /// Rung when the task that reads is cancelled.
    private var bell: Bell?

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        thread.asUnownedSerialExecutor()
    }

    /// - Parameter path: the device node; better the stable name that the udev rule gives than ttyUSB0.
    public init(path: String, settings: SerialSettings) {
        (self.path, self.settings) = (path, settings)
    }

    deinit {
        if descriptor >= 0 { SerialLink.release(descriptor) }
    }

    public func open() async throws(Fault) {
        close()
        let opened = Glibc.open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        guard opened >= 0 else { throw SerialFaults(path: path).opening(errno) }
        do throws(Fault) {
            try claim(opened)
        } catch {
            // Not `release`: the line's exclusive mark is its owner's.
            Glibc.close(opened)
            throw error
        }
        do throws(Fault) {
            try SerialSetup(path: path, settings: settings).apply(to: opened)
            bell = try Bell()
        } catch {
            SerialLink.release(opened)
            throw error
        }
        descriptor = opened
    }

    public func write(_ bytes: [UInt8]) async throws(Fault) {
        let descriptor = try opened("write to the serial line")
        let deadline = ContinuousClock.now + SerialLink.writeLimit
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if count > 0 {
                sent += count
            } else if count < 0, errno == EINTR {
                continue
            } else if count < 0, errno == EAGAIN {
                try waitForRoom(descriptor, until: deadline)
            } else {
                throw SerialFaults(path: path).gone("write to the serial line", errno)
            }
        }
    }

    public func read(within limit: Duration) async throws(Fault) -> [UInt8] {
        let descriptor = try opened("read from the serial line")
        guard let bell, !Task.isCancelled else { return [] }
        let deadline = ContinuousClock.now + limit
        let result = await withTaskCancellationHandler {
            receive(descriptor, bell, until: deadline)
        } onCancel: {
            bell.ring()
        }
        return try result.get()
    }

    public func discardInput() async throws(Fault) {
        let descriptor = try opened("discard input")
        guard tcflush(descriptor, TCIFLUSH) == 0 else {
            throw SerialFaults(path: path).gone("discard input", errno)
        }
    }

    public func close() {
        guard descriptor >= 0 else { return }
        SerialLink.release(descriptor)
        (descriptor, bell) = (-1, nil)
    }

    private func opened(_ operation: String) throws(Fault) -> Int32 {
        guard descriptor >= 0 else { throw SerialFaults(path: path).notOpen(operation) }
        return descriptor
    }

    /// One owner: the kernel refuses other programs (TIOCEXCL), and the lock refuses those of root.
    private func claim(_ opened: Int32) throws(Fault) {
        guard isatty(opened) == 1 else { throw SerialFaults(path: path).notALine() }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            throw SerialFaults(path: path).opening(errno == EWOULDBLOCK ? EBUSY : errno)
        }
        guard ioctl(opened, UInt(TIOCEXCL)) == 0 else {
            throw SerialFaults(path: path).opening(errno)
        }
    }

    /// Gives the line back at once, even while a process that is just being started holds a copy of the descriptor.
    private static func release(_ descriptor: Int32) {
        _ = ioctl(descriptor, UInt(TIOCNXCL))
        flock(descriptor, LOCK_UN)
        Glibc.close(descriptor)
    }

    private func waitForRoom(_ descriptor: Int32, until deadline: ContinuousClock.Instant)
        throws(Fault)
    {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        let ready = poll(&waiting, 1, milliseconds(until: deadline))
        if ready < 0, errno == EINTR { return }
        guard ready > 0, waiting.revents & Int16(POLLERR | POLLHUP | POLLNVAL) == 0 else {
            throw SerialFaults(path: path).stuck(SerialLink.writeLimit)
        }
    }

    private func receive(
        _ descriptor: Int32, _ bell: Bell, until deadline: ContinuousClock.Instant
    ) -> Result<[UInt8], Fault> {
        while !Task.isCancelled {
            var waiting = [
                pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: bell.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            let left = milliseconds(until: deadline)
            let ready = poll(&waiting, 2, left)
            if ready < 0, errno == EINTR { continue }
            guard ready >= 0 else { return .failure(gone(errno)) }
            // A ring that was meant for an earlier read: go on waiting.
            if waiting[1].revents != 0 { bell.silence() }
            if waiting[0].revents == 0 {
                if left == 0 { return .success([]) }
                continue
            }
            guard waiting[0].revents & Int16(POLLIN) != 0 else { return .failure(gone(EIO)) }
            if let bytes = take(descriptor) { return bytes }
        }
        return .success([])
    }

    /// Nil when there was nothing to take after all.
    private func take(_ descriptor: Int32) -> Result<[UInt8], Fault>? {
        var bytes = [UInt8](repeating: 0, count: SerialLink.readMax)
        let count = bytes.withUnsafeMutableBytes {
            Glibc.read(descriptor, $0.baseAddress, $0.count)
        }
        if count < 0, errno == EINTR || errno == EAGAIN { return nil }
        guard count > 0 else { return .failure(gone(count == 0 ? 0 : errno)) }
        return .success(Array(bytes.prefix(count)))
    }

    private func gone(_ code: Int32) -> Fault {
        SerialFaults(path: path).gone("read from the serial line", code)
    }

    /// Rounded up, so that a wait does not end a fraction of a millisecond early and go round once more.
    private func milliseconds(until deadline: ContinuousClock.Instant) -> Int32 {
        let left = (deadline - ContinuousClock.now).components
        guard left.seconds >= 0, left.attoseconds >= 0 else { return 0 }
        let milliseconds =
            left.attoseconds.addingReportingOverflow(999_999_999_999_999)
            .partialValue / 1_000_000_000_000_000
        return Int32(min(left.seconds, 3600)) * 1000 + Int32(milliseconds)
    }
}
