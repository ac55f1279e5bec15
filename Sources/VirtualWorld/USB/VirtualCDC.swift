public import DeviceKit

/// A unit that is a USB serial device itself: two interfaces, a notice endpoint that says nothing.
///
/// Source: USB CDC 1.2; USB CDC PSTN 1.2, 6.3.
public struct VirtualCDC: VirtualBridge {
    public let descriptors: VirtualUSBDescriptors
    private var coding: SerialSettings?
    private var state: UInt16 = 0

    /// The numbers are pid.codes's for tests: a unit's own would claim to be that unit.
    /// - Parameter oneInterface: some units hold all endpoints in their first interface.
    public init(serial: String? = nil, oneInterface: Bool = false) {
        let notice = VirtualUSBDescriptors.Endpoint(address: 0x83, kind: 3, packetSize: 16)
        let bulk: [VirtualUSBDescriptors.Endpoint] = [
            .init(address: 0x81, kind: 2, packetSize: 64),
            .init(address: 0x02, kind: 2, packetSize: 64),
        ]
        // Header 1.20, abstract control with line coding, union of 0 and 1.
        let functions: [UInt8] = [5, 0x24, 0, 0x20, 0x01, 4, 0x24, 2, 0x02]
        let union: [UInt8] = oneInterface ? [] : [5, 0x24, 6, 0, 1]
        let control = VirtualUSBDescriptors.Interface(
            interfaceClass: 0x02, subclass: 0x02, extra: functions + union,
            endpoints: [notice] + (oneInterface ? bulk : []))
        let data = VirtualUSBDescriptors.Interface(interfaceClass: 0x0A, endpoints: bulk)
        descriptors = VirtualUSBDescriptors(
            vendor: 0x1209, product: 0x0001, release: 0x0100, deviceClass: 2,
            strings: ["Virtual", "Serial unit"] + (serial.map { [$0] } ?? []),
            interfaces: oneInterface ? [control] : [control, data])
    }

    public var line: SerialSettings? {
        guard var line = coding else { return nil }
        (line.dtr, line.rts) = (state & 1 != 0, state & 2 != 0)
        return line
    }

    public mutating func control(_ setup: USBSetup, _ data: [UInt8]) -> VirtualBridgeAnswer {
        guard setup.index == 0 else { return .stall }
        switch (setup.requestType, setup.request) {
        case (0x21, 0x20):
            guard let coding = VirtualUART.coding(data) else { return .stall }
            self.coding = coding
            return .done()
        case (0x21, 0x22):
            state = setup.value
            return .done()
        case (0xA1, 0x21): return coding.map { .done(VirtualUART.bytes(of: $0)) } ?? .stall
        default: return .stall
        }
    }
}
