internal import DeviceKit
internal import KioskModel

/// Silicon Labs CP2102 and its relatives; MEI's USB acceptors use one.
///
/// Source: Silicon Labs AN571, CP210x Virtual COM Port Interface.
struct CP210x: USBBridge {
    /// Vendor, interface, host to device. Source: AN571 5.
    private static let out: UInt8 = 0x41
    // Source: AN571 5, table 5.
    private enum Request {
        static let enable: UInt8 = 0x00
        static let lineControl: UInt8 = 0x03
        static let modemHandshake: UInt8 = 0x07
        static let purge: UInt8 = 0x12
        static let baud: UInt8 = 0x1E
    }
    /// Both queues, both directions. Source: AN571 5.13.
    private static let purgeAll: UInt16 = 0x000F

    let interface: UInt8
    /// The second port of the CP2105 does no 7 data bits and no second stop bit. Source: CP2105 data sheet, 5.
    let isStandardPort: Bool

    func opening(_ settings: SerialSettings) throws(Fault) -> [USBControl] {
        if isStandardPort, settings.dataBits != 8 || settings.stopBits != 1 {
            throw Fault(
                .communication, .configuration, operation: "set USB line",
                expected: "a port that can do \(settings.dataBits) data and "
                    + "\(settings.stopBits) stop bits",
                got: "got the second port of a CP2105, which cannot",
                remedy: "Connect the device to its first port.")
        }
        let baud = UInt32(clamping: settings.baud)
        return [
            request(Request.enable, 1),
            USBControl(
                CP210x.out, Request.baud, index: UInt16(interface),
                stage: .out((0..<4).map { UInt8(truncatingIfNeeded: baud >> (8 * $0)) })),
            request(Request.lineControl, CP210x.line(settings)),
            // The high byte says which lines are meant. Source: AN571 5.9.
            request(
                Request.modemHandshake, 0x0300 | (settings.dtr ? 1 : 0) | (settings.rts ? 2 : 0)),
        ] + purging
    }

    var purging: [USBControl] { [request(Request.purge, CP210x.purgeAll)] }

    var closing: [USBControl] {
        [request(Request.modemHandshake, 0x0300), request(Request.enable, 0)]
    }

    /// Source: AN571 5.5: bits 15-8 word length, 7-4 parity, 3-0 stop bits (0 one, 2 two).
    private static func line(_ settings: SerialSettings) -> UInt16 {
        UInt16(settings.dataBits) << 8 | UInt16(settings.parity.number) << 4
            | (settings.stopBits == 2 ? 2 : 0)
    }

    private func request(_ request: UInt8, _ value: UInt16) -> USBControl {
        USBControl(CP210x.out, request, value: value, index: UInt16(interface))
    }
}
