/// The device's end of an SSP line: bytes in, packets out. Knows nothing of notes.
///
/// Source: ITL GA138 2.2.2, transport layer.
struct SSPLine: Sendable {
    struct Packet: Sendable, Hashable {
        /// Bit 7 of the address byte: whether this is the command that came before.
        let sequence: Bool
        let data: [UInt8]
    }

    static let start: UInt8 = 0x7F
    /// Banknote validators have address 0 by default.
    static let address: UInt8 = 0x00

    /// The packet begun: address, length, data and check, without stuffing. Nil between packets.
    private var begun: [UInt8]?
    /// The byte before was a start byte: alone it begins a packet, doubled it is data.
    private var isStuffed = false

    /// Takes bytes as they arrive and gives the packets for this unit. Noise, torn packets, wrong checks and packets for
    /// other units are passed over in silence: the host sends again.
    mutating func take(_ bytes: [UInt8]) -> [Packet] {
        var packets: [Packet] = []
        for byte in bytes {
            guard let whole = add(byte) else { continue }
            begun = nil
            let body = whole.dropLast(2)
            let check = SSPLine.check(body)
            guard Array(whole.suffix(2)) == [UInt8(check & 0xFF), UInt8(check >> 8)],
                whole[0] & 0x7F == SSPLine.address, whole[1] > 0
            else { continue }
            packets.append(
                Packet(sequence: whole[0] & 0x80 != 0, data: Array(body.dropFirst(2))))
        }
        return packets
    }

    mutating func forget() { (begun, isStuffed) = (nil, false) }

    /// The packet, unstuffed, when this byte completes it.
    private mutating func add(_ byte: UInt8) -> [UInt8]? {
        if byte == SSPLine.start, !isStuffed {
            isStuffed = true
            return nil
        }
        if isStuffed {
            isStuffed = false
            // A lone start byte: what came so far is thrown away, this byte is an address.
            if byte != SSPLine.start { begun = [] }
        }
        guard begun != nil else { return nil }
        begun?.append(byte)
        guard let begun, begun.count >= 2, begun.count == Int(begun[1]) + 4 else { return nil }
        return begun
    }

    /// A packet from this unit; address and sequence flag match the command.
    static func packet(_ data: [UInt8], sequence: Bool) -> [UInt8] {
        let body = [(sequence ? 0x80 : 0) | address, UInt8(data.count)] + data
        let check = check(body[...])
        let tail = body + [UInt8(check & 0xFF), UInt8(check >> 8)]
        return [start] + tail.flatMap { $0 == start ? [start, start] : [$0] }
    }

    /// CRC-16 with the polynomial x^16 + x^15 + x^2 + 1, most significant bit first, from FFFF, over address to last data
    /// byte before stuffing. Source: GA138, transport layer.
    static func check(_ bytes: some Sequence<UInt8>) -> UInt16 {
        var register: UInt16 = 0xFFFF
        for byte in bytes {
            for bit in (0..<8).reversed() {
                let differs = (register >> 15) ^ UInt16(byte >> UInt8(bit)) & 1 == 1
                register = differs ? (register << 1) ^ 0x8005 : register << 1
            }
        }
        return register
    }
}
