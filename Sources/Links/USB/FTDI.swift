internal import DeviceKit
internal import KioskModel

/// FT232 and its relatives.
///
/// Source: FTDI AN232B-05 (baud rates), AN232B-04 (latency, status bytes); the request numbers as in the Linux kernel's
/// driver ftdi_sio.
struct FTDI: USBBridge {
    /// bcdDevice of the chips that differ. Source: Linux driver ftdi_sio, chip detection.
    private enum Release {
        static let am: UInt16 = 0x0200
        /// 2232C/D, 2232H, 4232H, 232H: they take the number of their port in wIndex.
        static let withPorts: Set<UInt16> = [0x0500, 0x0700, 0x0800, 0x0900]
    }

    /// Vendor, host to device.
    private static let out: UInt8 = 0x40
    // Source: Linux driver ftdi_sio.
    private enum Request {
        static let reset: UInt8 = 0
        static let modemControl: UInt8 = 1
        static let flowControl: UInt8 = 2
        static let baud: UInt8 = 3
        static let characteristics: UInt8 = 4
        static let latency: UInt8 = 9
    }
    /// Bytes of modem and line status at the head of each packet. Source: AN232B-04, section 3.
    static let statusLength = 2
    /// The shortest the chip can do; its own default of 16 outlasts an answer's deadline. Source: AN232B-04.
    private static let latencyMs: UInt16 = 1
    /// The divisor counts eighths of 3 MHz. Source: AN232B-05.
    private static let clockEighths = 24_000_000

    let release: UInt16
    let interface: UInt8
    /// wMaxPacketSize of the bulk IN endpoint.
    let packetSize: Int

    func opening(_ settings: SerialSettings) throws(Fault) -> [USBControl] {
        let (divisor, high) = FTDI.divisor(settings.baud)
        let stop: UInt16 = settings.stopBits == 2 ? 2 : 0
        let characteristics =
            UInt16(settings.dataBits) | UInt16(settings.parity.number) << 8 | stop << 11
        return [
            request(Request.reset, 0),
            USBControl(FTDI.out, Request.baud, value: divisor, index: baudIndex(high)),
            request(Request.characteristics, characteristics),
            request(Request.flowControl, 0),
            request(Request.modemControl, settings.dtr ? 0x0101 : 0x0100),
            request(Request.modemControl, settings.rts ? 0x0202 : 0x0200),
            // The oldest chip has a fixed latency.
            USBControl(
                FTDI.out, Request.latency, value: FTDI.latencyMs, index: port,
                optional: release == Release.am),
        ] + purging
    }

    /// Both buffers, one request each; the texts disagree which number is which.
    /// Source: Linux driver ftdi_sio, FTDI_SIO_RESET_PURGE_RX and _TX.
    var purging: [USBControl] { [request(Request.reset, 1), request(Request.reset, 2)] }

    var closing: [USBControl] {
        [request(Request.modemControl, 0x0100), request(Request.modemControl, 0x0200)]
    }

    /// A packet of status follows within a latency, so a read always ends.
    var packetsPerRead: Int { 8 }

    func bytes(in transfer: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(transfer.count)
        var start = 0
        while start < transfer.count {
            let end = min(start + packetSize, transfer.count)
            bytes += transfer[min(start + FTDI.statusLength, end)..<end]
            start = end
        }
        return bytes
    }

    /// The divisor's low 16 bits, and its 17th: 14 bits of whole parts, then a code for the eighths.
    ///
    /// Source: AN232B-05, section 3: sub-integer divisors 0, .125 to .875, and the special cases 1 and 1.5.
    static func divisor(_ baud: Int) -> (low: UInt16, high: UInt16) {
        let codes: [UInt32] = [0, 3, 2, 4, 1, 5, 6, 7]
        let eighths = min(max((clockEighths + baud / 2) / max(baud, 1), 8), 0x3FFF * 8 + 7)
        switch eighths {
        case 8: return (0, 0)
        case 12: return (1, 0)
        default:
            let value = UInt32(eighths >> 3) | codes[eighths & 7] << 14
            return (UInt16(value & 0xFFFF), UInt16(value >> 16))
        }
    }

    /// Chips with ports have theirs in the low byte, so the divisor's 17th bit moves up.
    private func baudIndex(_ high: UInt16) -> UInt16 { port == 0 ? high : high << 8 | port }

    /// From 1; 0 for the chips without ports.
    private var port: UInt16 {
        Release.withPorts.contains(release) ? UInt16(interface) + 1 : 0
    }

    private func request(_ request: UInt8, _ value: UInt16) -> USBControl {
        USBControl(FTDI.out, request, value: value, index: port)
    }
}
