/// One packet on the wire: `7F SEQ|ADR LEN data… CRCL CRCH`; every 7F behind the first is sent twice.
///
/// Source: ITL GA138 SSP Protocol Manual 2.2, packet outline, byte stuffing and CRC.
struct SSPFrame: Hashable {
    static let start: UInt8 = 0x7F
    /// SEQ and address, LEN, two bytes of CRC.
    private static let overhead = 4

    /// Bit 7 of the second byte: it changes with each new command, and the answer has that of its command.
    let sequence: Bool
    /// Source: GA138, slave addresses: 00 is the validator.
    var address: UInt8 = 0
    /// Command and its parameters, or the answer. 1 to 255 bytes, as many as LEN can say.
    let data: [UInt8]

    var bytes: [UInt8] {
        precondition((1...255).contains(data.count), "SSP: a packet carries 1 to 255 bytes")
        let body = [(sequence ? 0x80 : 0) | address, UInt8(data.count)] + data
        let crc = Self.crc(body)
        return [Self.start]
            + (body + [UInt8(crc & 0xFF), UInt8(crc >> 8)]).flatMap {
                $0 == Self.start ? [$0, $0] : [$0]
            }
    }

    /// CRC-16/CMS: polynomial 8005, most significant bit first, start FFFF, no final exclusive or; over SEQ to the last data
    /// byte, before stuffing; sent low byte first. Source: GA138, CRC: `80 01 11` gives 8265.
    static func crc(_ bytes: some Sequence<UInt8>) -> UInt16 {
        var crc: UInt16 = 0xFFFF
        for byte in bytes {
            crc ^= UInt16(byte) << 8
            for _ in 0..<8 { crc = crc & 0x8000 == 0 ? crc << 1 : (crc << 1) ^ 0x8005 }
        }
        return crc
    }

    /// A packet without its start byte and its stuffing; nil for a wrong length or checksum.
    fileprivate init?(body: [UInt8]) {
        guard body.count > Self.overhead, body.count == Int(body[1]) + Self.overhead else {
            return nil
        }
        let sent = UInt16(body[body.count - 2]) | UInt16(body[body.count - 1]) << 8
        guard Self.crc(body.dropLast(2)) == sent else { return nil }
        (sequence, address) = (body[0] & 0x80 != 0, body[0] & 0x7F)
        data = Array(body[2..<body.count - 2])
    }

    init(sequence: Bool, data: [UInt8]) { (self.sequence, self.data) = (sequence, data) }
}

/// Takes bytes one by one and gives the packets in them; noise and damaged packets disappear.
struct SSPFrameReader {
    /// What has come of a packet; nil outside one.
    private var body: [UInt8]?
    /// The byte before was a 7F: a second one makes it data, any other byte begins a packet.
    private var isMarked = false

    /// More must come for a whole packet.
    var isInside: Bool { body != nil || isMarked }

    mutating func take(_ byte: UInt8) -> SSPFrame? {
        if byte == SSPFrame.start {
            guard isMarked, body != nil else {
                isMarked = true
                return nil
            }
            isMarked = false
        } else if isMarked {
            // A lone 7F begins a packet anew, whatever came before.
            (body, isMarked) = ([], false)
        }
        guard body != nil else { return nil }
        body?.append(byte)
        guard let body, body.count >= 2, body.count >= Int(body[1]) + 4 else { return nil }
        self.body = nil
        return SSPFrame(body: body)
    }
}
