public import DeviceKit

/// CH340G: registers written in pairs, no purge.
///
/// Source: the register numbers of the Linux kernel's driver ch341.
public struct VirtualCH340: VirtualBridge {
    public let descriptors: VirtualUSBDescriptors
    private var registers: [UInt8: UInt8] = [:]
    private var modemLines: UInt8 = 0
    private var isInitialized = false

    public init() {
        descriptors = VirtualUSBDescriptors(
            vendor: 0x1A86, product: 0x7523, release: 0x0254, strings: ["", "USB Serial"],
            interfaces: [
                .init(
                    subclass: 1,
                    endpoints: [
                        .init(address: 0x82, kind: 2, packetSize: 32),
                        .init(address: 0x02, kind: 2, packetSize: 32),
                        .init(address: 0x81, kind: 3, packetSize: 8),
                    ])
            ])
    }

    public var line: SerialSettings? {
        // Prescaler and divisor, its fine part, the line's format.
        guard isInitialized, let prescaler = registers[0x12], let coarse = registers[0x13],
            let fine = registers[0x2C], let format = registers[0x18],
            // Receiver and transmitter are on, and bytes are not held back until 32 have come.
            format & 0xC0 == 0xC0, prescaler & 0x80 != 0
        else { return nil }
        let factor = 0x10000 - (Int(coarse) << 8 | Int(fine))
        let baud = 1_532_620_800 / (factor << (3 * (3 - Int(prescaler & 3))))
        let parity: SerialSettings.Parity =
            format & 0x08 == 0 ? .none : format & 0x10 != 0 ? .even : .odd
        return SerialSettings(
            baud: baud, dataBits: 5 + Int(format & 3), parity: parity,
            stopBits: format & 0x04 != 0 ? 2 : 1, dtr: modemLines & 0x20 != 0,
            rts: modemLines & 0x40 != 0)
    }

    public mutating func control(_ setup: USBSetup, _ data: [UInt8]) -> VirtualBridgeAnswer {
        switch (setup.requestType, setup.request) {
        case (0xC0, 0x5F): return .done([0x31, 0x00])
        case (0x40, 0xA1): isInitialized = true
        case (0x40, 0x9A):
            // The low byte of wValue names the register for the low byte of wIndex.
            registers[UInt8(setup.value & 0xFF)] = UInt8(setup.index & 0xFF)
            registers[UInt8(setup.value >> 8)] = UInt8(setup.index >> 8)
        case (0x40, 0xA4): modemLines = ~UInt8(setup.value & 0xFF)
        case (0xC0, 0x95):
            return .done([
                registers[UInt8(setup.value & 0xFF)] ?? 0, registers[UInt8(setup.value >> 8)] ?? 0,
            ])
        default: return .stall
        }
        return .done()
    }
}
