internal import DeviceKit
internal import KioskModel

/// The standard serial class: native USB acceptors, and bridges that follow it.
///
/// Source: USB CDC PSTN 1.2, 6.3.10 SET_LINE_CODING, 6.3.12 SET_CONTROL_LINE_STATE.
struct CDCACM: USBBridge {
    /// The communications interface, to which the requests go.
    let interface: UInt8
    /// The device says that it has line coding (bmCapabilities, bit 1). One that does not may refuse it.
    let hasLineCoding: Bool

    func opening(_ settings: SerialSettings) -> [USBControl] {
        [lineCoding(settings), lineState(dtr: settings.dtr, rts: settings.rts)]
    }

    var closing: [USBControl] { [lineState(dtr: false, rts: false)] }

    private func lineCoding(_ settings: SerialSettings) -> USBControl {
        USBControl(
            CDC.classOut, CDC.setLineCoding, index: UInt16(interface),
            stage: .out(CDC.lineCoding(settings)), optional: !hasLineCoding)
    }

    private func lineState(dtr: Bool, rts: Bool) -> USBControl {
        USBControl(
            CDC.classOut, CDC.setControlLineState, value: CDC.lineState(dtr: dtr, rts: rts),
            index: UInt16(interface), optional: true)
    }
}

/// The requests of the serial class; PL2303 uses them too.
enum CDC {
    /// Host to device, class, interface. Source: USB 2.0 9.3.1.
    static let classOut: UInt8 = 0x21
    // Source: USB CDC PSTN 1.2, table 13.
    static let setLineCoding: UInt8 = 0x20
    static let setControlLineState: UInt8 = 0x22

    /// Source: USB CDC PSTN 1.2, table 17: dwDTERate, bCharFormat, bParityType, bDataBits.
    static func lineCoding(_ settings: SerialSettings) -> [UInt8] {
        let baud = UInt32(clamping: settings.baud)
        let rate = (0..<4).map { UInt8(truncatingIfNeeded: baud >> (8 * $0)) }
        return rate + [
            settings.stopBits == 2 ? 2 : 0, settings.parity.number, UInt8(settings.dataBits),
        ]
    }

    /// Source: USB CDC PSTN 1.2, table 18: bit 0 DTR, bit 1 RTS.
    static func lineState(dtr: Bool, rts: Bool) -> UInt16 { (dtr ? 1 : 0) | (rts ? 2 : 0) }
}
