internal import KioskModel

/// What can be wrong with a USB device, in a technician's words.
struct USBFaults {
    /// "0403:6001 at port 1-2".
    let name: String

    init(_ name: String) { self.name = name }

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
}
