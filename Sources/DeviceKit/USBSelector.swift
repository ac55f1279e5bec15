/// The kinds of serial bridge that our USB links can speak to.
public enum USBBridgeKind: String, Sendable, Hashable, CaseIterable {
    case cdcACM = "cdc-acm"
    case ftdi, cp210x, ch340, pl2303
}

/// Which USB device a link takes: `{ usb: auto }`, or `{ usb: { vendor, product, port } }` in part or whole.
public struct USBSelector: Sendable, Hashable, CustomStringConvertible {
    /// A device with another identity than the profile's: its own bridge, or another cable. Nil: as the profile says.
    public let match: BillAcceptorProfile.USBMatch?
    /// Where it is plugged in; nil: anywhere, as long as only one fits.
    public let port: USBPort?

    /// Whatever matches the profile, wherever it is.
    public static let auto = USBSelector()

    public init(match: BillAcceptorProfile.USBMatch? = nil, port: USBPort? = nil) {
        (self.match, self.port) = (match, port)
    }

    public var description: String {
        switch (match, port) {
        case (nil, nil): "auto"
        case (let match?, nil): "\(match)"
        case (nil, let port?): "port \(port)"
        case (let match?, let port?): "\(match) at port \(port)"
        }
    }
}

/// A place on the machine: bus and chain of ports, as the kernel names it (`1-2.3`: bus 1, its port 2, a hub's port 3).
///
/// Source: Linux, Documentation/ABI/stable/sysfs-bus-usb; at most seven tiers, USB 2.0 4.1.1.
public struct USBPort: Sendable, Hashable, CustomStringConvertible {
    /// The root hub is the first tier, the device the last.
    private static let portsMax = 6

    public let description: String

    /// Nil if the text is no port.
    public init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let ports = parts[1].split(separator: ".", omittingEmptySubsequences: false)
        guard ports.count <= USBPort.portsMax else { return nil }
        for number in [parts[0]] + ports {
            guard let value = UInt8(number), value > 0, String(value) == number else { return nil }
        }
        description = text
    }
}
