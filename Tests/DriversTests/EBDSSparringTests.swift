import DeviceKit
import Drivers
import KioskModel
import Testing
import VirtualWorld

/// The EBDS driver and the virtual unit were written apart; here they meet.
struct EBDSSparringTests {
    private static let unit = "mei-cashflow-sc66"

    private static func ready(
        seed: UInt64 = 1, _ body: @escaping @Sendable (SparringBench) async throws -> Void
    ) throws {
        try SparringBench.ready(unit, seed: seed, body)
    }

    @Test(arguments: ["mei-cashflow-sc66", "mei-cashflow-sc83", "cpi-scr83"])
    func `a note is stacked and credited once`(_ unit: String) throws {
        try SparringBench.ready(unit) { bench in
            try await bench.say("notes 50")
            try await bench.wait(for: "stacked 50.00 CNY")
            try await bench.pass(.seconds(5))

            #expect(await bench.line.truth().cassette == [5000: 1])
            let events = await bench.witness.events
            #expect(
                events.suffix(4) == [
                    "ready true", "accepting", "escrowed 50.00 CNY", "stacked 50.00 CNY",
                ], "\(events)")
        }
    }

    @Test func `F12 the unit's own table is read and compared before a note is let in`() throws {
        try Self.ready { bench in
            let events = await bench.witness.events
            #expect(events.first == "connected clearAfterPowerUp")
            #expect(
                events.contains {
                    $0.hasPrefix("identified ")
                        && $0.hasSuffix("accepts 1.00 5.00 10.00 20.00 50.00 100.00")
                }, "\(events)")
        }
    }

    @Test func `notes follow each other and every one is counted`() throws {
        try Self.ready { bench in
            try await bench.say("notes 50 20 100 1 5 10 50")
            try await bench.wait(for: "stacked 50.00 CNY", times: 2)
            try await bench.pass(.seconds(5))

            await bench.expectBalance("seven notes")
            #expect(await bench.line.truth().cassetteFen == 23_600)
        }
    }

    @Test func `a note is given back when the customer wants it`() throws {
        try Self.ready { bench in
            await bench.witness.decide(.returnNote)
            try await bench.say("notes 20")
            try await bench.wait(for: "returned")
            try await bench.pass(.seconds(5))

            #expect(await bench.witness.count("returned") == 1)
            #expect(await bench.line.truth().returned == [2000: 1])
            #expect(await bench.witness.stacked.isEmpty)
        }
    }

    @Test(arguments: [5, 15, 25])
    func `F4 a slow office costs no note`(_ seconds: Int) throws {
        try Self.ready { bench in
            await bench.witness.decide(nil)
            try await bench.say("notes 50")
            try await bench.wait(for: "escrowed 50.00 CNY")
            try await bench.pass(.seconds(seconds))
            #expect(await bench.line.truth().inPath == [5000], "the unit's own limit is longer")
            await bench.acceptor.request(.stack)

            try await bench.wait(for: "stacked 50.00 CNY")
            await bench.expectBalance("\(seconds) s")
        }
    }

    @Test func `F4 a note that nobody decides about is held for half a minute and goes back`()
        throws
    {
        try Self.ready { bench in
            await bench.witness.decide(nil)
            try await bench.say("notes 50")
            try await bench.wait(for: "escrowed 50.00 CNY")
            try await bench.pass(.seconds(25))
            #expect(await bench.line.truth().inPath == [5000])

            try await bench.wait(for: "returned")
            #expect(await bench.line.truth().returned == [5000: 1])
        }
    }

    @Test func `F4 a dead host keeps nobody's note`() throws {
        try Self.ready { bench in
            await bench.witness.decide(nil)
            try await bench.say("notes 50")
            try await bench.wait(for: "escrowed 50.00 CNY")
            try await bench.say("unplug")
            try await bench.pass(.seconds(60))

            #expect(await bench.line.truth().returned == [5000: 1])
        }
    }

    @Test
    func `F13 a note that is not wanted is refused, and none is drawn in when none is wanted`()
        throws
    {
        try SparringBench.bout(Self.unit) { bench in
            await bench.accept([100])
            try await bench.wait(for: "ready true")
            try await bench.say("notes 20")
            try await bench.wait(for: "refused unrecognized")
            try await bench.pass(.seconds(5))
            #expect(await bench.line.truth().returned == [2000: 1])

            await bench.accept([])
            try await bench.wait(for: "ready false")
            try await bench.say("notes 50")
            try await bench.pass(.seconds(20))
            #expect(await bench.line.truth().atSlot == [5000])
            #expect(await bench.witness.stacked.isEmpty)
        }
    }

    static let answers = [
        "lost-reply", "late-reply", "corrupt", "half-frame", "duplicate", "noise",
    ]

    // By the first byte of the state; answers to other messages are met by the test below.
    @Test(arguments: answers, ["00", "01", "02", "04", "08", "10"])
    func `F24 an answer damaged in any state costs no note and counts none twice`(
        _ fault: String, _ state: String
    ) throws {
        for seed in 1...2 as ClosedRange<UInt64> {
            try SparringBench.bout(Self.unit, seed: seed) { bench in
                try await bench.say("fault \(fault) 3 at \(state)")
                await bench.accept()
                try await bench.say("notes 50")
                try await bench.wait(for: "stacked 50.00 CNY")
                try await bench.pass(.seconds(10))

                await bench.expectBalance("\(fault) at \(state), seed \(seed)")
                #expect(await bench.witness.count("stacked 50.00 CNY") == 1)
                #expect(await bench.line.truth().cassette == [5000: 1])
            }
        }
    }

    @Test(arguments: answers, Array(stride(from: 0, through: 8000, by: 500)))
    func `F11 answers damaged at any moment cost no note`(_ fault: String, _ moment: Int) throws {
        try SparringBench.bout(Self.unit) { bench in
            await bench.accept()
            try await bench.say("notes 50 20")
            try await bench.pass(.milliseconds(moment))
            try await bench.say("fault \(fault) 4")
            try await bench.wait(for: "stacked 20.00 CNY")
            try await bench.pass(.seconds(10))

            await bench.expectBalance("\(fault) after \(moment) ms")
            #expect(await bench.line.truth().cassette == [5000: 1, 2000: 1])
        }
    }

    @Test func `F14 lost acknowledgements repeat a note that is reported once`() throws {
        try Self.ready { bench in
            try await bench.say("fault lost-ack 4 at 10")
            try await bench.say("notes 50 20")
            try await bench.wait(for: "stacked 20.00 CNY")
            try await bench.pass(.seconds(10))

            #expect(await bench.witness.count("stacked 50.00 CNY") == 1)
            #expect(await bench.line.truth().cassette == [5000: 1, 2000: 1])
        }
    }

    @Test(arguments: [1, 3, 12])
    func `F1 a credit that cannot be recorded is not acknowledged and comes again`(_ times: Int)
        throws
    {
        try Self.ready { bench in
            await bench.witness.fail("stacked", times: times)
            try await bench.say("notes 50 20")
            try await bench.wait(for: "stacked 20.00 CNY", within: .seconds(300))

            await bench.expectBalance("unrecorded")
            #expect(await bench.line.truth().cassette == [5000: 1, 2000: 1])
            #expect(await bench.witness.unrecorded == times)
        }
    }

    @Test func `an offer that cannot be recorded goes back to the customer`() throws {
        try Self.ready { bench in
            await bench.witness.fail("escrowed", times: 1)
            try await bench.say("notes 50")
            try await bench.pass(.seconds(30))

            await bench.expectBalance("unrecorded offer")
            #expect(await bench.line.truth().returned == [5000: 1])
        }
    }

    @Test func `a unit of which nothing can be recorded takes no note`() throws {
        try SparringBench.bout(Self.unit) { bench in
            await bench.witness.fail("ready true", times: 1)
            await bench.accept()
            while await bench.witness.unrecorded == 0 { try await bench.pass(.milliseconds(10)) }
            try await bench.say("notes 50")
            try await bench.pass(.milliseconds(400))

            #expect(await bench.line.truth().atSlot == [5000])
        }
    }

    @Test func `F5 power may fail at any moment of a note`() throws {
        for moment in stride(from: 0, through: 5000, by: 100) {
            try Self.ready { bench in
                try await bench.say("notes 50")
                try await bench.pass(.milliseconds(moment))
                try await bench.say("power cut")
                try await bench.pass(.milliseconds(700 + moment))
                try await bench.say("power restore")
                try await bench.pass(.seconds(60))
                // A note that was in escrow is kept there, out of order, until a technician frees it (policy B).
                try await bench.say("clear all")
                try await bench.pass(.seconds(30))
                try await bench.say("notes 20")
                try await bench.wait(for: "stacked 20.00 CNY")

                await Self.expectAccounts(bench, "power cut after \(moment) ms")
            }
        }
    }

    @Test func `F21 the cable may be pulled at any moment of a note`() throws {
        for moment in stride(from: 0, through: 5000, by: 100) {
            try Self.ready { bench in
                try await bench.say("notes 50")
                try await bench.pass(.milliseconds(moment))
                try await bench.say("unplug")
                try await bench.pass(.milliseconds(300 + 10 * moment))
                try await bench.say("plug")
                try await bench.pass(.seconds(60))
                try await bench.say("notes 20")
                try await bench.wait(for: "stacked 20.00 CNY")

                await bench.expectBalance("unplugged after \(moment) ms")
                #expect(await bench.witness.doubtful.isEmpty)
            }
        }
    }

    @Test(arguments: [
        ("jam-validator next", "conditions jamInValidator"),
        ("jam-stacker next", "conditions jamInCassette"),
        ("failure 50 next", "conditions failure 22"),
        ("cassette-full", "conditions cassetteFull"),
        ("cassette-out", "conditions cassetteRemoved"),
        ("cheat next", "conditions cheated"), ("pause next", "conditions paused"),
    ])
    func `a condition is told while it lasts and the unit works afterwards`(
        _ fault: String, _ condition: String
    ) throws {
        try Self.ready { bench in
            try await bench.say("fault \(fault)")
            try await bench.say("notes 50")
            try await bench.wait(for: condition)
            try await bench.pass(.seconds(20))
            try await bench.say("clear all")
            try await bench.wait(for: "conditions none")
            try await bench.say("notes 20")
            try await bench.wait(for: "stacked 20.00 CNY")

            await Self.expectAccounts(bench, fault)
        }
    }

    @Test(arguments: ["7E", "00", "7F", "55"])
    func `F6 a unit that says what nobody knows is survived, and works afterwards`(_ code: String)
        throws
    {
        try Self.ready { bench in
            try await bench.say("fault unknown-status \(code)")
            try await bench.pass(.seconds(200))
            let stacked = await bench.witness.stacked.values.reduce(0, +)
            try await bench.say("clear all")
            try await bench.pass(.seconds(30))
            try await bench.say("notes 20")
            try await bench.wait(for: "stacked 20.00 CNY")

            #expect(stacked == 0)
            await Self.expectAccounts(bench, code)
        }
    }

    @Test func `F10 a silent unit is lost and found again`() throws {
        try Self.ready { bench in
            try await bench.say("fault silence")
            try await bench.wait(for: "fault communication: poll")
            try await bench.pass(.seconds(600))
            #expect(await bench.witness.count("fault communication: identify") == 1)
            try await bench.say("clear all")
            try await bench.wait(for: "ready true", times: 2)
            try await bench.say("notes 50")

            try await bench.wait(for: "stacked 50.00 CNY")
            await bench.expectBalance("silence")
        }
    }

    @Test(arguments: [
        ("echo", "stacked 50.00 CNY"), ("swapped-serial", "stacked 50.00 CNY"),
        ("reject 65", "refused unrecognized"), ("strange-note", "refused unrecognized"),
        ("wrong-currency", "conditions wrongUnit note table: expected CNY, got USD"),
    ])
    func `a fault that is there from the start`(_ fault: String, _ event: String) throws {
        try SparringBench.bout(Self.unit) { bench in
            try await bench.say("fault \(fault)")
            await bench.accept()
            try await bench.say("notes 50")
            try await bench.wait(for: event)
            try await bench.pass(.seconds(20))

            await bench.expectBalance(fault)
        }
    }

    @Test func `F22 another unit in its place has another serial number`() throws {
        try Self.ready { bench in
            try await bench.say("unplug")
            try await bench.say("fault swapped-serial")
            try await bench.pass(.seconds(5))
            try await bench.say("plug")
            try await bench.wait(for: "ready true", times: 2)

            let identities = await bench.witness.events.filter { $0.hasPrefix("identified") }
            #expect(Set(identities).count == 2, "\(identities)")
        }
    }

    // Power is cut and the cable pulled twice as often as anything else happens.
    static let troubles = [
        "unplug", "unplug", "power cut", "power cut", "fault lost-reply 3", "fault late-reply 2",
        "fault corrupt 3", "fault half-frame 2", "fault duplicate 3", "fault noise 3",
        "fault lost-ack 3", "fault lost-reply 4 at 10", "fault jam-stacker",
        "fault jam-validator next", "fault cheat", "fault pause next", "fault reject 66",
        "cassette remove", "fault cassette-full", "fault silence", "fault failure 50",
        "fault strange-note",
    ]

    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `every note is accounted for whatever happens to the unit`(_ seed: UInt64) throws {
        try Self.ready(seed: seed) { bench in
            var dice = SplitMix64(seed: seed)
            for _ in 0..<8 {
                let note = [1, 5, 10, 20, 50, 100][dice.below(6)]
                await bench.witness.decide(
                    [.stack, .stack, .stack, .returnNote, nil][dice.below(5)])
                try await bench.say("notes \(note)")
                try await bench.pass(.milliseconds(dice.below(5000)))
                try await bench.say(Self.troubles[dice.below(Self.troubles.count)])
                try await bench.pass(.milliseconds(dice.below(12_000)))
                try await bench.say("plug")
                try await bench.say("power restore")
                try await bench.say("cassette insert")
                try await bench.say("clear all")
                try await bench.pass(.milliseconds(dice.below(20_000)))
            }
            await bench.witness.decide(.stack)
            try await bench.say("notes back")
            try await bench.pass(.seconds(100))
            try await bench.say("clear all")
            try await bench.pass(.seconds(50))
            let before = await bench.witness.count("stacked 20.00 CNY")
            try await bench.say("notes 20")
            try await bench.wait(for: "stacked 20.00 CNY", times: before + 1)

            await Self.expectAccounts(bench, "seed \(seed)")
        }
    }

    /// Nothing is credited that is not in the cassette, and what is there without a credit was offered and never ended:
    /// that is doubtful at the kiosk too.
    private static func expectAccounts(_ bench: SparringBench, _ what: String) async {
        let truth = await bench.line.truth()
        let (stacked, events) = await (bench.witness.stacked, bench.witness.events)
        var (open, unended): (String?, [String: Int]) = (nil, [:])
        for event in events + ["escrowed at the end"] {
            let words = event.split(separator: " ").map(String.init)
            switch (words[0], words[1...].first) {
            case ("escrowed", let value?):
                if let open { unended[open, default: 0] += 1 }
                open = value
            case ("stacked", _), ("returned", _), ("connected", "inPath"): open = nil
            default: break
            }
        }
        for fen in Set(truth.cassette.keys).union(stacked.keys).sorted() {
            let (inside, credited) = (truth.cassette[fen] ?? 0, stacked[fen] ?? 0)
            let doubtful = unended[Money(fen: fen).yuanText] ?? 0
            #expect(credited <= inside, "\(what), \(fen) invented: \(events)")
            #expect(inside <= credited + doubtful, "\(what), \(fen) lost: \(events)")
        }
    }

    // MARK: Units that misbehave without end

    private actor Talker: ByteLink {
        private var dice: SplitMix64
        private let timekeeper: any Timekeeper
        /// Data of every answer; nil: random bytes, some of them whole frames.
        private let status: [UInt8]?
        private var answer: [UInt8] = []

        init(seed: UInt64, status: [UInt8]?, timekeeper: any Timekeeper) {
            (dice, self.status, self.timekeeper) = (SplitMix64(seed: seed), status, timekeeper)
        }
        func open() async throws(Fault) {}
        func discardInput() async throws(Fault) {}
        func close() async {}

        func write(_ bytes: [UInt8]) async throws(Fault) {
            guard let status else { return }
            answer = Self.frame([0x20 | bytes[2] & 1] + status)
        }

        func read(within limit: Duration) async throws(Fault) -> [UInt8] {
            if status != nil {
                if answer.isEmpty { try? await timekeeper.sleep(for: limit) }
                defer { answer = [] }
                return answer
            }
            try? await timekeeper.sleep(for: .milliseconds(1 + dice.below(30)))
            let kind: UInt8 = [0x20, 0x21, 0x60, 0x61, 0x70, 0x71][dice.below(6)]
            let data = (0..<1 + dice.below(30)).map { _ in UInt8(dice.below(128)) }
            return dice.happens(0.7) ? Self.frame([kind] + data) : data
        }

        static func frame(_ body: [UInt8]) -> [UInt8] {
            let length = UInt8(body.count + 4)
            return [0x02, length] + body + [0x03, body.reduce(length) { $0 ^ $1 }]
        }
    }

    private static func listen(seconds: Int, seed: UInt64, status: [UInt8]? = nil) throws
        -> [String]
    {
        let profiles = try ProfileSet.load(
            directory: TranscriptTests.devices, drivers: Drivers.all)
        let profile = try #require(profiles.billAcceptor("bill-acceptors/\(unit)"))
        let make = try #require(Drivers.all.billAcceptors["ebds"])
        let scheduler = VirtualScheduler(seed: seed)
        return try scheduler.run {
            let link = Talker(seed: seed, status: status, timekeeper: scheduler)
            let acceptor = make(profile, link, scheduler)
            let witness = Witness(acceptor: acceptor)
            await acceptor.request(.accept([.yuan(50)]))
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await acceptor.run { try await witness.hear($0) } }
                try? await scheduler.sleep(for: .seconds(seconds))
                group.cancelAll()
            }
            return await witness.events
        }
    }

    @Test(arguments: 1...10 as ClosedRange<UInt64>)
    func `F19 a flood of random frames never ends the driver`(_ seed: UInt64) throws {
        _ = try Self.listen(seconds: 600, seed: seed)
    }

    @Test(
        arguments: [
            ([0x02, 0x10, 0, 0, 0x55, 1], "accepting"), ([0x04, 0x10, 0, 0, 0x55, 1], "escrowed"),
            ([0x08, 0x10, 0, 0, 0x55, 1], "stacking"), ([0x20, 0x10, 0, 0, 0x55, 1], "returning"),
            ([0x00, 0x10, 1, 0, 0x55, 1], "power-up"),
        ] as [([UInt8], String)])
    func `F17 a state that never ends is a fault, told once`(
        _ status: [UInt8], _ operation: String
    ) throws {
        let events = try Self.listen(seconds: 3600, seed: 1, status: status)

        #expect(events.filter { $0 == "fault hardware: \(operation)" }.count == 1, "\(events)")
        #expect(events.filter { $0.hasPrefix("connected") }.count <= 1, "\(events)")
    }

    @Test(
        arguments: [
            [0x00, 0x14, 0, 0, 0x55, 1], [0x00, 0x10, 4, 0, 0x55, 1], [0x00, 0x00, 0, 0, 0x55, 1],
            [0x7F, 0x7F, 0x7E, 0x7F, 0x7F, 0x7F], [0x10, 0x10, 0, 0, 0x55, 1],
            [0x00, 0x11, 0, 0, 0x55, 1], [0x01, 0x10, 0, 0x60, 0x55, 1],
        ] as [[UInt8]])
    func `F17 a state that may last credits nothing and is told once`(_ status: [UInt8]) throws {
        let events = try Self.listen(seconds: 3600, seed: 1, status: status)

        #expect(!events.contains { $0.hasPrefix("stacked") }, "\(events)")
        #expect(events.count < 200, "\(events.prefix(20))")
    }
}
