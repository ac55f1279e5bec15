import VirtualWorld

/// A host's end of SSP with its own arithmetic: what it sends and reads is written out by hand in the tests.
final class SSPBench {
    var validator: VirtualValidator
    var nowNs: Int64 = 0
    var sequence = false

    init(_ truth: ValidatorTruth = ValidatorTruth()) {
        validator = VirtualValidator(speaking: .ssp, truth: truth)
    }

    var truth: ValidatorTruth { validator.truth(at: nowNs) }

    func wait(_ milliseconds: Int64) { nowNs += milliseconds * 1_000_000 }

    func say(_ words: String) throws { try validator.say(words, at: nowNs) }

    /// Raw bytes to the unit; everything that comes back.
    func send(_ bytes: [UInt8]) -> [UInt8] {
        validator.receive(bytes, at: nowNs).flatMap(\.bytes)
    }

    /// A new command with the other sequence flag; the data of the answer, empty for silence.
    @discardableResult
    func command(_ data: UInt8...) -> [UInt8] {
        sequence.toggle()
        return again(data)
    }

    /// The same command once more: nothing of it changes.
    func again(_ data: [UInt8]) -> [UInt8] {
        let answer = send(SSPBench.packet(data, sequence: sequence))
        guard answer.count > 5 else { return [] }
        let body = SSPBench.unstuffed(answer)
        return Array(body[2..<body.count - 2])
    }

    @discardableResult
    func sync() -> [UInt8] {
        sequence = true
        return again([0x11])
    }

    @discardableResult
    func poll() -> [UInt8] {
        defer { wait(200) }
        return command(0x07)
    }

    /// Polls every 200 ms until the unit says that, at most for a minute.
    func poll(until status: [UInt8]) -> Bool {
        for _ in 0..<300 where poll() == status { return true }
        return false
    }

    /// Power to enabled for all six notes, by version 6.
    func enable() {
        wait(3000)
        sync()
        command(0x06, 6)
        command(0x02, 0x3F, 0x00)
        command(0x0A)
        poll()
    }

    /// 50 yuan waits in escrow, not told yet.
    func escrow50() throws {
        enable()
        try say("notes 50")
        wait(1500)
    }

    static func unstuffed(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        var rest = bytes.dropFirst()
        while let byte = rest.popFirst() {
            if byte == 0x7F { _ = rest.popFirst() }
            out.append(byte)
        }
        return out
    }

    static func packet(_ data: [UInt8], sequence: Bool) -> [UInt8] {
        let body = [sequence ? 0x80 : 0x00, UInt8(data.count)] + data
        let sum = check(body)
        return [0x7F]
            + (body + [UInt8(sum & 0xFF), UInt8(sum >> 8)]).flatMap {
                $0 == 0x7F ? [$0, $0] : [$0]
            }
    }

    /// CRC by bytes, unlike the unit's own by bits.
    static func check(_ bytes: [UInt8]) -> UInt16 {
        var sum: UInt16 = 0xFFFF
        for byte in bytes {
            sum ^= UInt16(byte) << 8
            for _ in 0..<8 { sum = sum & 0x8000 == 0 ? sum << 1 : (sum << 1) ^ 0x8005 }
        }
        return sum
    }
}
