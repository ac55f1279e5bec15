internal import Glibc

/// DIR/validator.log: what the kiosk commands (`>`) and what the unit says (`<`), a line each, with milliseconds.
///
/// The everyday is left out: POLL, its ACK, and an answer that says the same as the one before.
/// Source: CashCode CCNET Common Specifications v2.6.0, message format, commands 00 and 33, states 81 and 82.
struct ValidatorLog {
    /// Then it begins anew.
    private static let bytesMax = 16 * 1024 * 1024

    private let file: Int32
    private var size = 0
    private var lastSaid: [UInt8] = []

    init(path: String) throws {
        file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw Trouble.system("open \(path)") }
    }

    mutating func hear(_ bytes: [UInt8], nowNs: Int64) {
        for message in ValidatorLog.messages(bytes) {
            let endsNote = message == [0x00] && (lastSaid.first == 0x81 || lastSaid.first == 0x82)
            if message != [0x33], message != [0x00] || endsNote { put(">", message, nowNs) }
        }
    }

    mutating func say(_ bytes: [UInt8], nowNs: Int64) {
        for message in ValidatorLog.messages(bytes) where message != lastSaid {
            lastSaid = message
            put("<", message, nowNs)
        }
    }

    /// Data of the frames, without what surrounds it.
    private static func messages(_ bytes: [UInt8]) -> [[UInt8]] {
        var messages: [[UInt8]] = []
        var rest = bytes[...]
        while rest.count >= 6, let length = rest.dropFirst(2).first, (6...rest.count) ~= Int(length)
        {
            messages.append(Array(rest.prefix(Int(length)).dropFirst(3).dropLast(2)))
            rest = rest.dropFirst(Int(length))
        }
        return messages
    }

    private mutating func put(_ who: String, _ message: [UInt8], _ nowNs: Int64) {
        let hex = message.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }
        let line = Array("\(nowNs / 1_000_000) \(who) \(hex.joined(separator: " "))\n".utf8)
        if size > ValidatorLog.bytesMax, ftruncate(file, 0) == 0 { size = 0 }
        // For people who look on: the unit does not stop for it.
        size += max(0, write(file, line, line.count))
    }
}
