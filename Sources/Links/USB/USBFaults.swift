internal import CLibUSB
internal import KioskModel

/// What can be wrong with a USB device, in a technician's words.
struct USBFaults {
    /// "0403:6001 at port 1-2".
    let name: String

    init(_ name: String) { self.name = name }

    static func noUSB(_ code: Int32) -> Fault {
        Fault(
            .software, .configuration, operation: "start USB", expected: "the machine's USB",
            got: "got \(text(code))",
            remedy:
                "The service must be allowed USB devices and netlink sockets; see kioskd.service."
        )
    }

    func unknownBridge() -> Fault {
        Fault(
            .communication, .configuration, operation: "open USB device",
            expected: "a serial bridge that is known", got: "got \(name)",
            remedy: "Name its kind as `bridge` in the profile's `match`.")
    }

    /// The device describes what cannot be.
    func lies(_ expected: String, _ got: String) -> Fault {
        Fault(
            .hardware, .maintenance, operation: "read the description of USB device \(name)",
            expected: expected, got: "got \(got)",
            remedy: "Plug the device out and in; if it stays, change the cable or the bridge.")
    }

    func opening(_ code: Int32) -> Fault {
        switch libusb_error(rawValue: code) {
        case LIBUSB_ERROR_ACCESS:
            Fault(
                .communication, .configuration, operation: "open USB device",
                expected: "the right to use \(name)", got: "got \(Self.text(code))",
                remedy: "Install udev/60-kiosk.rules and plug the device in again; the service's "
                    + "user must be in the group kiosk.")
        case LIBUSB_ERROR_NO_DEVICE: gone("open USB device")
        default:
            Fault(
                .communication, .maintenance, operation: "open USB device",
                expected: "\(name) to open", got: "got \(Self.text(code))",
                remedy: "Plug the device out and in; if it stays, look at `dmesg`.")
        }
    }

    func claiming(_ interface: UInt8, _ code: Int32) -> Fault {
        switch libusb_error(rawValue: code) {
        case LIBUSB_ERROR_BUSY:
            Fault(
                .communication, .configuration, operation: "claim USB device",
                expected: "interface \(interface) of \(name) for us alone",
                got: "got one that another program or driver holds",
                remedy: "Find it with `lsusb -t` and `fuser -v /dev/bus/usb/*/*`, and stop it.")
        case LIBUSB_ERROR_NO_DEVICE: gone("claim USB device")
        default:
            Fault(
                .communication, .maintenance, operation: "claim USB device",
                expected: "interface \(interface) of \(name)", got: "got \(Self.text(code))",
                remedy: "Plug the device out and in; if it stays, look at `dmesg`.")
        }
    }

    func setting(_ control: USBControl, _ got: String) -> Fault {
        Fault(
            .communication, .maintenance, operation: "set USB line",
            expected: "\(name) to take request \(control)", got: "got \(got)",
            remedy: "Plug the device out and in; if it stays, the profile's `bridge` may be wrong.")
    }

    func gone(_ operation: String) -> Fault {
        Fault(
            .communication, .maintenance, operation: operation, expected: "USB device \(name)",
            got: "got a device that is unplugged",
            remedy: "Check the device's power and cable; it is tried again by itself.")
    }

    func stuck(_ limit: Duration) -> Fault {
        Fault(
            .communication, .maintenance, operation: "write to USB device",
            expected: "\(name) to take bytes within \(limit)", got: "it took none",
            remedy: "Check the device's cable; plug the bridge out and in.")
    }

    /// Stalls, protocol errors, babble.
    func troubled(_ operation: String, _ got: String) -> Fault {
        Fault(
            .communication, .maintenance, operation: operation,
            expected: "\(name) to pass bytes", got: "got \(got)",
            remedy: "Plug the device out and in; if it stays, change the cable or the bridge.")
    }

    func flood(_ bytesMax: Int) -> Fault {
        Fault(
            .communication, .maintenance, operation: "read from USB device",
            expected: "\(name) to send at most \(bytesMax) bytes that nobody asked for",
            got: "got more", remedy: "Is it an acceptor? If it is, plug it out and in.")
    }

    func notOpen(_ operation: String) -> Fault {
        Fault(
            .communication, .reset, operation: operation, expected: "\(name) to be open",
            got: "got a closed device", remedy: "It is opened again by itself.")
    }

    static func text(_ code: Int32) -> String { String(cString: libusb_strerror(code)) }
}
