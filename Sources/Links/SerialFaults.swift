internal import Glibc
internal import KioskModel

/// What can be wrong with a serial line, in a technician's words.
struct SerialFaults {
    let path: String

    func opening(_ code: Int32) -> Fault {
        switch code {
        case ENOENT, ENXIO, ENODEV, EIO:
            Fault(
                .communication, .maintenance, operation: "open serial line",
                expected: "a device at \(path)", got: "got \(Self.text(code))",
                remedy:
                    "Check the device's power and cable; `ls -l /dev/kiosk` shows what is plugged in."
            )
        case EACCES, EPERM:
            Fault(
                .communication, .configuration, operation: "open serial line",
                expected: "the right to use \(path)", got: "got \(Self.text(code))",
                remedy:
                    "Install udev/60-kiosk.rules and plug the device in again; the service's user "
                    + "must be in the group \(group() ?? "of the device").")
        case EBUSY:
            Fault(
                .communication, .configuration, operation: "open serial line",
                expected: "\(path) for us alone", got: "got a line that another program holds",
                remedy: "Find it with `fuser -v \(path)` and stop it.")
        default:
            Fault(
                .communication, .maintenance, operation: "open serial line",
                expected: "\(path) to open", got: "got \(Self.text(code))",
                remedy: "Plug the device out and in; if it stays, look at `dmesg`.")
        }
    }

    func notALine() -> Fault {
        Fault(
            .software, .configuration, operation: "open serial line",
            expected: "a serial line at \(path)", got: "got something else",
            remedy: "Correct `link: { serial: … }` in the configuration.")
    }

    func setting(_ code: Int32) -> Fault {
        Fault(
            .communication, .maintenance, operation: "set serial line",
            expected: "\(path) to take its settings", got: "got \(Self.text(code))",
            remedy: "Plug the device out and in; if it stays, change the cable or the bridge.")
    }

    func unknownSetting(_ expected: String, _ value: Int) -> Fault {
        Fault(
            .software, .configuration, operation: "set serial line", expected: expected,
            got: "got \(value)", remedy: "Correct `serial` in the device's profile.")
    }

    func gone(_ operation: String, _ code: Int32) -> Fault {
        Fault(
            .communication, .maintenance, operation: operation,
            expected: "the device at \(path)",
            got: code == 0 ? "got a hang-up" : "got \(Self.text(code))",
            remedy: "Check the device's power and cable; it is tried again by itself.")
    }

    func stuck(_ limit: Duration) -> Fault {
        Fault(
            .communication, .maintenance, operation: "write to the serial line",
            expected: "\(path) to take bytes within \(limit)", got: "it took none",
            remedy: "Check the device's cable; plug the bridge out and in.")
    }

    func notOpen(_ operation: String) -> Fault {
        Fault(
            .communication, .reset, operation: operation, expected: "an open line at \(path)",
            got: "got a closed one", remedy: "It is opened again by itself.")
    }

    static func text(_ code: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
        let text = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: text, as: UTF8.self)
    }

    /// The group that the device belongs to, as the system names it.
    private func group() -> String? {
        var node = stat()
        guard stat(path, &node) == 0 else { return nil }
        var entry = Glibc.group()
        var found: UnsafeMutablePointer<Glibc.group>?
        var buffer = [CChar](repeating: 0, count: 4096)
        guard getgrgid_r(node.st_gid, &entry, &buffer, buffer.count, &found) == 0, found != nil,
            let name = entry.gr_name
        else { return "\(node.st_gid)" }
        return String(cString: name)
    }
}
