/// What a virtual device says of itself. The bytes may be changed: a device may lie.
///
/// Source: USB 2.0 9.6.1 device, 9.6.3 configuration, 9.6.5 interface, 9.6.6 endpoint, 9.6.7 string.
public struct VirtualUSBDescriptors: Sendable, Hashable {
    struct Endpoint: Sendable, Hashable {
        let address: UInt8
        /// 2 bulk, 3 interrupt.
        let kind: UInt8
        let packetSize: UInt16
    }

    struct Interface: Sendable, Hashable {
        var interfaceClass: UInt8 = 0xFF
        var subclass: UInt8 = 0
        var extra: [UInt8] = []
        var endpoints: [Endpoint]
    }

    public var device: [UInt8]
    /// With all that belongs to it.
    public var configuration: [UInt8]
    /// By index, from 1: maker, product, serial number.
    public var strings: [String]

    /// - Parameter release: bcdDevice, by which chips of one number differ.
    init(
        vendor: UInt16, product: UInt16, release: UInt16, deviceClass: UInt8 = 0,
        strings: [String], interfaces: [Interface]
    ) {
        func two(_ value: UInt16) -> [UInt8] { [UInt8(value & 0xFF), UInt8(value >> 8)] }
        let serialIndex: UInt8 = strings.count >= 3 ? 3 : 0
        device =
            [18, 1] + two(0x0200) + [deviceClass, 0, 0, 64] + two(vendor) + two(product)
            + two(release) + [1, 2, serialIndex, 1]
        var body: [UInt8] = []
        for (number, interface) in interfaces.enumerated() {
            body += [
                9, 4, UInt8(number), 0, UInt8(interface.endpoints.count),
                interface.interfaceClass, interface.subclass, 0, 0,
            ]
            body += interface.extra
            for endpoint in interface.endpoints {
                body += [7, 5, endpoint.address, endpoint.kind] + two(endpoint.packetSize) + [0]
            }
        }
        let head =
            [9, 2] + two(UInt16(9 + body.count)) + [UInt8(interfaces.count), 1, 0, 0x80, 50]
        configuration = head + body
        self.strings = strings
    }

    public var vendor: UInt16 { UInt16(device[8]) | UInt16(device[9]) << 8 }
    public var product: UInt16 { UInt16(device[10]) | UInt16(device[11]) << 8 }
    public var release: UInt16 { UInt16(device[12]) | UInt16(device[13]) << 8 }
    /// Nil for the many that have none.
    public var serial: String? { strings.count >= 3 ? strings[2] : nil }

    /// The answer to GET_DESCRIPTOR. Source: USB 2.0 9.4.3; string 0 lists languages, 0409 is English (USB LANGIDs).
    func answer(_ setup: USBSetup) -> USBAnswer {
        let whole: [UInt8]
        switch (setup.value >> 8, Int(setup.value & 0xFF)) {
        case (1, _): whole = device
        case (2, 0): whole = configuration
        case (3, 0): whole = [4, 3, 0x09, 0x04]
        case (3, let index) where index <= strings.count:
            let text = strings[index - 1].utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
            whole = [UInt8(text.count + 2), 3] + text
        default: return .stall
        }
        return .done(Array(whole.prefix(Int(setup.length))))
    }
}
