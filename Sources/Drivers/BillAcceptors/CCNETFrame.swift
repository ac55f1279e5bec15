/// One frame on the wire: `02 ADR LNG data… CRClo CRChi`, where LNG counts every byte.
///
/// Source: CashCode CCNET Common Specifications 2.6.0, frame format.
struct CCNETFrame: Hashable {
    /// Source: CCNET, peripheral addresses: 03 is the bill validator.
    static let address: UInt8 = 0x03
    private static let sync: UInt8 = 0x02
    /// SYNC, ADR, LNG and two bytes of CRC.
    private static let overhead = 5

    /// Command and its data from the host, or the answer from the unit. 1 to 250 bytes.
    let data: [UInt8]

    var bytes: [UInt8] {
        precondition((1...250).contains(data.count), "CCNET: a frame carries 1 to 250 bytes")
        let body = [Self.sync, Self.address, UInt8(data.count + Self.overhead)] + data
        let crc = Self.crc(body)
        return body + [UInt8(crc & 0xFF), UInt8(crc >> 8)]
    }

    /// CRC-16/KERMIT: polynomial 8408 reflected, start 0000, no final exclusive or; sent low byte first.
    /// Source: CCNET, CRC calculation. `02 03 06 33` gives 81DA.
    static func crc(_ bytes: some Sequence<UInt8>) -> UInt16 {
        var crc: UInt16 = 0
        for byte in bytes {
            crc ^= UInt16(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0x8408 : crc >> 1 }
        }
        return crc
    }

    /// What stands at the beginning of received bytes.
    enum Piece: Hashable {
        /// A whole frame of so many bytes.
        case frame(CCNETFrame, length: Int)
        /// Perhaps the beginning of a frame.
        case incomplete
        /// So many bytes at the beginning are no frame: noise, another address, a wrong checksum.
        case noise(Int)
    }

    /// Reads one piece. A wrong checksum costs one byte, so that a frame behind noise that looks like a start is found.
    static func piece(of bytes: ArraySlice<UInt8>) -> Piece {
        guard let start = bytes.firstIndex(of: sync) else {
            return bytes.isEmpty ? .incomplete : .noise(bytes.count)
        }
        guard start == bytes.startIndex else { return .noise(start - bytes.startIndex) }
        guard bytes.count >= 3 else {
            return bytes.count == 2 && bytes[start + 1] != address ? .noise(1) : .incomplete
        }
        // LNG 00 means a 16-bit length in the data; no command or answer used here needs it.
        let length = Int(bytes[start + 2])
        guard bytes[start + 1] == address, length > overhead else { return .noise(1) }
        guard bytes.count >= length else { return .incomplete }
        let body = bytes[start..<start + length - 2]
        let sent = UInt16(bytes[start + length - 2]) | UInt16(bytes[start + length - 1]) << 8
        guard crc(body) == sent else { return .noise(1) }
        return .frame(CCNETFrame(data: Array(body.dropFirst(3))), length: length)
    }
}

/// What the host sends. Source: CCNET, controller commands.
enum CCNETCommand: Hashable {
    case reset, poll, stack, returnNote, identification, hold, noteTable
    /// Which types are accepted; each of them stops in escrow. Empty: none.
    case enable(types: Set<Int>)
    /// Which types are looked at more strictly; empty: none.
    case security(types: Set<Int>)

    var frame: CCNETFrame {
        switch self {
        case .reset: CCNETFrame(data: [0x30])
        case .security(let types): CCNETFrame(data: [0x32] + Self.mask(types))
        case .poll: CCNETFrame(data: [0x33])
        case .enable(let types):
            CCNETFrame(data: [0x34] + Self.mask(types) + Self.mask(types))
        case .stack: CCNETFrame(data: [0x35])
        case .returnNote: CCNETFrame(data: [0x36])
        case .identification: CCNETFrame(data: [0x37])
        case .hold: CCNETFrame(data: [0x38])
        case .noteTable: CCNETFrame(data: [0x41])
        }
    }

    /// Three bytes, most significant first: type 0 is bit 0 of the last. Source: CCNET, ENABLE BILL TYPES.
    private static func mask(_ types: Set<Int>) -> [UInt8] {
        var bits: UInt32 = 0
        for type in types.sorted() where (0..<24).contains(type) { bits |= 1 << UInt32(type) }
        return [UInt8(bits >> 16 & 0xFF), UInt8(bits >> 8 & 0xFF), UInt8(bits & 0xFF)]
    }

    /// Whether these data can be the unit's answer to this command. An answer does not say what it answers, so a late or
    /// doubled one is told by its form; a note table (41) is never read as the status *cassette full* (41).
    func takes(_ data: [UInt8]) -> Bool {
        switch self {
        case .poll:
            // 00 and FF are late acknowledgements, 30 a late ILLEGAL COMMAND: none of them is a status.
            (1...8).contains(data.count)
                && !(data.count == 1 && [0x00, 0x30, 0xFF].contains(data[0]))
        // Part and serial number; some units leave the asset number out.
        case .identification: (27...34).contains(data.count) || CCNETReply.isControl(data)
        case .noteTable:
            CCNETReply.isControl(data)
                || ((5...120).contains(data.count) && data.count.isMultiple(of: 5))
        case .reset, .stack, .returnNote, .hold, .enable, .security: CCNETReply.isControl(data)
        }
    }
}

/// The unit's answer to a command that asks for no data, or the lack of one.
enum CCNETReply: Hashable {
    case acknowledged
    case notAcknowledged
    /// The command does not fit the unit's state.
    case illegal
    case data([UInt8])
    /// Nothing, or nothing that can be read: what became of the command is seen at the next POLL.
    case nothing

    /// Source: CCNET, control messages: ACK 00, NAK FF, ILLEGAL COMMAND 30.
    init(_ data: [UInt8]) {
        switch data {
        case [0x00]: self = .acknowledged
        case [0xFF]: self = .notAcknowledged
        case [0x30]: self = .illegal
        default: self = .data(data)
        }
    }

    static func isControl(_ data: [UInt8]) -> Bool {
        data == [0x00] || data == [0xFF] || data == [0x30]
    }
}
