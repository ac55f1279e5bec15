/// The device's end of a CCNET line: bytes in, frames out. Knows nothing of notes.
///
/// Source: CashCode CCNET Common Specifications v2.6.0, message format and CRC.
struct CCNETLine: Sendable {
    enum Received: Sendable, Hashable {
        /// Command byte and what follows it; 00 is the host's ACK, FF its NAK.
        case message(UInt8, [UInt8])
        /// A frame for this unit whose check failed.
        case garbled
    }

    static let sync: UInt8 = 0x02
    static let address: UInt8 = 0x03
    static let acknowledge: UInt8 = 0x00
    static let refuse: UInt8 = 0xFF
    static let illegalCommand: UInt8 = 0x30
    /// SYNC, ADR, LNG, one data byte, two CRC bytes.
    static let shortest = 6

    private var buffer: [UInt8] = []
    private var lastByteNs: Int64 = 0

    /// Takes bytes as they arrive and gives the complete frames in them. Noise, torn frames and frames for other units
    /// disappear in silence.
    mutating func take(_ bytes: [UInt8], at nowNs: Int64, interByteMax: Duration) -> [Received] {
        if nowNs - lastByteNs > interByteMax.nanoseconds { buffer = [] }
        lastByteNs = nowNs
        buffer += bytes
        var received: [Received] = []
        while let start = buffer.firstIndex(of: CCNETLine.sync) {
            buffer.removeFirst(start)
            guard buffer.count >= 3 else { return received }
            let length = Int(buffer[2])
            guard length >= CCNETLine.shortest else {
                buffer.removeFirst()
                continue
            }
            guard buffer.count >= length else { return received }
            let frame = Array(buffer.prefix(length))
            buffer.removeFirst(length)
            guard frame[1] == CCNETLine.address else { continue }
            let check = CCNETLine.check(frame.dropLast(2))
            if [UInt8(check & 0xFF), UInt8(check >> 8)] == Array(frame.suffix(2)) {
                received.append(.message(frame[3], Array(frame[4..<length - 2])))
            } else {
                received.append(.garbled)
            }
        }
        buffer = []
        return received
    }

    mutating func forget() { buffer = [] }

    /// A frame from this unit: replies carry no command byte.
    static func frame(_ data: [UInt8]) -> [UInt8] {
        let head = [sync, address, UInt8(data.count + 5)] + data
        let check = check(head[...])
        return head + [UInt8(check & 0xFF), UInt8(check >> 8)]
    }

    /// CRC-16/KERMIT over SYNC to the last data byte: polynomial x^16 + x^12 + x^5 + 1, least significant bit first,
    /// from 0000. Source: ITU-T V.41; CCNET v2.6.0, CRC.
    static func check(_ bytes: ArraySlice<UInt8>) -> UInt16 {
        var register: UInt16 = 0
        for byte in bytes {
            for bit in 0..<8 {
                let differs = (register ^ UInt16(byte >> UInt8(bit))) & 1 == 1
                register = differs ? (register >> 1) ^ 0x8408 : register >> 1
            }
        }
        return register
    }
}
