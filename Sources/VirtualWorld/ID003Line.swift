/// The device's end of an ID-003 line: `FC LNG CMD data… CRClo CRChi`, where LNG counts every byte. Knows nothing of notes.
///
/// Source: public implementations of JCM ID-003 and captures of units; the specification is not public.
struct ID003Line: Sendable {
    enum Received: Sendable, Hashable {
        /// Command byte and what follows it.
        case message(UInt8, [UInt8])
        /// A frame whose check failed.
        case garbled
    }

    static let sync: UInt8 = 0xFC
    /// SYNC, LNG, one command byte, two CRC bytes.
    static let shortest = 5

    private var buffer: [UInt8] = []
    private var lastByteNs: Int64 = 0

    /// Takes bytes as they arrive and gives the complete frames in them; noise and torn frames disappear in silence.
    mutating func take(_ bytes: [UInt8], at nowNs: Int64, interByteMax: Duration) -> [Received] {
        if nowNs - lastByteNs > interByteMax.nanoseconds { buffer = [] }
        lastByteNs = nowNs
        buffer += bytes
        var received: [Received] = []
        while let start = buffer.firstIndex(of: ID003Line.sync) {
            buffer.removeFirst(start)
            guard let length = buffer.dropFirst().first.map(Int.init) else { return received }
            guard length >= ID003Line.shortest else {
                buffer.removeFirst()
                continue
            }
            guard buffer.count >= length else { return received }
            let frame = Array(buffer.prefix(length))
            buffer.removeFirst(length)
            let intact = ID003Line.sealed(Array(frame.dropLast(2))) == frame
            received.append(intact ? .message(frame[2], Array(frame[3..<length - 2])) : .garbled)
        }
        buffer = []
        return received
    }

    mutating func forget() { buffer = [] }

    static func frame(_ data: [UInt8]) -> [UInt8] { sealed([sync, UInt8(data.count + 4)] + data) }

    /// Appends the check: the remainder of the bits, each byte's lowest first, by x^16 + x^12 + x^5 + 1 from 0000, low byte
    /// first. Source: public implementations; FC 05 11 gives 5627.
    private static func sealed(_ bytes: [UInt8]) -> [UInt8] {
        var remainder: UInt16 = 0
        for byte in bytes {
            var bits = byte
            for _ in 0..<8 {
                let carry = (UInt16(bits) ^ remainder) & 1
                remainder >>= 1
                bits >>= 1
                if carry == 1 { remainder ^= 0b1000_0100_0000_1000 }
            }
        }
        return bytes + [UInt8(remainder & 0xFF), UInt8(remainder >> 8)]
    }
}
