import Testing
import VirtualWorld

/// The virtual validator as a JCM unit: bytes by hand and from the worked example FC 05 11 27 56.
struct ID003SpeechTests {
    /// A host's end with its own checksum arithmetic.
    private final class Bench {
        var validator = VirtualValidator(speaking: .id003)
        var nowNs: Int64 = 0

        var truth: ValidatorTruth { validator.truth(at: nowNs) }
        func wait(_ milliseconds: Int64) { nowNs += milliseconds * 1_000_000 }
        func say(_ words: String) throws { try validator.say(words, at: nowNs) }

        func send(_ bytes: [UInt8]) -> [UInt8] {
            validator.receive(bytes, at: nowNs).flatMap(\.bytes)
        }

        @discardableResult
        func command(_ data: UInt8...) -> [UInt8] {
            let answer = send(Bench.frame(data))
            guard answer.count >= 5 else { return [] }
            #expect(Bench.frame(Array(answer[2..<answer.count - 2])) == answer)
            return Array(answer[2..<answer.count - 2])
        }

        func poll() -> [UInt8] {
            wait(100)
            return command(0x11)
        }

        func poll(until status: [UInt8]) -> Bool {
            for _ in 0..<600 where poll() == status { return true }
            return false
        }

        /// RESET to accepting every note.
        func enable() {
            wait(1000)
            command(0x40)
            wait(3000)
            command(0xC0, 0, 0)
            command(0xC3, 0)
        }

        /// 50 yuan waits in escrow.
        func escrow50() throws {
            enable()
            try say("notes 50")
            wait(1500)
        }

        static func frame(_ data: [UInt8]) -> [UInt8] {
            let body = [0xFC, UInt8(data.count + 4)] + data
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

    @Test func `the worked status request is answered with power-up`() {
        let bench = Bench()
        #expect(bench.send([0xFC, 0x05, 0x11, 0x27, 0x56]).isEmpty, "it boots first")
        bench.wait(1000)

        #expect(bench.send([0xFC, 0x05, 0x11, 0x27, 0x56]) == Bench.frame([0x40]))
        #expect(Bench.frame([0x11]) == [0xFC, 0x05, 0x11, 0x27, 0x56])
    }

    @Test func `noise is skipped, a torn frame forgotten, a wrong check told`() {
        let bench = Bench()
        bench.wait(1000)
        #expect(bench.send([0x00, 0x12, 0xFC, 0x02] + Bench.frame([0x11])) == Bench.frame([0x40]))
        #expect(bench.send([0xFC, 0x05, 0x11]).isEmpty)
        bench.wait(20)

        #expect(bench.send([0xFC, 0x05, 0x11, 0x27, 0x57]) == Bench.frame([0x4A]))
        #expect(bench.poll() == [0x40])
    }

    @Test func `a unit starts inhibited and echoes what it is told`() {
        let bench = Bench()
        bench.wait(1000)
        #expect(bench.command(0xC3, 0) == [0x4B], "not before a reset")
        #expect(bench.command(0x40) == [0x50])
        #expect(bench.poll() == [0x1B])
        #expect(bench.command(0xC0, 0x3C, 0) == [0xC0, 0x3C, 0])
        bench.wait(2000)
        #expect(bench.poll() == [0x1A])

        #expect(bench.command(0xC3, 0) == [0xC3, 0])
        #expect(bench.poll() == [0x11])
        #expect(bench.command(0x80) == [0x80, 0x3C, 0])
        #expect(bench.command(0x83) == [0x83, 0])
        #expect(bench.command(0xC2, 1) == [0x4B], "polled mode only")
        #expect(bench.command(0xC3, 2) == [0x4B])
        #expect(bench.command(0x77) == [0x4B])
    }

    @Test func `the currency table is yuan, or dollars when it is the wrong one`() throws {
        let bench = Bench()
        bench.wait(1000)
        let table = Array(bench.command(0x8A).dropFirst())
        let worth = stride(from: 0, to: 32, by: 4).map { at -> Int in
            (0..<Int(table[at + 3])).reduce(Int(table[at + 2])) { worth, _ in worth * 10 }
        }

        #expect(table.count == 32)
        #expect(table[0..<4] == [0x61, 0x2D, 1, 0])
        #expect(worth == [1, 5, 10, 20, 50, 100, 0, 0])
        try bench.say("fault wrong-currency")
        #expect(bench.command(0x8A)[2] == 0x01)
        #expect(String(decoding: bench.command(0x88).dropFirst(), as: UTF8.self).contains("CHN"))
    }

    @Test(arguments: [0x41, 0x42] as [UInt8])
    func `a note goes 12, 13, 14, 15 until acknowledged, 16, 11`(_ stack: UInt8) throws {
        let bench = Bench()
        bench.enable()
        try bench.say("notes 50")
        bench.wait(400)
        #expect(bench.poll() == [0x12])
        bench.wait(900)
        #expect(bench.poll() == [0x13, 0x65])
        #expect(bench.command(stack) == [0x50])
        #expect(bench.poll() == [0x14])
        bench.wait(400)

        #expect(bench.poll() == (stack == 0x41 ? [0x15] : [0x14]))
        bench.wait(500)
        #expect(bench.poll() == [0x15] && bench.poll() == [0x15])
        #expect(bench.command(0x50).isEmpty)
        #expect(bench.poll() == [0x16])
        #expect(bench.poll() == [0x11])
        #expect(bench.truth.cassette == [5000: 1])
    }

    @Test func `a lost acknowledgement repeats the credit; one that nobody asked for is none`()
        throws
    {
        let bench = Bench()
        try bench.escrow50()
        bench.command(0x42)
        bench.command(0x50)
        try bench.say("fault lost-ack at 15")
        #expect(bench.poll(until: [0x15]))
        bench.command(0x50)

        #expect(bench.poll() == [0x15])
        bench.command(0x50)
        #expect(bench.poll() == [0x16])
    }

    @Test func `a credit nobody acknowledges makes the unit mute; after RESET it says it again`()
        throws
    {
        let bench = Bench()
        try bench.escrow50()
        bench.command(0x41)
        #expect(bench.poll(until: [0x15]))
        bench.wait(61_000)
        #expect(bench.poll().isEmpty && bench.command(0x88).isEmpty)
        #expect(bench.command(0x40) == [0x50])

        #expect(bench.poll() == [0x15], "while it initializes")
        bench.command(0x50)
        #expect(bench.poll() == [0x1B])
        #expect(bench.poll(until: [0x1A]))
        #expect(bench.truth.cassette == [5000: 1])
    }

    @Test func `a held note goes back with reason 79 after ten seconds, HOLD keeps it`() throws {
        let bench = Bench()
        try bench.escrow50()
        for _ in 0..<90 { #expect(bench.poll() == [0x13, 0x65]) }
        #expect(bench.command(0x44) == [0x50])
        for _ in 0..<99 { #expect(bench.poll() == [0x19]) }

        #expect(bench.poll(until: [0x17, 0x79]))
        #expect(bench.poll(until: [0x11]))
        #expect(bench.truth.returned == [5000: 1])
        #expect(bench.command(0x44) == [0x4B] && bench.command(0x41) == [0x4B])
    }

    @Test func `three seconds without a poll give a held note back without a word`() throws {
        let bench = Bench()
        try bench.escrow50()
        #expect(bench.poll() == [0x13, 0x65])
        bench.wait(2800)
        #expect(bench.poll() == [0x13, 0x65])
        bench.wait(4000)

        #expect(bench.poll() == [0x11])
        #expect(bench.truth.returned == [5000: 1])
    }

    @Test func `RETURN gives the note back over 18 to 11, without a further word`() throws {
        let bench = Bench()
        try bench.escrow50()
        #expect(bench.command(0x43) == [0x50])
        #expect(bench.poll() == [0x18])
        bench.wait(600)

        #expect(bench.poll() == [0x11])
        #expect(bench.truth.returned == [5000: 1])
    }

    @Test func `a denomination whose bit is set is refused`() throws {
        let bench = Bench()
        bench.enable()
        bench.command(0xC0, 0x10, 0)
        try bench.say("notes 50 20")

        #expect(bench.poll(until: [0x17, 0x79]))
        #expect(bench.poll(until: [0x13, 0x64]))
    }

    @Test(arguments: [(60, 0x71), (65, 0x76), (66, 0x77), (68, 0x79), (69, 0x7F), (62, 0x73)])
    func `reject reasons are told in the protocol's own numbers`(_ said: Int, _ code: UInt8)
        throws
    {
        let bench = Bench()
        bench.enable()
        try bench.say("fault reject \(said)")
        try bench.say("notes 50")

        #expect(bench.poll(until: [0x17, code]))
    }

    @Test(
        arguments: [
            ("jam-validator", [0x45]), ("cassette-out", [0x44]), ("cassette-full", [0x43]),
            ("failure 54", [0x49, 0xAB]), ("unknown-status 2F", [0x2F]), ("cheat now", [0x48]),
            ("pause now", [0x47]),
        ] as [(String, [UInt8])])
    func `what keeps the unit from working is told, and inhibits it`(
        _ fault: String, _ status: [UInt8]
    ) throws {
        let bench = Bench()
        bench.enable()
        try bench.say("fault \(fault)")
        #expect(bench.poll(until: status))
        try bench.say("clear all")

        #expect(bench.poll(until: [0x1A]) == !["unk", "che", "pau"].contains(fault.prefix(3)))
    }

    @Test(
        arguments: [
            (0, 0x40), (1500, 0x41), (1900, 0x41), (2100, 0x42), (4000, 0x40),
        ] as [(Int64, UInt8)])
    func `power comes back with the state of where the note was`(cutMs: Int64, status: UInt8)
        throws
    {
        let bench = Bench()
        bench.enable()
        if cutMs > 0 { try bench.say("notes 50") }
        bench.wait(min(cutMs, 1600))
        if cutMs > 1600 {
            bench.command(0x42)
            bench.wait(cutMs - 1600)
        }
        try bench.say("power cut")
        try bench.say("power restore")
        bench.wait(1000)

        #expect(bench.poll() == [status])
        #expect(bench.command(0x83) == [0x83, 1], "inhibited again")
    }

    @Test func `a note in the stacker at power-up is stacked by RESET and credited once`() throws {
        for known in [false, true] {
            let bench = Bench()
            try bench.escrow50()
            bench.command(0x41)
            #expect(bench.poll(until: [0x15]))
            if known { bench.command(0x50) }
            try bench.say("power cut")
            try bench.say("power restore")
            bench.wait(1000)
            #expect(bench.poll() == [0x42])
            bench.command(0x40)

            #expect(bench.poll(until: known ? [0x16] : [0x15]))
            bench.command(0x50)
            #expect(bench.poll(until: [0x1A]))
            #expect(bench.truth.cassette == [5000: 1])
        }
    }

    @Test func `RESET gives a held note back; one without a value is held as the last code`() throws
    {
        let bench = Bench()
        bench.enable()
        try bench.say("fault strange-note")
        try bench.say("notes 50")
        #expect(bench.poll(until: [0x13, 0x68]))
        #expect(bench.command(0x40) == [0x50])

        #expect(bench.poll(until: [0x1A]))
        #expect(bench.truth.returned == [5000: 1])
    }

    @Test func `a jam in the stacker keeps the note and credits it when cleared`() throws {
        let bench = Bench()
        try bench.escrow50()
        try bench.say("fault jam-stacker")
        bench.command(0x41)
        #expect(bench.poll(until: [0x46]))
        try bench.say("clear all")

        #expect(bench.poll(until: [0x15]))
        bench.command(0x50)
        #expect(bench.poll() == [0x16])
        #expect(bench.truth.cassette == [5000: 1])
    }
}
