import VirtualWorld

/// A host's end with its own checksum arithmetic: what it sends and reads is written out by hand in the tests.
final class TestBench {
    var validator: VirtualValidator
    var nowNs: Int64 = 0

    init(_ validator: VirtualValidator = VirtualValidator()) { self.validator = validator }

    var truth: ValidatorTruth { validator.truth(at: nowNs) }

    func wait(_ milliseconds: Int64) { nowNs += milliseconds * 1_000_000 }

    /// Raw bytes to the unit; everything that comes back.
    func send(_ bytes: [UInt8]) -> [UInt8] {
        validator.receive(bytes, at: nowNs).flatMap(\.bytes)
    }

    /// The data of the unit's answer; empty for silence.
    @discardableResult
    func command(_ data: UInt8...) -> [UInt8] {
        let answer = send(TestBench.frame(data))
        return answer.count < 6 ? [] : Array(answer[3..<answer.count - 2])
    }

    /// Polls, and acknowledges as a prompt host does.
    @discardableResult
    func poll() -> [UInt8] {
        let answer = command(0x33)
        wait(3)
        command(0x00)
        wait(20)
        return answer
    }

    /// Polls every 200 ms until the unit says that, at most for a minute.
    func poll(until status: [UInt8]) -> Bool {
        for _ in 0..<300 {
            if command(0x33) == status { return true }
            wait(3)
            command(0x00)
            wait(197)
        }
        return false
    }

    /// RESET to enabled with escrow for all six notes.
    func enable() {
        wait(1000)
        command(0x30)
        wait(3000)
        command(0x34, 0, 0, 0x3F, 0, 0, 0x3F)
    }

    func say(_ words: String) throws { try validator.say(words, at: nowNs) }

    /// 50 yuan waits in escrow.
    func escrow50() throws {
        enable()
        try say("notes 50")
        wait(1500)
    }

    static func frame(_ data: [UInt8]) -> [UInt8] {
        let body = [0x02, 0x03, UInt8(data.count + 5)] + data
        // Table-free KERMIT by bytes, unlike the unit's own by bits.
        var sum: UInt16 = 0
        for byte in body {
            var quotient = (sum ^ UInt16(byte)) & 0x0F
            sum = (sum >> 4) ^ (quotient &* 0x1081)
            quotient = (sum ^ UInt16(byte >> 4)) & 0x0F
            sum = (sum >> 4) ^ (quotient &* 0x1081)
        }
        return body + [UInt8(sum & 0xFF), UInt8(sum >> 8)]
    }
}
