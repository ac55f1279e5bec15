import DeviceKit
import Drivers
import KioskModel
import Testing
import VirtualWorld

/// The ID-003 driver and the virtual unit were written apart; here they meet.
struct ID003SparringTests {
    private static let unit = "jcm-uba"

    private static func ready(
        seed: UInt64 = 1, _ body: @escaping @Sendable (SparringBench) async throws -> Void
    ) throws {
        try SparringBench.ready(unit, seed: seed, body)
    }

    @Test(arguments: ["jcm-uba", "jcm-wba", "jcm-ivizion"])
    func `a note is stacked and credited once`(_ unit: String) throws {
        try SparringBench.bout(unit) { bench in
            await bench.accept()
            try await bench.pass(.seconds(20))
            try await bench.say("notes 50")
            try await bench.pass(.seconds(10))

            let events = await bench.witness.events
            if unit == "jcm-ivizion", events.contains(where: { $0.contains("wrongUnit") }) {
                // The virtual unit is another model, and the driver says so.
                #expect(await bench.line.truth().atSlot == [5000], "\(events)")
                return
            }
            #expect(await bench.line.truth().cassette == [5000: 1], "\(events)")
            #expect(
                events.suffix(4) == [
                    "ready true", "accepting", "escrowed 50.00 CNY", "stacked 50.00 CNY",
                ], "\(events)")
        }
    }

    @Test func `notes follow each other and every one is counted`() throws {
        try Self.ready { bench in
            try await bench.say("notes 50 20 100 1 5 10 50")
            try await bench.wait(for: "stacked 50.00 CNY", times: 2)
            try await bench.pass(.seconds(5))

            try await Self.expectBalance(bench, "seven notes")
            #expect(await bench.line.truth().cassetteFen == 23_600)
        }
    }

    @Test func `a note is given back when the customer wants it`() throws {
        try Self.ready { bench in
            await bench.witness.decide(.returnNote)
            try await bench.say("notes 20")
            try await bench.wait(for: "returned")

            #expect(await bench.line.truth().returned == [2000: 1])
            #expect(await bench.witness.stacked.isEmpty)
        }
    }

    @Test(arguments: [5, 15, 25])
    func `a slow office costs no note`(_ seconds: Int) throws {
        try Self.ready { bench in
            await bench.witness.decide(nil)
            try await bench.say("notes 50")
            try await bench.wait(for: "escrowed 50.00 CNY")
            try await bench.pass(.seconds(seconds))
            #expect(await bench.line.truth().inPath == [5000], "the unit's own limit is renewed")
            await bench.acceptor.request(.stack)

            try await bench.wait(for: "stacked 50.00 CNY")
            try await Self.expectBalance(bench, "\(seconds) s")
        }
    }

    @Test func `a note that nobody decides about goes back`() throws {
        try Self.ready { bench in
            await bench.witness.decide(nil)
            try await bench.say("notes 50")
            try await bench.wait(for: "returned")

            #expect(await bench.line.truth().returned == [5000: 1])
        }
    }

    @Test func `a note that is not wanted is refused, and none is drawn in when none is wanted`()
        throws
    {
        try SparringBench.bout(Self.unit) { bench in
            await bench.accept([100])
            try await bench.wait(for: "ready true")
            try await bench.say("notes 20")
            try await bench.pass(.seconds(10))
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

    @Test(arguments: answers, ["11", "12", "13", "14", "15", "16", "1A", "1B", "40"])
    func `an answer damaged in any state costs no note and counts none twice`(
        _ fault: String, _ state: String
    ) throws {
        for seed in 1...2 as ClosedRange<UInt64> {
            try SparringBench.bout(Self.unit, seed: seed) { bench in
                try await bench.say("fault \(fault) 3 at \(state)")
                await bench.accept()
                try await bench.say("notes 50")
                try await bench.wait(for: "stacked 50.00 CNY")
                try await bench.pass(.seconds(10))

                try await Self.expectBalance(bench, "\(fault) at \(state), seed \(seed)")
                #expect(await bench.witness.count("stacked 50.00 CNY") == 1)
                #expect(await bench.line.truth().cassette == [5000: 1])
            }
        }
    }

    @Test(arguments: answers, ["50", "88", "8A", "C0", "C3"])
    func `a damaged answer to a command is cleared up by the next status`(
        _ fault: String, _ begin: String
    ) throws {
        try SparringBench.bout(Self.unit) { bench in
            try await bench.say("fault \(fault) 4 at \(begin)")
            await bench.accept()
            try await bench.say("notes 50 20")
            try await bench.wait(for: "stacked 20.00 CNY")
            try await bench.pass(.seconds(10))

            try await Self.expectBalance(bench, "\(fault) at \(begin)")
        }
    }

    @Test func `lost acknowledgements repeat a note that is reported once`() throws {
        try Self.ready { bench in
            try await bench.say("fault lost-ack 4 at 15")
            try await bench.say("notes 50 20")
            try await bench.wait(for: "stacked 20.00 CNY")
            try await bench.pass(.seconds(10))

            #expect(await bench.witness.count("stacked 50.00 CNY") == 1)
            #expect(await bench.line.truth().cassette == [5000: 1, 2000: 1])
        }
    }

    // 3: at once. 12: longer than the unit waits for its acknowledgement.
    @Test(arguments: [3, 12, 20])
    func `an unacknowledged VEND VALID is credited in the end, and the unit lives again`(
        _ times: Int
    ) throws {
        try Self.ready { bench in
            await bench.witness.fail("stacked", times: times)
            try await bench.say("notes 50")
            try await bench.wait(for: "stacked 50.00 CNY", within: .seconds(600))
            try await bench.say("notes 20")
            try await bench.wait(for: "stacked 20.00 CNY", within: .seconds(600))

            try await Self.expectBalance(bench, "unrecorded \(times) times")
            #expect(await bench.witness.unrecorded == times)
            #expect(await bench.line.truth().cassette == [5000: 1, 2000: 1])
        }
    }

    @Test func `an offer that cannot be recorded goes back to the customer`() throws {
        try Self.ready { bench in
            await bench.witness.fail("escrowed", times: 1)
            try await bench.say("notes 50")
            try await bench.wait(for: "returned")

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

    @Test func `power may fail at any moment of a note`() throws {
        for moment in stride(from: 0, through: 5000, by: 100) {
            try Self.ready { bench in
                try await bench.say("notes 50")
                try await bench.pass(.milliseconds(moment))
                try await bench.say("power cut")
                try await bench.pass(.milliseconds(700 + moment))
                try await bench.say("power restore")
                try await bench.pass(.seconds(60))
                try await bench.say("notes 20")
                try await bench.wait(for: "stacked 20.00 CNY")

                try await Self.expectAccounts(bench, "power cut after \(moment) ms")
            }
        }
    }

    @Test func `the cable may be pulled at any moment of a note`() throws {
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

                try await Self.expectBalance(bench, "unplugged after \(moment) ms")
            }
        }
    }

    @Test(arguments: [
        ("jam-validator next", "conditions jamInValidator"),
        ("jam-stacker next", "conditions jamInCassette"),
        ("failure 50 next", "conditions failure A2"),
        ("cassette-full", "conditions cassetteFull"),
        ("cassette-out", "conditions cassetteRemoved"),
        ("cheat next", "conditions cheated"), ("pause next", "conditions paused"),
        ("unknown-status 7E", "conditions unknownStatus 7E"),
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

            try await Self.expectAccounts(bench, fault)
        }
    }

    @Test func `a silent unit is lost and found again`() throws {
        try Self.ready { bench in
            try await bench.say("fault silence")
            try await bench.wait(for: "fault communication: poll")
            try await bench.pass(.seconds(600))
            #expect(await bench.witness.count("fault communication: identify") == 1)
            try await bench.say("clear all")
            try await bench.wait(for: "ready true", times: 2)
            try await bench.say("notes 50")

            try await bench.wait(for: "stacked 50.00 CNY")
            try await Self.expectBalance(bench, "silence")
        }
    }

    @Test(arguments: [
        ("echo", "stacked 50.00 CNY"), ("swapped-serial", "stacked 50.00 CNY"),
        ("strange-note", "refused unrecognized"),
        ("wrong-currency", "conditions wrongUnit note table: expected CNY, got USD"),
    ])
    func `a fault that is there from the start`(_ fault: String, _ event: String) throws {
        try SparringBench.bout(Self.unit) { bench in
            try await bench.say("fault \(fault)")
            await bench.accept()
            try await bench.say("notes 50")
            try await bench.wait(for: event)
            try await bench.pass(.seconds(20))

            try await Self.expectBalance(bench, fault)
        }
    }

    @Test func `a unit of another protocol is said to be none of ID-003`() throws {
        let profiles = try ProfileSet.load(
            directory: TranscriptTests.devices, drivers: Drivers.all)
        let profile = try #require(profiles.billAcceptor("bill-acceptors/jcm-uba"))
        let make = try #require(Drivers.all.billAcceptors["id003"])
        let scheduler = VirtualScheduler(seed: 1)
        try scheduler.run {
            let line = VirtualSerialLine(
                validator: VirtualValidator(speaking: .ccnet), timekeeper: scheduler)
            let acceptor = make(profile, line, scheduler)
            let faults = Faults()
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await acceptor.run { await faults.hear($0) } }
                try? await scheduler.sleep(for: .seconds(60))
                group.cancelAll()
            }
            let heard = await faults.heard
            #expect(heard.count == 1)
            #expect(heard.first?.expected == "an ID-003 unit")
            #expect(heard.first?.remedy.contains("another protocol") == true)
        }
    }

    private actor Faults {
        private(set) var heard: [Fault] = []
        func hear(_ event: AcceptorEvent) {
            if case .lost(let fault) = event { heard.append(fault) }
        }
    }

    static let troubles = [
        "unplug", "unplug", "power cut", "power cut", "fault lost-reply 3", "fault late-reply 2",
        "fault corrupt 3", "fault half-frame 2", "fault duplicate 3", "fault noise 3",
        "fault lost-ack 3 at 15", "fault lost-reply 4 at 15", "fault jam-stacker",
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
            try await bench.pass(.seconds(150))
            let before = await bench.witness.count("stacked 20.00 CNY")
            try await bench.say("notes 20")
            try await bench.wait(for: "stacked 20.00 CNY", times: before + 1)

            try await Self.expectAccounts(bench, "seed \(seed)")
        }
    }

    /// The credit point is the stacker's lever: a moment later the note is in the cassette.
    private static func expectBalance(_ bench: SparringBench, _ what: String) async throws {
        try await bench.pass(.seconds(5))
        await bench.expectBalance(what)
    }

    /// Nothing is credited that is not in the cassette, and what is there without a credit was offered and never ended.
    private static func expectAccounts(_ bench: SparringBench, _ what: String) async throws {
        try await bench.pass(.seconds(5))
        let truth = await bench.line.truth()
        let (stacked, events) = await (bench.witness.stacked, bench.witness.events)
        var (open, unended): (String?, [String: Int]) = (nil, [:])
        for event in events + ["the end"] {
            let words = event.split(separator: " ").map(String.init)
            switch (words[0], words.dropFirst().first) {
            case ("escrowed", let value?):
                if let open { unended[open, default: 0] += 1 }
                open = value
            case ("stacked", _), ("returned", _), ("connected", "inPath"): open = nil
            case ("the", _): if let open { unended[open, default: 0] += 1 }
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
        /// Nil: random bytes, some of them whole frames.
        private let status: [UInt8]?
        private var answer: [UInt8] = []

        init(seed: UInt64, status: [UInt8]? = nil, timekeeper: any Timekeeper) {
            (dice, self.status, self.timekeeper) = (SplitMix64(seed: seed), status, timekeeper)
        }
        func open() async throws(Fault) {}
        func discardInput() async throws(Fault) {}
        func close() async {}

        func write(_ bytes: [UInt8]) async throws(Fault) {
            guard let status else { return }
            switch bytes[2] {
            case 0x11: answer = Self.frame(status)
            case 0x50: answer = []
            case 0x88: answer = Self.frame([0x88] + Array("U(CHN)-06-SS ID003".utf8))
            case 0x89: answer = Self.frame([0x89] + Array("B05 ".utf8))
            case 0x8A:
                let values: [[UInt8]] = [[1, 0], [5, 0], [1, 1], [2, 1], [5, 1], [1, 2]]
                answer = Self.frame(
                    [0x8A] + values.enumerated().flatMap { [UInt8(0x61 + $0), 0x2D] + $1 })
            case 0xC0...0xC4: answer = bytes
            default: answer = Self.frame([0x50])
            }
        }

        func read(within limit: Duration) async throws(Fault) -> [UInt8] {
            if status != nil {
                if answer.isEmpty { try? await timekeeper.sleep(for: limit) }
                defer { answer = [] }
                return answer
            }
            try? await timekeeper.sleep(for: .milliseconds(1 + dice.below(30)))
            let data = (0..<1 + dice.below(6)).map { _ in UInt8(dice.below(256)) }
            return dice.happens(0.7) ? Self.frame(data) : data
        }

        static func frame(_ data: [UInt8]) -> [UInt8] {
            let body = [0xFC, UInt8(data.count + 4)] + data
            var crc: UInt16 = 0
            for byte in body {
                for bit in 0..<8 {
                    let mixed = (crc ^ UInt16(byte >> UInt8(bit))) & 1
                    crc = crc >> 1
                    if mixed == 1 { crc ^= 0x8408 }
                }
            }
            return body + [UInt8(truncatingIfNeeded: crc), UInt8(crc >> 8)]
        }
    }

    private static func listen(seconds: Int, seed: UInt64, status: [UInt8]? = nil) throws
        -> [String]
    {
        let profiles = try ProfileSet.load(
            directory: TranscriptTests.devices, drivers: Drivers.all)
        let profile = try #require(profiles.billAcceptor("bill-acceptors/jcm-uba"))
        let make = try #require(Drivers.all.billAcceptors["id003"])
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
    func `random bytes never end the driver`(_ seed: UInt64) throws {
        _ = try Self.listen(seconds: 600, seed: seed)
    }

    @Test(
        arguments: [
            ([0x12], "accepting"), ([0x14], "stacking"), ([0x18], "returning"),
            ([0x1B], "initialize"), ([0x17, 0x76], "rejecting"), ([0x19], "holding"),
            ([0x13, 0x65], "escrow"), ([0x16], "stacked"), ([0x1A], "enable notes"),
        ] as [([UInt8], String)])
    func `a state that never ends is a fault, told once`(_ status: [UInt8], _ operation: String)
        throws
    {
        let events = try Self.listen(seconds: 3600, seed: 1, status: status)

        #expect(events.filter { $0 == "fault hardware: \(operation)" }.count == 1, "\(events)")
        #expect(events.filter { $0.hasPrefix("connected") }.count == 1, "\(events)")
    }

    @Test(arguments: [[0x45], [0x49, 0xA2], [0x44], [0x43], [0x7E], [0x15]] as [[UInt8]])
    func `a state that may last credits nothing`(_ status: [UInt8]) throws {
        let events = try Self.listen(seconds: 3600, seed: 1, status: status)

        #expect(!events.contains { $0.hasPrefix("stacked") }, "\(events)")
        #expect(status == [0x15] || !events.contains { $0.hasPrefix("fault") }, "\(events)")
        #expect(events.count < 1500)
    }
}
