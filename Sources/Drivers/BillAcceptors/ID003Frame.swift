/// One frame on the wire: `FC LNG data… CRClo CRChi`, where LNG counts every byte. Frames have no direction: a command and
/// the state of the same code are the same bytes.
///
/// Source: `Portalum/Portalum.Id003` (MIT), Id003Client: sync byte, length, checksum.
struct ID003Frame: Hashable {
    private static let sync: UInt8 = 0xFC
    /// SYNC, LNG and two bytes of CRC.
    private static let overhead = 4

    /// Command and its data from the host, or the answer from the unit. 1 to 251 bytes.
    let data: [UInt8]

    var bytes: [UInt8] {
        precondition((1...251).contains(data.count), "ID-003: a frame carries 1 to 251 bytes")
        let body = [Self.sync, UInt8(data.count + Self.overhead)] + data
        // The checksum is CCNET's: `FC 05 11` gives 5627.
        let crc = CCNETFrame.crc(body)
        return body + [UInt8(crc & 0xFF), UInt8(crc >> 8)]
    }

    /// What stands at the beginning of received bytes.
    enum Piece: Hashable {
        /// A whole frame of so many bytes.
        case frame(ID003Frame, length: Int)
        /// Perhaps the beginning of a frame.
        case incomplete
        /// So many bytes at the beginning are no frame: noise, or a wrong checksum.
        case noise(Int)
    }

    /// Reads one piece. A wrong checksum costs one byte, so that a frame behind noise that looks like a start is found.
    static func piece(of bytes: ArraySlice<UInt8>) -> Piece {
        guard let start = bytes.firstIndex(of: sync) else {
            return bytes.isEmpty ? .incomplete : .noise(bytes.count)
        }
        guard start == bytes.startIndex else { return .noise(start - bytes.startIndex) }
        guard bytes.count >= 2 else { return .incomplete }
        let length = Int(bytes[start + 1])
        guard length > overhead else { return .noise(1) }
        guard bytes.count >= length else { return .incomplete }
        let body = bytes[start..<start + length - 2]
        let sent = UInt16(bytes[start + length - 2]) | UInt16(bytes[start + length - 1]) << 8
        guard CCNETFrame.crc(body) == sent else { return .noise(1) }
        return .frame(ID003Frame(data: Array(body.dropFirst(2))), length: length)
    }
}

/// What the host sends. Source: `Portalum/Portalum.Id003` (MIT), DeviceCommand, EscrowCommand and the settings of
/// Id003Client.
enum ID003Command: Hashable {
    case status, reset
    /// The credit point is the stacker's lever.
    case stack
    /// The credit point is the end of stacking.
    case stackFully
    case returnNote, hold, version, bootVersion, currencies
    /// A set bit keeps the note out: bit 0 of the first byte is escrow code 61.
    case denominations(UInt8, UInt8)
    /// No type is looked at more strictly.
    case normalSecurity
    /// The unit speaks only when asked.
    case polledMode
    case inhibit(Bool)
    /// Notes are taken whichever way they are fed.
    case anyDirection

    var frame: ID003Frame {
        switch self {
        case .status: ID003Frame(data: [0x11])
        case .reset: ID003Frame(data: [0x40])
        case .stack: ID003Frame(data: [0x41])
        case .stackFully: ID003Frame(data: [0x42])
        case .returnNote: ID003Frame(data: [0x43])
        case .hold: ID003Frame(data: [0x44])
        case .version: ID003Frame(data: [0x88])
        case .bootVersion: ID003Frame(data: [0x89])
        case .currencies: ID003Frame(data: [0x8A])
        case .denominations(let first, let second): ID003Frame(data: [0xC0, first, second])
        case .normalSecurity: ID003Frame(data: [0xC1, 0x00, 0x00])
        case .polledMode: ID003Frame(data: [0xC2, 0x00])
        case .inhibit(let on): ID003Frame(data: [0xC3, on ? 0x01 : 0x00])
        case .anyDirection: ID003Frame(data: [0xC4, 0x00])
        }
    }

    /// Settings are confirmed by being said again.
    var isSetting: Bool {
        switch self {
        case .denominations, .normalSecurity, .polledMode, .inhibit, .anyDirection: true
        case .status, .reset, .stack, .stackFully, .returnNote, .hold, .version, .bootVersion,
            .currencies:
            false
        }
    }

    /// Whether these data can be the unit's answer to this command. Late and doubled answers to earlier commands are told
    /// by their form; so is ENQ (05), which a unit in interrupt mode says by itself.
    func takes(_ data: [UInt8]) -> Bool {
        switch self {
        case .status: return (1...32).contains(data.count) && !Self.isNoStatus(data[0])
        case .reset, .stack, .stackFully, .returnNote, .hold:
            return data == [0x50] || ID003Reply.isRefusal(data)
        case .version, .bootVersion:
            return data.count > 1 && data[0] == frame.data[0] || ID003Reply.isRefusal(data)
        case .currencies:
            // Four bytes a record; some units say two bytes of the boot version behind them.
            let records = data.count > 4 && [1, 3].contains(data.count % 4) && data[0] == 0x8A
            return records || ID003Reply.isRefusal(data)
        case .denominations, .normalSecurity, .polledMode, .inhibit, .anyDirection:
            return data == frame.data || ID003Reply.isRefusal(data)
        }
    }

    /// ENQ, INVALID COMMAND, ACK, and late answers to questions and settings.
    private static func isNoStatus(_ code: UInt8) -> Bool {
        switch code {
        case 0x05, 0x4B, 0x50, 0x80...0x8A, 0xC0...0xC7: true
        default: false
        }
    }
}

/// The unit's answer to a command, or the lack of one.
enum ID003Reply: Hashable {
    /// Taken: ACK (50), or the setting said again.
    case acknowledged
    /// INVALID COMMAND (4B): it does not fit the unit's state, or the unit does not have it.
    case invalid
    /// COMMUNICATION ERROR (4A): the command did not arrive whole.
    case garbled
    /// What was asked for, without the command's code.
    case data([UInt8])
    /// Nothing, or nothing that can be read: what became of the command is seen by the next status.
    case nothing

    init(_ data: [UInt8], to command: ID003Command) {
        switch (command, data) {
        case (.status, _): self = .data(data)
        case (_, [0x4B]): self = .invalid
        case (_, [0x4A]): self = .garbled
        case (.version, _), (.bootVersion, _), (.currencies, _):
            self = .data(Array(data.dropFirst()))
        default: self = .acknowledged
        }
    }

    static func isRefusal(_ data: [UInt8]) -> Bool { data == [0x4A] || data == [0x4B] }
}
