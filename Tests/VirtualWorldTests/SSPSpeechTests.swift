import Testing
import VirtualWorld

/// SSP by the manual: packets as bytes, answers in each state. Source: ITL GA138 2.2.2, packet examples.
struct SSPSpeechTests {
    // MARK: Packets

    @Test func `the manual's SYNC, serial number and firmware are answered byte for byte`() {
        let bench = SSPBench()
        bench.wait(3000)

        let sync = bench.send([0x7F, 0x80, 0x01, 0x11, 0x65, 0x82])
        let disabled = bench.send([0x7F, 0x00, 0x01, 0x09, 0x36, 0x08])
        let serial = bench.send([0x7F, 0x80, 0x01, 0x0C, 0x2B, 0x82])
        bench.sequence = true
        bench.poll()
        let firmware = bench.send([0x7F, 0x80, 0x01, 0x20, 0xC0, 0x02])

        #expect(sync == [0x7F, 0x80, 0x01, 0xF0, 0x23, 0x80])
        #expect(disabled == [0x7F, 0x00, 0x01, 0xF0, 0x20, 0x0A])
        #expect(serial == [0x7F, 0x80, 0x05, 0xF0, 0x00, 0x1C, 0x96, 0x2C, 0xD4, 0x97])
        #expect(
            firmware == [
                0x7F, 0x80, 0x11, 0xF0, 0x4E, 0x56, 0x30, 0x32, 0x30, 0x30, 0x34, 0x31, 0x34, 0x31,
                0x34, 0x39, 0x38, 0x30, 0x30, 0x30, 0xDE, 0x55,
            ])
    }

    @Test func `reset and disabled is what the first poll tells, as in the manual`() {
        let bench = SSPBench()
        bench.wait(3000)
        bench.sync()
        bench.command(0x18)

        let answer = bench.send([0x7F, 0x80, 0x01, 0x07, 0x12, 0x02])

        #expect(answer == [0x7F, 0x80, 0x03, 0xF0, 0xF1, 0xE8, 0xBF, 0x8C])
    }

    @Test(
        arguments: [
            [0x7F, 0x80, 0x01, 0x11, 0x65],  // torn
            [0x7F, 0x80, 0x01, 0x11, 0x65, 0x83],  // wrong check
            [0x7F, 0x90, 0x01, 0x58, 0x93, 0x82],  // a hopper's address
            [0x7F, 0x80, 0x00, 0x03, 0x02],  // no data
            [0x55, 0xAA, 0x00, 0xFF], [],
        ] as [[UInt8]])
    func `a packet that is none is answered with silence`(bytes: [UInt8]) {
        let bench = SSPBench()
        bench.wait(3000)

        #expect(bench.send(bytes).isEmpty)

        #expect(bench.sync() == [0xF0], "and the next whole packet is understood")
    }

    @Test func `a start byte in the data is doubled both ways`() {
        let bench = SSPBench()
        bench.enable()
        // 127 notes fit no counter of a test: an unknown status is the byte that needs stuffing.
        #expect(throws: Never.self) { try bench.say("fault unknown-status 7F") }

        bench.sequence.toggle()
        let answer = bench.send(SSPBench.packet([0x07], sequence: bench.sequence))

        #expect(answer.starts(with: [0x7F, bench.sequence ? 0x80 : 0, 0x02, 0xF0, 0x7F, 0x7F]))
        #expect(bench.command(0x02, 0x7F, 0x7F) == [0xF0])
    }

    @Test func `the same sequence flag gets the same answer and does nothing`() throws {
        let bench = SSPBench()
        try bench.escrow50()

        let first = bench.command(0x07)
        #expect(first == [0xF0, 0xEF, 5])
        for _ in 0..<5 { #expect(bench.again([0x07]) == first) }
        #expect(bench.again([0x0C]) == first, "not even when another command is in it")

        #expect(bench.command(0x07) == [0xF0, 0xCC], "the next flag is the next POLL: accepted")
    }

    @Test func `after SYNC the next flag is 0`() {
        let bench = SSPBench()
        bench.wait(3000)
        bench.sync()

        #expect(bench.again([0x0C]) == [0xF0], "flag 1 again: SYNC's own answer")
        #expect(bench.command(0x0C) == [0xF0, 0x00, 0x1C, 0x96, 0x2C])
    }

    // MARK: What it says of itself

    @Test func `setup tells channels and values, from version 6 on with a currency for each`() {
        let bench = SSPBench()
        bench.wait(3000)
        bench.sync()
        let old: [UInt8] =
            [0xF0, 0] + Array("0414CNY".utf8) + [0, 0, 1, 6, 1, 5, 10, 20, 50, 100]
            + [2, 2, 2, 2, 2, 2, 0, 0, 100, 5]

        #expect(bench.command(0x05) == old)
        #expect(bench.command(0x06, 8) == [0xF0])
        let new = bench.command(0x05)

        #expect(new.count == 1 + 16 + 9 * 6)
        #expect(new[9...11] == [0, 0, 0] && new[28] == 8)
        #expect(String(decoding: new[29..<47], as: UTF8.self) == "CNYCNYCNYCNYCNYCNY")
        #expect(Array(new[47...]).chunks(of: 4).map { $0[0] } == [1, 5, 10, 20, 50, 100])
        #expect(bench.command(0x06, 9) == [0xF8])
    }

    @Test func `the unit can claim another currency, serial number or event`() throws {
        let bench = SSPBench()
        bench.enable()
        try bench.say("fault wrong-currency")
        try bench.say("fault swapped-serial")
        try bench.say("fault unknown-status 5F")

        #expect(String(decoding: bench.command(0x05)[6...8], as: UTF8.self) == "USD")
        #expect(bench.command(0x0C) == [0xF0, 0x00, 0x1C, 0x99, 0x99])
        #expect(bench.poll() == [0xF0, 0x5F])
    }

    @Test(
        arguments: [
            ([0x7B], 0xF2), ([0x02], 0xF3), ([0x07, 1], 0xF3), ([0x4D, 3, 0], 0xF4),
            ([0x08], 0xF5), ([0x18], 0xF5),
        ] as [([UInt8], UInt8)])
    func `a command that cannot be is refused with the reason`(_ data: [UInt8], _ answer: UInt8) {
        let bench = SSPBench()
        bench.enable()

        bench.sequence.toggle()
        #expect(bench.again(data) == [answer])
    }

    // MARK: A note

    @Test func `a note is read, held, accepted by the next poll, credited and stacked`() throws {
        let bench = SSPBench()
        bench.enable()
        try bench.say("notes 50")

        #expect(bench.poll(until: [0xF0, 0xEF, 0]))
        #expect(bench.poll(until: [0xF0, 0xEF, 5]))
        #expect(bench.poll() == [0xF0, 0xCC])
        #expect(bench.poll(until: [0xF0, 0xEE, 5, 0xEB]))

        #expect(bench.poll() == [0xF0])
        #expect(bench.truth.cassette == [5000: 1])
    }

    @Test func `HOLD keeps the note, and the next poll accepts it`() throws {
        let bench = SSPBench()
        try bench.escrow50()
        #expect(bench.poll() == [0xF0, 0xEF, 5])
        for _ in 0..<20 {
            bench.wait(4000)
            #expect(bench.command(0x18) == [0xF0])
        }
        #expect(bench.truth.inPath == [5000])

        #expect(bench.poll() == [0xF0, 0xCC])
    }

    @Test func `REJECT gives the note back`() throws {
        let bench = SSPBench()
        try bench.escrow50()
        bench.poll()

        #expect(bench.command(0x08) == [0xF0])
        #expect(bench.poll() == [0xF0, 0xED])
        #expect(bench.poll(until: [0xF0, 0xEC]))
        #expect(bench.command(0x17) == [0xF0, 0x08])
        #expect(bench.truth.returned == [5000: 1])
    }

    @Test func `a held note without a command for ten seconds goes back`() throws {
        let bench = SSPBench()
        try bench.escrow50()
        #expect(bench.poll() == [0xF0, 0xEF, 5])
        bench.wait(11_000)

        #expect(bench.command(0x18) == [0xF5])
        #expect(bench.poll() == [0xF0, 0xEC, 0xE8], "and the unit has disabled itself")
        #expect(bench.command(0x17) == [0xF0, 0x13])
    }

    @Test func `a unit that nobody speaks to falls asleep and takes no note`() throws {
        let bench = SSPBench()
        bench.enable()
        bench.wait(10_500)
        try bench.say("notes 50")
        bench.wait(5000)

        #expect(bench.poll() == [0xF0, 0xE8])
        #expect(bench.truth.atSlot == [5000])
    }

    @Test func `what was said while nobody polled is told at once, in order`() throws {
        let bench = SSPBench()
        bench.enable()
        try bench.say("fault reject 69")
        try bench.say("notes 50 20")
        bench.wait(4000)

        #expect(bench.poll() == [0xF0, 0xEC, 0xEF, 4])
        #expect(bench.command(0x17) == [0xF0, 0x19])
    }

    @Test(
        arguments: [
            ("60", 0x15), ("62", 0x1C), ("6C", 0x01), ("6D", 0x0E), ("1F", 0x1F),
        ] as [(String, UInt8)])
    func `a refusal has one of the protocol's own codes`(_ reason: String, _ code: UInt8) throws {
        let bench = SSPBench()
        bench.enable()
        try bench.say("fault reject \(reason)")
        try bench.say("notes 50")

        #expect(bench.poll(until: [0xF0, 0xEC]))
        #expect(bench.command(0x17) == [0xF0, code])
    }

    @Test func `a note that the host inhibits is refused`() throws {
        let bench = SSPBench()
        bench.enable()
        bench.command(0x02, 0x20, 0x00)
        try bench.say("notes 50")

        #expect(bench.poll(until: [0xF0, 0xEC]))
        #expect(bench.command(0x17) == [0xF0, 0x0C])
    }

    @Test func `all channels inhibited is disabled, from version 7 on with its name`() {
        let bench = SSPBench()
        bench.enable()
        bench.command(0x02, 0x00, 0x00)

        #expect(bench.poll() == [0xF0, 0xE8])
        bench.command(0x06, 7)
        #expect(bench.poll() == [0xF0, 0xB5, 0xE8])
    }

    // MARK: Power

    @Test func `inhibits, enabling and version are lost with the power`() throws {
        let bench = SSPBench()
        bench.enable()
        try bench.say("power cut")
        #expect(bench.poll().isEmpty)
        try bench.say("power restore")
        bench.wait(3000)

        #expect(bench.poll() == [0xF0, 0xF1, 0xE8])
        #expect(bench.command(0x05)[28] == 5)
        bench.command(0x0A)
        #expect(bench.poll() == [0xF0, 0xE8], "enabled, but no channel is")
    }

    @Test(arguments: [
        (ValidatorTruth.Place.validator, [0xF0, 0xF1, 0xE1, 5, 0xE8]),
        (.stacker, [0xF0, 0xF1, 0xE2, 5, 0xE8]),
    ])
    func `what lay in the path at power-up is cleared away and told`(
        _ place: ValidatorTruth.Place, _ answer: [UInt8]
    ) {
        var truth = ValidatorTruth()
        (truth.inPath, truth.place) = ([5000], place)
        let bench = SSPBench(truth)
        bench.wait(1000)
        bench.sync()
        #expect(bench.poll() == [0xF0, 0xE8], "while it initializes")
        bench.wait(3000)

        #expect(bench.poll() == answer)
        #expect(bench.truth.inPath.isEmpty)
    }

    @Test func `RESET gives a held note back and starts anew`() throws {
        let bench = SSPBench()
        try bench.escrow50()
        bench.poll()
        #expect(bench.command(0x01) == [0xF0])
        bench.wait(3000)

        #expect(bench.poll() == [0xF0, 0xF1, 0xE1, 5, 0xE8])
        #expect(bench.truth.returned == [5000: 1])
    }

    @Test func `a credit nobody polled is not told after a power cut`() throws {
        let bench = SSPBench()
        try bench.escrow50()
        bench.poll()
        bench.poll()
        bench.wait(2000)
        try bench.say("power cut")
        try bench.say("power restore")
        bench.wait(3000)

        #expect(bench.poll() == [0xF0, 0xF1, 0xE8])
        #expect(bench.truth.cassette == [5000: 1])
    }

    // MARK: Troubles

    @Test(arguments: [
        ("jam-validator next", [0xF0, 0xE9, 0xE8]), ("failure 54 next", [0xF0, 0xE0, 0xE8]),
    ])
    func `a jam where a hand reaches it, and a failure, are said until they are cleared`(
        _ fault: String, _ answer: [UInt8]
    ) throws {
        let bench = SSPBench()
        bench.enable()
        try bench.say("fault \(fault)")
        try bench.say("notes 50")
        #expect(bench.poll(until: answer))
        #expect(bench.poll() == answer)
        try bench.say("clear all")

        #expect(bench.poll(until: [0xF0, 0xEC]))
        #expect(bench.poll() == [0xF0], "it is enabled as before")
    }

    @Test func `a jam in the stacker keeps the note, and its credit comes when it is cleared`()
        throws
    {
        let bench = SSPBench()
        try bench.escrow50()
        try bench.say("fault jam-stacker")
        bench.poll()
        #expect(bench.poll() == [0xF0, 0xCC])
        #expect(bench.poll(until: [0xF0, 0xEA, 0xE8]))
        try bench.say("clear all")

        #expect(bench.poll(until: [0xF0, 0xEE, 5, 0xEB]))
    }

    @Test func `a note fished out while stacking is a fraud and no credit`() throws {
        let bench = SSPBench()
        try bench.escrow50()
        try bench.say("fault cheat")
        bench.poll()
        bench.poll()

        #expect(bench.poll(until: [0xF0, 0xE6, 5]))
        #expect(bench.truth.returned == [5000: 1])
    }

    @Test func `the cashbox is told when it goes and when it comes`() throws {
        let bench = SSPBench()
        bench.enable()
        try bench.say("cassette remove")
        #expect(bench.poll() == [0xF0, 0xE3, 0xE8])
        #expect(bench.poll() == [0xF0, 0xE8])
        try bench.say("cassette insert")

        #expect(bench.poll() == [0xF0, 0xE4, 0xE8])
        #expect(bench.poll(until: [0xF0]))
    }

    @Test func `full is told once, and the unit works again when there is room`() throws {
        let bench = SSPBench()
        bench.enable()
        try bench.say("fault cassette-full")
        #expect(bench.poll() == [0xF0, 0xE7, 0xE8])
        #expect(bench.poll() == [0xF0, 0xE8])
        try bench.say("clear all")

        #expect(bench.poll(until: [0xF0]))
    }

    @Test func `a lost answer can be had again, a lost command was never heard`() throws {
        let bench = SSPBench()
        try bench.escrow50()
        bench.poll()
        bench.poll()
        bench.wait(1000)
        try bench.say("fault lost-reply 2 at EE")
        try bench.say("fault lost-ack at EE")

        #expect(bench.command(0x07).isEmpty)
        #expect(bench.again([0x07]).isEmpty)
        #expect(bench.again([0x07]) == [0xF0, 0xEE, 5, 0xEB])
        #expect(bench.command(0x07).isEmpty)
        #expect(bench.again([0x07]) == [0xF0])
    }

    @Test func `counters outlive a power cut`() throws {
        let bench = SSPBench()
        bench.enable()
        try bench.say("notes 50 20")
        #expect(bench.poll(until: [0xF0, 0xEE, 4, 0xEB]))
        try bench.say("power cut")
        try bench.say("power restore")
        bench.wait(3000)

        let counters = bench.command(0x58)
        #expect(counters.count == 22 && counters[1] == 5 && counters[2...5] == [2, 0, 0, 0])
        #expect(bench.command(0x59) == [0xF0])
        #expect(bench.command(0x58)[2] == 0)
    }
}

extension Array {
    /// Pieces of that length.
    fileprivate func chunks(of length: Int) -> [[Element]] {
        stride(from: 0, to: count, by: length).map {
            Array(self[$0..<Swift.min($0 + length, count)])
        }
    }
}
