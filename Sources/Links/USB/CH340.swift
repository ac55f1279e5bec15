internal import DeviceKit
internal import KioskModel

/// WCH CH340 and CH341. It has no purge: what it holds is read and dropped.
///
/// Source: the Linux kernel's driver ch341 (WCH publishes no register description); CH340 data sheet for the lines.
struct CH340: USBBridge {
    /// Vendor, to and from the device.
    private static let out: UInt8 = 0x40
    private static let `in`: UInt8 = 0xC0
    // Source: Linux driver ch341, CH341_REQ_*.
    private enum Request {
        static let version: UInt8 = 0x5F
        static let writeRegister: UInt8 = 0x9A
        static let serialInitialize: UInt8 = 0xA1
        static let modemControl: UInt8 = 0xA4
    }
    // Pairs of registers, written together. Source: the same, CH341_REG_*.
    private enum Register {
        static let divisorAndPrescaler: UInt16 = 0x1312
        static let divisorFine: UInt16 = 0x0F2C
        static let lineControl: UInt16 = 0x2518
    }
    // Source: the same, CH341_LCR_*.
    private enum LineControl {
        static let receive: UInt16 = 0x80
        static let transmit: UInt16 = 0x40
        static let even: UInt16 = 0x10
        static let parity: UInt16 = 0x08
        static let twoStopBits: UInt16 = 0x04
        static let bits7: UInt16 = 0x02
        static let bits8: UInt16 = 0x03
    }

    func opening(_ settings: SerialSettings) -> [USBControl] {
        let baud = CH340.baud(settings.baud)
        return [
            USBControl(CH340.in, Request.version, stage: .in(length: 2), optional: true),
            USBControl(CH340.out, Request.serialInitialize),
        ] + baud + [
            register(Register.lineControl, CH340.line(settings)),
            USBControl(CH340.out, Request.serialInitialize, value: 0x501F, index: 0xD90A),
        ] + baud + [
            // Some versions take the line from the initialization above.
            register(Register.lineControl, CH340.line(settings)),
            modemLines(dtr: settings.dtr, rts: settings.rts),
        ]
    }

    var closing: [USBControl] { [modemLines(dtr: false, rts: false)] }

    /// The two halves of the divisor.
    ///
    /// Source: Linux driver ch341: the divisor is 10000 (hex) less 1532620800 / baud, taken by 8 until it fits in 16
    /// bits; 3 less the number of eighths is the prescaler; bit 7 sends bytes before 32 have come together.
    static func divisor(_ baud: Int) -> (coarse: UInt16, fine: UInt16) {
        var factor = 1_532_620_800 / max(baud, 1)
        var prescaler = 3
        while factor > 0xFFF0, prescaler > 0 {
            factor >>= 3
            prescaler -= 1
        }
        let divisor = 0x10000 - min(max(factor, 1), 0xFFF0)
        return (UInt16(divisor & 0xFF00 | prescaler | 0x80), UInt16(divisor & 0xFF))
    }

    private static func baud(_ baud: Int) -> [USBControl] {
        let (coarse, fine) = divisor(baud)
        return [
            USBControl(
                out, Request.writeRegister, value: Register.divisorAndPrescaler, index: coarse),
            USBControl(out, Request.writeRegister, value: Register.divisorFine, index: fine),
        ]
    }

    private static func line(_ settings: SerialSettings) -> UInt16 {
        var line = LineControl.receive | LineControl.transmit
        line |= settings.dataBits == 7 ? LineControl.bits7 : LineControl.bits8
        if settings.stopBits == 2 { line |= LineControl.twoStopBits }
        switch settings.parity {
        case .none: break
        case .odd: line |= LineControl.parity
        case .even: line |= LineControl.parity | LineControl.even
        }
        return line
    }

    /// The chip's lines are inverted: a set bit is off. Source: Linux driver ch341, ch341_set_handshake.
    private func modemLines(dtr: Bool, rts: Bool) -> USBControl {
        let on: UInt16 = (dtr ? 0x20 : 0) | (rts ? 0x40 : 0)
        return USBControl(CH340.out, Request.modemControl, value: ~on)
    }

    private func register(_ pair: UInt16, _ value: UInt16) -> USBControl {
        USBControl(CH340.out, Request.writeRegister, value: pair, index: value)
    }
}
