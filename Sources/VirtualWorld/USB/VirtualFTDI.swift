public import DeviceKit

/// FT232R: 62 bytes of line a packet behind two bytes of status, and a status packet each time its latency is over.
///
/// Source: FTDI AN232B-04 (latency, status bytes), AN232B-05 (divisors); FT232R data sheet.
public struct VirtualFTDI: VirtualBridge {
    public let descriptors: VirtualUSBDescriptors
    private var baud: Int?
    private var frame: (bits: Int, parity: SerialSettings.Parity, stopBits: Int)?
    private var dtr = false
    private var rts = false
    /// Source: AN232B-04: 16 ms after power-up.
    public private(set) var latencyMs: Int64 = 16
    private var lastPacketNs: Int64 = 0

    public init(serial: String? = nil) {
        let strings = ["FTDI", "FT232R USB UART"] + (serial.map { [$0] } ?? [])
        descriptors = VirtualUSBDescriptors(
            vendor: 0x0403, product: 0x6001, release: 0x0600, strings: strings,
            interfaces: [
                .init(endpoints: [
                    .init(address: 0x81, kind: 2, packetSize: 64),
                    .init(address: 0x02, kind: 2, packetSize: 64),
                ])
            ])
    }

    public var line: SerialSettings? {
        guard let baud, let frame else { return nil }
        return SerialSettings(
            baud: baud, dataBits: frame.bits, parity: frame.parity, stopBits: frame.stopBits,
            dtr: dtr, rts: rts)
    }

    public mutating func control(_ setup: USBSetup, _ data: [UInt8]) -> VirtualBridgeAnswer {
        switch (setup.requestType, setup.request) {
        case (0x40, 0x00):
            switch setup.value {
            case 0, 1: return .done()
            case 2: return .purged
            default: return .stall
            }
        case (0x40, 0x01):
            if setup.value & 0x0100 != 0 { dtr = setup.value & 0x01 != 0 }
            if setup.value & 0x0200 != 0 { rts = setup.value & 0x02 != 0 }
        case (0x40, 0x02): break
        case (0x40, 0x03): baud = VirtualFTDI.baud(setup.value, setup.index)
        case (0x40, 0x04):
            guard let parity = VirtualUART.parity(Int(setup.value >> 8 & 7)) else { return .stall }
            frame = (Int(setup.value & 0xFF), parity, setup.value >> 11 & 3 == 0 ? 1 : 2)
        case (0x40, 0x09):
            guard (1...255).contains(setup.value) else { return .stall }
            latencyMs = Int64(setup.value)
        case (0xC0, 0x05): return .done(status)
        case (0xC0, 0x0A): return .done([UInt8(latencyMs)])
        default: return .stall
        }
        return .done()
    }

    public mutating func packet(_ waiting: inout [UInt8], size: Int, at nowNs: Int64) -> [UInt8]? {
        let room = size - status.count
        let isLate = nowNs - lastPacketNs >= latencyMs * 1_000_000
        guard waiting.count >= room || isLate else { return nil }
        lastPacketNs = nowNs
        defer { waiting.removeFirst(min(room, waiting.count)) }
        return status + waiting.prefix(room)
    }

    /// CTS and DSR, with the bit that is always set; transmitter empty.
    private var status: [UInt8] { [0x31, 0x60] }

    /// 3 MHz through whole parts in 14 bits and eighths in a code of three bits, the last of them in wIndex.
    private static func baud(_ value: UInt16, _ index: UInt16) -> Int? {
        let whole = Int(value & 0x3FFF)
        let code = Int(value >> 14) | Int(index & 1) << 2
        if code == 0, whole == 0 { return 3_000_000 }
        if code == 0, whole == 1 { return 2_000_000 }
        let thousandths = whole * 1000 + [0, 500, 250, 125, 375, 625, 750, 875][code]
        return thousandths >= 1000 ? 3_000_000_000 / thousandths : nil
    }
}

/// What the UARTs of all bridges share.
enum VirtualUART {
    /// 0 none, 1 odd, 2 even.
    static func parity(_ number: Int) -> SerialSettings.Parity? {
        switch number {
        case 0: SerialSettings.Parity.none
        case 1: .odd
        case 2: .even
        default: nil
        }
    }

    /// The seven bytes of a line coding; nil if they say nothing a UART can do.
    /// Source: USB CDC PSTN 1.2, table 17.
    static func coding(_ data: [UInt8]) -> SerialSettings? {
        guard data.count == 7, [0, 2].contains(data[4]), (5...8).contains(data[6]),
            let parity = parity(Int(data[5]))
        else { return nil }
        let baud = data.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        return SerialSettings(
            baud: baud, dataBits: Int(data[6]), parity: parity, stopBits: data[4] == 2 ? 2 : 1)
    }

    static func bytes(of settings: SerialSettings) -> [UInt8] {
        let number: [SerialSettings.Parity: UInt8] = [.none: 0, .odd: 1, .even: 2]
        return (0..<4).map { UInt8(settings.baud >> (8 * $0) & 0xFF) } + [
            settings.stopBits == 2 ? 2 : 0, number[settings.parity] ?? 0,
            UInt8(settings.dataBits),
        ]
    }
}
