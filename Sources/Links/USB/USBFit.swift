internal import DeviceKit
internal import KioskModel

/// How a device is spoken to: its bridge, the interfaces to claim and the two bulk endpoints. Made from what the device
/// says of itself, and refused when that cannot be true.
struct USBFit: Sendable {
    let bridge: any USBBridge
    /// In the order of claiming; the first is the one that control requests name.
    let interfaces: [UInt8]
    let input: UInt8
    let output: UInt8
    /// wMaxPacketSize of the bulk IN endpoint.
    let packetSize: Int

    /// - Parameter kind: the bridge that the profile names; nil: recognised by the device's numbers and classes.
    init(_ device: USBDescription, kind: USBBridgeKind?) throws(Fault) {
        guard !device.interfaces.isEmpty else {
            throw USBFaults(device.name).lies("a configuration with interfaces", "none")
        }
        guard let kind = kind ?? USBFit.recognise(device) else {
            throw USBFaults(device.name).unknownBridge()
        }
        let reading = USBFitReading(device: device, kind: kind)
        let (control, data) = try reading.interfaces()
        let input = try reading.endpoint(in: data, input: true)
        let output = try reading.endpoint(in: data, input: false)
        interfaces = control.number == data.number ? [data.number] : [control.number, data.number]
        (self.input, self.output, packetSize) = (input.address, output.address, input.packetSize)
        bridge =
            switch kind {
            case .cdcACM:
                CDCACM(
                    interface: control.number, hasLineCoding: CDCFunctions(control).hasLineCoding)
            case .ftdi:
                FTDI(
                    release: device.release, interface: control.number,
                    packetSize: input.packetSize)
            case .cp210x:
                CP210x(
                    interface: control.number,
                    isStandardPort: device.product == 0xEA70 && control.number == 1)
            case .ch340: CH340()
            case .pl2303: PL2303(generation: USBFit.generation(device))
            }
    }

    /// Source: the USB ID Repository (usb.ids); the device tables of the Linux drivers ftdi_sio, cp210x, ch341, pl2303.
    /// MEI's acceptors (0bed) hold a CP210x: Linux driver cp210x.
    static func recognise(_ device: USBDescription) -> USBBridgeKind? {
        switch (device.vendor, device.product) {
        case (0x0403, 0x6001), (0x0403, 0x6010), (0x0403, 0x6011), (0x0403, 0x6014),
            (0x0403, 0x6015):
            return .ftdi
        case (0x10C4, 0xEA60), (0x10C4, 0xEA70), (0x10C4, 0xEA71), (0x0BED, 0x1100),
            (0x0BED, 0x1101):
            return .cp210x
        case (0x1A86, 0x5523), (0x1A86, 0x7522), (0x1A86, 0x7523): return .ch340
        case (0x067B, 0x2303): return .pl2303
        case (0x067B, let product) where hxn.contains(product): return .pl2303
        default:
            return device.interfaces.contains { CDCFunctions.isControl($0) } ? .cdcACM : nil
        }
    }

    /// Source: Linux driver pl2303, its device table and pl2303_probe.
    private static let hxn: Set<UInt16> = [0x23A3, 0x23B3, 0x23C3, 0x23D3, 0x23E3, 0x23F3]

    private static func generation(_ device: USBDescription) -> PL2303.Generation {
        if hxn.contains(device.product) { return .hxn }
        return device.deviceClass != 2 && device.packetSize0 == 64 ? .hx : .old
    }
}

/// Finds what a bridge of one kind must have in a device's description.
private struct USBFitReading {
    let device: USBDescription
    let kind: USBBridgeKind

    private var faults: USBFaults { USBFaults(device.name) }

    /// The interface that requests go to, and the one with the bulk endpoints; mostly the same.
    func interfaces() throws(Fault) -> (USBDescription.Interface, USBDescription.Interface) {
        let numbers = device.interfaces.map(\.number)
        guard Set(numbers).count == numbers.count else {
            throw faults.lies("each interface once", "interfaces \(numbers)")
        }
        guard kind == .cdcACM else {
            guard let first = device.interfaces.first(where: { !$0.endpoints.isEmpty }) else {
                throw faults.lies("an interface with endpoints", "none")
            }
            return (first, first)
        }
        guard let control = device.interfaces.first(where: { CDCFunctions.isControl($0) }) else {
            throw faults.lies("a communications interface (class 02, subclass 02)", "none")
        }
        if let number = CDCFunctions(control).dataInterface {
            guard let data = device.interfaces.first(where: { $0.number == number }) else {
                throw faults.lies("the data interface \(number) that it names", "none")
            }
            return (control, data)
        }
        // Some units say nothing, or hold all endpoints in one interface.
        let bulk = device.interfaces.filter { $0.endpoints.contains(where: \.isBulk) }
        let data = bulk.first { CDCFunctions.isData($0) } ?? bulk.first { $0 == control }
        guard let data else { throw faults.lies("a data interface (class 0a)", "none") }
        return (control, data)
    }

    /// The only bulk endpoint of that direction.
    func endpoint(in interface: USBDescription.Interface, input: Bool) throws(Fault)
        -> USBDescription.Endpoint
    {
        let wanted = "a bulk \(input ? "IN" : "OUT") endpoint in interface \(interface.number)"
        let found = interface.endpoints.filter { $0.isBulk && $0.isInput == input }
        guard let endpoint = found.first else { throw faults.lies(wanted, "none") }
        guard found.allSatisfy({ $0 == endpoint || $0.address != endpoint.address }) else {
            throw faults.lies(wanted, "one that it describes twice")
        }
        // Source: USB 2.0 5.8.3: 8 to 64 at full, 512 at high speed; USB 3.2 9.6.6: 1024.
        let sizes = [8, 16, 32, 64, 512, 1024]
        guard endpoint.address & 0x0F != 0, sizes.contains(endpoint.packetSize) else {
            throw faults.lies(
                wanted + " with packets of \(sizes.map(String.init).joined(separator: ", "))",
                "endpoint \(USBText.hex(endpoint.address)) with \(endpoint.packetSize)")
        }
        return endpoint
    }
}

/// The class-specific descriptors of a communications interface.
///
/// Source: USB CDC 1.2, 5.2.3, table 12 (header), table 16 (union); PSTN 1.2, table 4 (abstract control).
struct CDCFunctions {
    private(set) var dataInterface: UInt8?
    private(set) var hasLineCoding = false

    init(_ interface: USBDescription.Interface) {
        var rest = interface.extra[...]
        // A length that is too short for its own head, or reaches beyond the end, ends the reading.
        while let length = rest.first.map(Int.init), length >= 3, length <= rest.count {
            let descriptor = Array(rest.prefix(length))
            rest = rest.dropFirst(length)
            switch (descriptor[1], descriptor[2]) {
            case (0x24, 0x06) where length >= 5: dataInterface = descriptor[4]
            case (0x24, 0x02) where length >= 4: hasLineCoding = descriptor[3] & 0x02 != 0
            default: break
            }
        }
    }

    /// Class 02 communications, subclass 02 abstract control model. Source: USB CDC 1.2, 4.2 and 4.3.
    static func isControl(_ interface: USBDescription.Interface) -> Bool {
        interface.interfaceClass == 0x02 && interface.interfaceSubclass == 0x02
    }

    /// Class 0A data. Source: USB CDC 1.2, 4.5.
    static func isData(_ interface: USBDescription.Interface) -> Bool {
        interface.interfaceClass == 0x0A
    }
}
