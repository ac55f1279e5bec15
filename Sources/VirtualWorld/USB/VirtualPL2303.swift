public import DeviceKit

/// PL2303HX: mute until its preamble was said.
///
/// Source: the requests of the Linux kernel's driver pl2303; USB CDC PSTN 1.2, 6.3 for the line.
public struct VirtualPL2303: VirtualBridge {
    public let descriptors: VirtualUSBDescriptors
    private var registers: [UInt16: UInt16] = [:]
    private var coding: SerialSettings?
    private var state: UInt16 = 0
    private var pipesReset: Set<UInt16> = []

    public init() {
        descriptors = VirtualUSBDescriptors(
            vendor: 0x067B, product: 0x2303, release: 0x0300,
            strings: ["Prolific", "USB-Serial Controller"],
            interfaces: [
                .init(endpoints: [
                    .init(address: 0x81, kind: 3, packetSize: 10),
                    .init(address: 0x02, kind: 2, packetSize: 64),
                    .init(address: 0x83, kind: 2, packetSize: 64),
                ])
            ])
    }

    public var line: SerialSettings? {
        guard registers[0] == 1, registers[1] == 0, registers[2] == 0x44, var line = coding else {
            return nil
        }
        (line.dtr, line.rts) = (state & 1 != 0, state & 2 != 0)
        return line
    }

    public mutating func control(_ setup: USBSetup, _ data: [UInt8]) -> VirtualBridgeAnswer {
        switch (setup.requestType, setup.request) {
        case (0xC0, 0x01): return .done([registers[setup.value] == nil ? 0 : 2])
        case (0x40, 0x01) where setup.value == 8 || setup.value == 9:
            // One pipe each; the bytes to the host are gone when both were said.
            pipesReset.insert(setup.value)
            guard pipesReset.count == 2 else { return .done() }
            pipesReset = []
            return .purged
        case (0x40, 0x01): registers[setup.value] = setup.index
        case (0x21, 0x20):
            guard let coding = VirtualUART.coding(data) else { return .stall }
            self.coding = coding
        case (0x21, 0x22): state = setup.value
        case (0xA1, 0x21): return coding.map { .done(VirtualUART.bytes(of: $0)) } ?? .stall
        default: return .stall
        }
        return .done()
    }
}
