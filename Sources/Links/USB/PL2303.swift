internal import DeviceKit
internal import KioskModel

/// Prolific PL2303: the serial class's line requests behind a vendor's preamble.
///
/// Source: the Linux kernel's driver pl2303 (Prolific publishes no description of the vendor requests).
struct PL2303: USBBridge {
    enum Generation: Sendable {
        /// H and the first ones.
        case old
        /// HX, HXD, TA.
        case hx
        /// HXN: G series, with other vendor requests and no preamble.
        case hxn
    }

    // Vendor, to and from the device.
    private static let out: UInt8 = 0x40
    private static let `in`: UInt8 = 0xC0
    // Source: Linux driver pl2303, VENDOR_READ_REQUEST and so on.
    private static let vendorRequest: UInt8 = 0x01
    private static let vendorWriteHXN: UInt8 = 0x80

    let generation: Generation

    func opening(_ settings: SerialSettings) -> [USBControl] {
        let coding = USBControl(
            CDC.classOut, CDC.setLineCoding, stage: .out(CDC.lineCoding(settings)))
        return preamble + [coding, lineState(dtr: settings.dtr, rts: settings.rts)] + purging
    }

    /// Registers 8 and 9 reset the two pipes; on HXN one register holds both. Source: Linux driver pl2303, pl2303_open.
    var purging: [USBControl] {
        switch generation {
        case .old: []
        case .hx: [write(8, 0), write(9, 0)]
        case .hxn: [USBControl(PL2303.out, PL2303.vendorWriteHXN, value: 0x07, index: 0x03)]
        }
    }

    var closing: [USBControl] { [lineState(dtr: false, rts: false)] }

    /// Nobody outside Prolific knows what the reads are for; the chip wants them. Source: Linux driver pl2303,
    /// pl2303_startup.
    private var preamble: [USBControl] {
        guard generation != .hxn else { return [] }
        return [
            read(0x8484), write(0x0404, 0), read(0x8484), read(0x8383), read(0x8484),
            write(0x0404, 1), read(0x8484), read(0x8383), write(0, 1), write(1, 0),
            write(2, generation == .hx ? 0x44 : 0x24),
        ]
    }

    private func read(_ register: UInt16) -> USBControl {
        USBControl(
            PL2303.in, PL2303.vendorRequest, value: register, stage: .in(length: 1), optional: true)
    }

    private func write(_ register: UInt16, _ value: UInt16) -> USBControl {
        USBControl(PL2303.out, PL2303.vendorRequest, value: register, index: value)
    }

    private func lineState(dtr: Bool, rts: Bool) -> USBControl {
        USBControl(
            CDC.classOut, CDC.setControlLineState, value: CDC.lineState(dtr: dtr, rts: rts),
            optional: true)
    }
}
