public import DeviceKit

/// CP2102: nothing passes until its interface is enabled.
///
/// Source: Silicon Labs AN571, 5.
public struct VirtualCP210x: VirtualBridge {
    public let descriptors: VirtualUSBDescriptors
    private var isEnabled = false
    private var baud = 115_200
    /// 8 bits, no parity, one stop bit.
    private var control: UInt16 = 0x0800
    private var handshake: UInt16 = 0

    public init(serial: String? = "0001") {
        descriptors = VirtualUSBDescriptors(
            vendor: 0x10C4, product: 0xEA60, release: 0x0100,
            strings: ["Silicon Labs", "CP2102 USB to UART Bridge Controller"]
                + (serial.map { [$0] } ?? []),
            interfaces: [
                .init(endpoints: [
                    .init(address: 0x82, kind: 2, packetSize: 64),
                    .init(address: 0x01, kind: 2, packetSize: 64),
                ])
            ])
    }

    public var line: SerialSettings? {
        guard isEnabled, let parity = VirtualUART.parity(Int(control >> 4 & 0xF)) else {
            return nil
        }
        return SerialSettings(
            baud: baud, dataBits: Int(control >> 8), parity: parity,
            stopBits: control & 0xF == 2 ? 2 : 1, dtr: handshake & 1 != 0, rts: handshake & 2 != 0)
    }

    public mutating func control(_ setup: USBSetup, _ data: [UInt8]) -> VirtualBridgeAnswer {
        guard setup.index == 0 else { return .stall }
        switch (setup.requestType, setup.request) {
        case (0x41, 0x00): isEnabled = setup.value == 1
        case (0x41, 0x1E):
            guard data.count == 4 else { return .stall }
            baud = data.reversed().reduce(0) { $0 << 8 | Int($1) }
        case (0x41, 0x03): control = setup.value
        case (0x41, 0x07):
            // Only the lines whose mask bit is set.
            let mask = setup.value >> 8 & 3
            handshake = handshake & ~mask | setup.value & mask
        case (0x41, 0x12): return setup.value & 0x0A != 0 ? .purged : .done()
        case (0xC1, 0x08): return .done([UInt8(handshake)])
        default: return .stall
        }
        return .done()
    }
}
