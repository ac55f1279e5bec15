import Testing
import VirtualWorld

/// Faults of the machine and of its line.
struct ValidatorFaultTests {
    @Test func `a cassette taken out and put back goes 42, 13, 19`() throws {
        let bench = TestBench()
        bench.enable()
        try bench.say("cassette remove")
        #expect(bench.poll() == [0x42])
        try bench.say("cassette insert")

        #expect(bench.poll() == [0x13])
        #expect(bench.poll(until: [0x19]))
    }

    @Test func `a full cassette takes no more notes until there is room`() throws {
        let bench = TestBench()
        bench.enable()
        try bench.say("fault cassette-full")
        try bench.say("notes 50")
        bench.wait(5000)
        #expect(bench.poll() == [0x41])
        #expect(bench.truth.atSlot == [5000])
        try bench.say("clear cassette-full")

        #expect(bench.poll() == [0x13])
    }

    @Test func `a jam in the validator is there at once and gives the note back when cleared`()
        throws
    {
        let bench = TestBench()
        try bench.escrow50()
        try bench.say("fault jam-validator")
        #expect(bench.poll() == [0x43])
        bench.command(0x30)
        #expect(bench.poll(until: [0x43]), "a reset does not take the paper out")
        try bench.say("clear jam-validator")

        #expect(bench.poll(until: [0x19]))
        #expect(bench.truth.returned == [5000: 1])
    }

    @Test func `a jam in the stacker keeps the note and reports it when cleared`() throws {
        let bench = TestBench()
        try bench.escrow50()
        try bench.say("fault jam-stacker")
        #expect(bench.poll() == [0x80, 4], "it waits for a note on its way")
        bench.command(0x35)
        bench.wait(2000)
        #expect(bench.poll() == [0x44])
        #expect(bench.truth.inPath == [5000])
        try bench.say("clear jam-stacker")

        #expect(bench.poll(until: [0x81, 4]))
    }

    @Test func `a note fished out while stacking is not in the cassette`() throws {
        let bench = TestBench()
        try bench.escrow50()
        try bench.say("fault cheat")
        bench.command(0x35)
        bench.wait(1000)

        #expect(bench.poll() == [0x45])
        let truth = bench.truth
        #expect(truth.cassette.isEmpty && truth.returned == [5000: 1])
        #expect(bench.poll(until: [0x14]))
    }

    @Test func `a second note pauses the unit; after ten seconds both go back`() throws {
        let bench = TestBench()
        try bench.escrow50()
        try bench.say("fault pause")
        #expect(bench.poll() == [0x46])
        bench.wait(10_000)

        #expect(bench.poll() == [0x1C, 0x60])
        #expect(bench.poll(until: [0x14]))
        #expect(bench.truth.returned == [5000: 1])
    }

    @Test func `a second note pulled out lets the first go on`() throws {
        let bench = TestBench()
        try bench.escrow50()
        try bench.say("fault pause")
        bench.wait(2000)
        try bench.say("clear pause")

        #expect(bench.poll(until: [0x80, 4]))
    }

    @Test func `a failure says its code and lets the unit tell of itself`() throws {
        let bench = TestBench()
        bench.enable()
        try bench.say("fault failure 54")

        #expect(bench.poll() == [0x47, 0x54])
        #expect(bench.command(0x37).count == 34)
        try bench.say("clear failure")
        #expect(bench.poll(until: [0x19]))
    }

    @Test func `the next note is refused with the reason that was said`() throws {
        let bench = TestBench()
        bench.enable()
        try bench.say("fault reject 69")
        try bench.say("notes 50 50")

        #expect(bench.poll(until: [0x1C, 0x69]))
        #expect(bench.poll(until: [0x80, 4]), "the one after it is not")
    }

    @Test func `a strange note is held as a type that the table does not have`() throws {
        let bench = TestBench()
        bench.enable()
        try bench.say("fault strange-note")
        try bench.say("notes 50")

        #expect(bench.poll(until: [0x80, 23]))
    }

    @Test func `the unit can claim another currency, serial number or state`() throws {
        let bench = TestBench()
        bench.wait(1000)
        let serial = bench.command(0x37)
        try bench.say("fault wrong-currency")
        try bench.say("fault swapped-serial")
        try bench.say("fault unknown-status 5F")

        #expect(bench.command(0x41)[1...3] == [0x55, 0x53, 0x41])
        #expect(bench.command(0x37) != serial)
        #expect(bench.poll() == [0x5F])
        try bench.say("clear all")
        #expect(bench.poll() == [0x10])
        #expect(bench.command(0x37) == serial)
    }

    @Test func `replies get lost, torn, corrupted, doubled, noisy and late, once each`() throws {
        let bench = TestBench()
        bench.wait(1000)
        let good = TestBench.frame([0x10])
        func poll(_ words: String) throws -> [VirtualValidator.Reply] {
            bench.wait(100)
            try bench.say(words)
            return bench.validator.receive(TestBench.frame([0x33]), at: bench.nowNs)
        }

        #expect(try poll("fault lost-reply").isEmpty)
        #expect(try poll("fault half-frame").map(\.bytes) == [Array(good.prefix(3))])
        #expect(try poll("fault duplicate").map(\.bytes) == [good + good])
        let corrupt = try #require(try poll("fault corrupt").first)
        #expect(corrupt.bytes.count == good.count && corrupt.bytes != good)
        let noise = try #require(try poll("fault noise").first)
        #expect(noise.bytes.count > good.count && noise.bytes.suffix(6) == good)
        let late = try #require(try poll("fault late-reply").first)
        #expect(late.bytes == good && late.atNs - bench.nowNs == 700_000_000)
        #expect(bench.command(0x33) == [0x10])
    }

    @Test func `a lost reply can wait for the status that matters`() throws {
        let bench = TestBench()
        try bench.escrow50()
        try bench.say("fault lost-reply 2 at 81")
        #expect(bench.poll() == [0x80, 4])
        bench.command(0x35)
        bench.wait(1000)

        #expect(bench.command(0x33).isEmpty)
        #expect(bench.command(0x33).isEmpty)
        #expect(bench.poll() == [0x81, 4])
    }

    @Test func `a lost ACK makes the unit say stacked again`() throws {
        let bench = TestBench()
        try bench.escrow50()
        try bench.say("fault lost-ack")
        bench.command(0x35)
        bench.wait(1000)

        #expect(bench.poll() == [0x81, 4])
        #expect(bench.poll() == [0x81, 4])
        #expect(bench.poll() == [0x14])
    }

    @Test func `echo returns the host's bytes first; silence is silence`() throws {
        let bench = TestBench()
        bench.wait(1000)
        try bench.say("fault echo")
        #expect(
            bench.send(TestBench.frame([0x33])) == TestBench.frame([0x33]) + TestBench.frame([0x10])
        )
        try bench.say("clear echo")
        try bench.say("fault silence")

        #expect(bench.send(TestBench.frame([0x33])).isEmpty)
    }

    @Test(arguments: [
        "", "notes", "notes 3", "notes fifty", "notes -50", "notes 50.00", "fault", "fault fire",
        "fault failure 5", "fault failure XX", "fault failure +5", "fault lost-reply 0",
        "fault lost-reply 101", "fault lost-reply at", "fault jam-stacker 50", "clear",
        "clear fire",
        "power", "power off", "power cut now", "cassette eat", "unplug now", "truth please",
    ])
    func `a sentence that means nothing is refused with what would be right`(words: String) {
        var validator = VirtualValidator()

        let trouble = #expect(throws: WordTrouble.self) { try validator.say(words, at: 0) }

        #expect(trouble?.description.contains("expected") == true)
    }

    @Test func `a jam without a place is one in the validator`() throws {
        #expect(try ValidatorWord("fault jam") == ValidatorWord("fault jam-validator"))
        #expect(try ValidatorWord("clear jam") == .clear(.jamValidator))
    }

    @Test func `too many notes and too long sentences are refused`() throws {
        var validator = VirtualValidator()

        #expect(throws: WordTrouble.self) {
            try validator.say("notes" + String(repeating: " 50", count: 51), at: 0)
        }
        #expect(throws: WordTrouble.self) {
            try validator.say(String(repeating: "x", count: 513), at: 0)
        }
        for _ in 0..<4 { try validator.say("notes" + String(repeating: " 50", count: 50), at: 0) }
        #expect(throws: WordTrouble.self) { try validator.say("notes 50", at: 0) }
    }
}
