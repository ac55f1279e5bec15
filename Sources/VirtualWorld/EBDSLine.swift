/// The device's end of an EBDS line: bytes in, messages out. Knows nothing of notes.
///
/// Source: `decapod-atm/ebds` (MIT), message layout of every module: `02 LEN CTL data… 03 CHK`, where LEN counts every byte.
struct EBDSLine: Sendable {
    /// A whole message of the host whose check holds.
    struct Message: Sendable, Hashable {
        /// Bit 0 of CTL: the same as in the message before means that this one is a repetition.
        let toggle: UInt8
        let type: UInt8
        let data: [UInt8]
    }

    // Source: `decapod-atm/ebds`, message types, bits 4 to 6 of CTL.
    static let omnibus: UInt8 = 1
    static let omnibusReply: UInt8 = 2
    static let auxiliary: UInt8 = 6
    static let extended: UInt8 = 7

    private static let start: UInt8 = 0x02
    private static let end: UInt8 = 0x03
    /// Start, LEN, CTL, end and check.
    private static let overhead = 5

    private var buffer: [UInt8] = []
    private var lastByteNs: Int64 = 0

    /// Takes bytes as they arrive and gives the messages in them. What is torn, damaged or for another device disappears
    /// in silence: the host sends it again.
    mutating func take(_ bytes: [UInt8], at nowNs: Int64, interByteMax: Duration) -> [Message] {
        if nowNs - lastByteNs > interByteMax.nanoseconds { buffer = [] }
        lastByteNs = nowNs
        buffer += bytes
        var messages: [Message] = []
        while let start = buffer.firstIndex(of: EBDSLine.start) {
            buffer.removeFirst(start)
            guard buffer.count >= 2 else { return messages }
            let length = Int(buffer[1])
            guard (EBDSLine.overhead...0x7F).contains(length) else {
                buffer.removeFirst()
                continue
            }
            guard buffer.count >= length else { return messages }
            let frame = Array(buffer.prefix(length))
            buffer.removeFirst(length)
            if let message = EBDSLine.message(in: frame) { messages.append(message) }
        }
        buffer = []
        return messages
    }

    mutating func forget() { buffer = [] }

    private static func message(in frame: [UInt8]) -> Message? {
        let body = frame[1..<frame.count - 2]
        guard frame[frame.count - 2] == end, frame[frame.count - 1] == check(body) else {
            return nil
        }
        let control = frame[2]
        // Bits 1 to 3 address a device; the acceptor is 0.
        guard control & 0x0E == 0, control & 0x80 == 0 else { return nil }
        return Message(
            toggle: control & 1, type: control >> 4, data: Array(frame[3..<frame.count - 2]))
    }

    /// A message of this unit, with the toggle bit of what it answers.
    static func frame(type: UInt8, toggle: UInt8, _ data: [UInt8]) -> [UInt8] {
        let body = [UInt8(data.count + overhead), type << 4 | toggle] + data
        return [start] + body + [end, check(body[...])]
    }

    /// Exclusive or of LEN to the last data byte. `08 10 7F 1C 10` gives 6B.
    static func check(_ body: ArraySlice<UInt8>) -> UInt8 { body.reduce(0, ^) }
}
