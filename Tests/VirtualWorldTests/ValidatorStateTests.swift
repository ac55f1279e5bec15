import Testing
import VirtualWorld

/// The states of the machine and what the unit says in each.
struct ValidatorStateTests {
    @Test func `a unit without notes goes from power-up over initialize to disabled and idling`() {
        let bench = TestBench()
        #expect(bench.command(0x33).isEmpty, "it boots first")
        bench.wait(1000)
        #expect(bench.poll() == [0x10])
        #expect(bench.command(0x34, 0, 0, 0x3F, 0, 0, 0x3F) == [0x30])
        bench.command(0x30)
        #expect(bench.poll() == [0x13])
        bench.wait(3000)
        #expect(bench.poll() == [0x19])
        #expect(bench.command(0x34, 0, 0, 0x3F, 0, 0, 0x3F) == [0x00])
        #expect(bench.poll() == [0x14])
        #expect(bench.command(0x31) == [0, 0, 0x3F, 0, 0, 0])
    }

    @Test func `identification has 34 bytes and the note table 24 entries of CHN`() {
        let bench = TestBench()
        bench.wait(1000)

        let identity = bench.command(0x37)
        let table = bench.command(0x41)

        #expect(identity.count == 34)
        #expect(String(decoding: identity.prefix(10), as: UTF8.self) == "SM-CHN1353")
        #expect(table.count == 120)
        #expect(table[20..<25] == [0x05, 0x43, 0x48, 0x4E, 0x01], "type 4 is 50 yuan")
        #expect(table[25..<30] == [0x01, 0x43, 0x48, 0x4E, 0x02], "type 5 is 100 yuan")
        #expect(table[30...].allSatisfy { $0 == 0 })
    }

    @Test func `identification and note table are illegal while the unit can take a note`() {
        let bench = TestBench()
        bench.enable()

        #expect(bench.command(0x37) == [0x30])
        #expect(bench.command(0x41) == [0x30])
    }

    @Test func `a note goes over accepting and escrow into the cassette`() throws {
        let bench = TestBench()
        bench.enable()
        try bench.say("notes 50")
        bench.wait(500)
        #expect(bench.poll() == [0x15])
        bench.wait(1000)
        #expect(bench.poll() == [0x80, 4])
        #expect(bench.command(0x35) == [0x00])
        #expect(bench.poll() == [0x17])
        bench.wait(1000)

        #expect(bench.poll() == [0x81, 4])
        #expect(bench.poll() == [0x14])
        #expect(bench.truth.cassette == [5000: 1])
    }

    @Test func `stacked is repeated until it is acknowledged in time`() throws {
        let bench = TestBench()
        try bench.escrow50()
        bench.command(0x35)
        bench.wait(1000)

        #expect(bench.command(0x33) == [0x81, 4])
        bench.wait(15)
        bench.command(0x00)
        #expect(bench.command(0x33) == [0x81, 4], "an ACK after 10 ms is none")
        bench.command(0xFF)
        #expect(bench.poll() == [0x81, 4], "and so is a NAK")
        #expect(bench.poll() == [0x14])
    }

    @Test func `a note that nobody decides on goes back after ten seconds`() throws {
        let bench = TestBench()
        try bench.escrow50()
        bench.wait(9000)
        #expect(bench.poll() == [0x80, 4])
        bench.wait(1000)

        #expect(bench.poll() == [0x18])
        bench.wait(1000)
        #expect(bench.poll() == [0x82, 4])
        #expect(bench.poll() == [0x14])
        #expect(bench.truth.returned == [5000: 1])
    }

    @Test func `HOLD keeps the note ten seconds more, again and again`() throws {
        let bench = TestBench()
        try bench.escrow50()
        for _ in 0..<6 {
            bench.wait(9000)
            #expect(bench.command(0x38) == [0x00])
            #expect(bench.poll() == [0x1A])
        }
        bench.wait(10_100)

        #expect(bench.poll() == [0x18])
    }

    @Test func `STACK, RETURN and HOLD without a held note are illegal`() {
        let bench = TestBench()
        bench.enable()

        for command in [0x35, 0x36, 0x38] as [UInt8] { #expect(bench.command(command) == [0x30]) }
    }

    @Test func `RETURN and RESET each give a held note back`() throws {
        var bench = TestBench()
        try bench.escrow50()
        bench.command(0x36)
        #expect(bench.poll(until: [0x82, 4]))

        bench = TestBench()
        try bench.escrow50()
        bench.command(0x30)
        #expect(bench.poll(until: [0x19]))
        #expect(bench.truth.returned == [5000: 1])
    }

    @Test func `a type without the escrow bit is stacked at once, a disabled one refused`() throws {
        let bench = TestBench()
        bench.enable()
        bench.command(0x34, 0, 0, 0x10, 0, 0, 0)
        try bench.say("notes 50 20")

        #expect(bench.poll(until: [0x81, 4]))
        bench.command(0x00)
        #expect(bench.poll(until: [0x1C, 0x68]))
        bench.wait(1000)
        let truth = bench.truth
        #expect(truth.cassette == [5000: 1] && truth.returned == [2000: 1])
    }

    @Test func `a note that the table does not have is refused`() throws {
        let bench = TestBench()
        bench.enable()
        try bench.say("notes 2")

        #expect(bench.poll(until: [0x1C, 0x65]))
    }

    @Test func `the escrow time can be set`() throws {
        let bench = TestBench()
        bench.enable()
        #expect(bench.command(0x5A, 0, 0, 0x13, 0x88, 0, 0, 0x13, 0x88) == [0x00])
        try bench.say("notes 50")
        bench.wait(1500)
        #expect(bench.poll() == [0x80, 4])
        bench.wait(5000)

        #expect(bench.poll() == [0x18])
    }

    @Test(
        arguments: [
            (0, [0x10]), (1500, [0x11]), (1900, [0x11]), (2100, [0x12]), (4000, [0x10]),
        ] as [(Int64, [UInt8])])
    func `power comes back with the state of where the note was`(cutMs: Int64, status: [UInt8])
        throws
    {
        let bench = TestBench()
        bench.enable()
        try bench.say("notes 50")
        bench.wait(min(cutMs, 1600))
        if cutMs > 1600 {
            bench.command(0x35)
            bench.wait(cutMs - 1600)
        }
        try bench.say("power cut")
        #expect(bench.command(0x33).isEmpty)
        if cutMs == 0 { try bench.say("notes back") }
        try bench.say("power restore")
        bench.wait(1000)

        #expect(bench.poll() == status)
        #expect(bench.command(0x31) == [0, 0, 0, 0, 0, 0], "inhibits are lost")
    }

    @Test func `a note in the stacker at power-up is stacked and reported after initialize`() throws
    {
        let bench = TestBench()
        try bench.escrow50()
        bench.command(0x35)
        bench.wait(600)
        try bench.say("power cut")
        try bench.say("power restore")
        bench.wait(1000)
        #expect(bench.poll() == [0x12])
        bench.command(0x30)

        #expect(bench.poll() == [0x13])
        #expect(bench.poll(until: [0x81, 4]))
        bench.command(0x00)
        #expect(bench.poll() == [0x19])
        #expect(bench.truth.cassette == [5000: 1])
    }

    @Test func `a note in the validator at power-up goes back with the reset`() throws {
        let bench = TestBench()
        try bench.escrow50()
        try bench.say("power cut")
        try bench.say("power restore")
        bench.wait(1000)
        bench.command(0x30)

        #expect(bench.poll(until: [0x19]))
        #expect(bench.truth.returned == [5000: 1])
    }
}
