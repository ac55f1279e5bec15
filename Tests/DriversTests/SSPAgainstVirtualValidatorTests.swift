import DeviceKit
import KioskModel
import Testing
import VirtualWorld

/// The SSP driver and the virtual validator were written apart from the same manual; here they meet, in clear (NV9) and
/// encrypted (NV200).
struct SSPAgainstVirtualValidatorTests {
    static let units = ["itl-nv9usb", "itl-nv200"]

    @Test(arguments: units)
    func `notes follow each other and every one is counted once`(_ unit: String) throws {
        try SparringBench.ready(unit) { bench in
            try await bench.say("notes 50 20 100 1 5 10 50")
            try await bench.wait(for: "stacked 50.00 CNY", times: 2)
            try await bench.pass(.seconds(5))

            await bench.expectBalance("seven notes")
            #expect(await bench.line.truth().cassetteFen == 23_600)
            #expect(await bench.witness.count("connected clearAfterPowerUp") == 1)
        }
    }

    @Test(arguments: units)
    func `a note is given back when the customer wants it`(_ unit: String) throws {
        try SparringBench.ready(unit) { bench in
            await bench.witness.decide(.returnNote)
            try await bench.say("notes 20")
            try await bench.wait(for: "returned")
            try await bench.pass(.seconds(5))

            #expect(await bench.line.truth().returned == [2000: 1])
            #expect(await bench.witness.stacked.isEmpty)
        }
    }

    @Test(arguments: units)
    func `a slow decision finds the note still held, and none at all gives it back`(
        _ unit: String
    ) throws {
        try SparringBench.ready(unit) { bench in
            await bench.witness.decide(nil)
            try await bench.say("notes 50")
            try await bench.wait(for: "escrowed 50.00 CNY")
            try await bench.pass(.seconds(25))
            await bench.acceptor.request(.stack)
            try await bench.wait(for: "stacked 50.00 CNY")
            try await bench.say("notes 20")
            try await bench.wait(for: "returned")

            await bench.expectBalance("25 s")
            #expect(await bench.line.truth().returned == [2000: 1])
        }
    }

    @Test(arguments: units)
    func `a note that is not wanted is refused, and none is drawn in when none is wanted`(
        _ unit: String
    ) throws {
        try SparringBench.bout(unit) { bench in
            await bench.accept([100])
            try await bench.wait(for: "ready true")
            try await bench.say("notes 20")
            try await bench.wait(for: "refused inhibited")
            await bench.accept([])
            try await bench.wait(for: "ready false")
            try await bench.say("notes 100")
            try await bench.pass(.seconds(20))

            #expect(await bench.line.truth().atSlot == [10_000])
            await bench.expectBalance("inhibited")
        }
    }

    static let answers = [
        "lost-reply", "late-reply", "corrupt", "half-frame", "duplicate", "noise",
    ]

    @Test(arguments: units, answers)
    func `damaged answers at any moment of a note cost none and count none twice`(
        _ unit: String, _ fault: String
    ) throws {
        for moment in stride(from: 0, through: 4000, by: 250) {
            try SparringBench.ready(unit, seed: UInt64(moment + 1)) { bench in
                try await bench.say("notes 50")
                try await bench.pass(.milliseconds(moment))
                try await bench.say("fault \(fault) 2")
                try await bench.wait(for: "stacked 50.00 CNY")
                try await bench.pass(.seconds(10))

                await bench.expectBalance("\(fault) after \(moment) ms")
                #expect(await bench.line.truth().cassette == [5000: 1])
                #expect(await bench.witness.doubtful.isEmpty)
            }
        }
    }

    @Test(arguments: units)
    func `a credit that cannot be recorded comes again until it can`(_ unit: String) throws {
        try SparringBench.ready(unit) { bench in
            await bench.witness.fail("stacked", times: 3)
            try await bench.say("notes 50")
            try await bench.wait(for: "stacked 50.00 CNY")
            try await bench.say("notes 20")
            try await bench.wait(for: "stacked 20.00 CNY")

            await bench.expectBalance("unrecorded")
            #expect(await bench.witness.stacked == [5000: 1, 2000: 1])
        }
    }

    @Test(arguments: units)
    func `an offer that cannot be recorded goes back to the customer`(_ unit: String) throws {
        try SparringBench.ready(unit) { bench in
            await bench.witness.fail("escrowed", times: 1)
            try await bench.say("notes 50")
            try await bench.wait(for: "returned")

            await bench.expectBalance("unrecorded offer")
            #expect(await bench.line.truth().returned == [5000: 1])
        }
    }

    @Test(arguments: units)
    func `power may fail at any moment of a note`(_ unit: String) throws {
        for moment in stride(from: 0, through: 4500, by: 100) {
            try SparringBench.ready(unit) { bench in
                try await bench.say("notes 50")
                try await bench.pass(.milliseconds(moment))
                try await bench.say("power cut")
                try await bench.pass(.milliseconds(300 + moment))
                try await bench.say("power restore")
                try await bench.pass(.seconds(60))
                try await bench.say("notes 20")
                try await bench.wait(for: "stacked 20.00 CNY")

                await bench.expectBalance("power cut after \(moment) ms")
            }
        }
    }

    @Test(arguments: units)
    func `the cable may be pulled at any moment of a note`(_ unit: String) throws {
        for moment in stride(from: 0, through: 4500, by: 100) {
            try SparringBench.ready(unit) { bench in
                try await bench.say("notes 50")
                try await bench.pass(.milliseconds(moment))
                try await bench.say("unplug")
                try await bench.pass(.milliseconds(300 + 2 * moment))
                try await bench.say("plug")
                try await bench.pass(.seconds(60))
                try await bench.say("notes 20")
                try await bench.wait(for: "stacked 20.00 CNY")

                await bench.expectBalance("unplugged after \(moment) ms")
            }
        }
    }

    @Test(
        arguments: units,
        [
            ("jam-validator next", "conditions jamInValidator"),
            ("jam-stacker next", "conditions jamInCassette"),
            ("cassette-full", "conditions cassetteFull"),
            ("cassette-out", "conditions cassetteRemoved"),
            ("cheat next", "conditions cheated"),
            ("unknown-status 7E", "conditions unknownStatus 7E"),
        ])
    func `a condition is told and the unit works afterwards`(
        _ unit: String, _ fault: (words: String, condition: String)
    ) throws {
        try SparringBench.ready(unit) { bench in
            try await bench.say("fault \(fault.words)")
            try await bench.say("notes 50")
            try await bench.wait(for: fault.condition)
            try await bench.pass(.seconds(20))
            try await bench.say("clear all")
            try await bench.wait(for: "conditions none")
            try await bench.say("notes 20")
            try await bench.wait(for: "stacked 20.00 CNY")

            await bench.expectBalance(fault.words)
        }
    }

    @Test(arguments: units)
    func `a silent unit is lost once and found again`(_ unit: String) throws {
        try SparringBench.ready(unit) { bench in
            try await bench.say("fault silence")
            try await bench.wait(for: "fault communication: poll")
            try await bench.pass(.seconds(600))
            #expect(await bench.witness.events.count { $0.hasPrefix("fault") } <= 2)
            try await bench.say("clear all")
            try await bench.wait(for: "ready true", times: 2)
            try await bench.say("notes 50")

            try await bench.wait(for: "stacked 50.00 CNY")
            await bench.expectBalance("silence")
        }
    }

    @Test(
        arguments: units,
        [
            ("echo", "stacked 50.00 CNY"), ("swapped-serial", "stacked 50.00 CNY"),
            ("reject 65", "refused unrecognized"), ("strange-note", "refused unrecognized"),
            (
                "wrong-currency",
                "conditions wrongUnit note table: expected CNY or CHN, got USD"
            ),
        ])
    func `a fault that is there from the start`(
        _ unit: String, _ fault: (words: String, event: String)
    ) throws {
        try SparringBench.bout(unit) { bench in
            try await bench.say("fault \(fault.words)")
            await bench.accept()
            try await bench.say("notes 50")
            try await bench.wait(for: fault.event)
            try await bench.pass(.seconds(20))

            await bench.expectBalance(fault.words)
        }
    }

    /// A quarter of an hour of everything at once, from a seed.
    private func mischief(_ bench: SparringBench, _ dice: inout SplitMix64) async throws {
        let faults =
            Self.answers.map { "\($0) \(dice.below(3) + 1)" } + [
                "reject 66", "jam-stacker next", "jam-validator next", "cassette-out",
                "cassette-full", "strange-note",
            ]
        for _ in 0..<30 {
            switch dice.below(10) {
            case 0...3:
                let notes = (0..<dice.below(3) + 1).map { _ in
                    [1, 5, 10, 20, 50, 100][dice.below(6)]
                }
                try await bench.say("notes \(notes.map(String.init).joined(separator: " "))")
            case 4, 5: try await bench.say("fault \(faults[dice.below(faults.count)])")
            case 6:
                try await bench.say("power cut")
                try await bench.pass(.milliseconds(dice.below(4000)))
                try await bench.say("power restore")
            case 7:
                try await bench.say("unplug")
                try await bench.pass(.milliseconds(dice.below(12_000)))
                try await bench.say("plug")
            case 8:
                await bench.witness.decide([.stack, .stack, .returnNote, nil][dice.below(4)])
            default:
                await bench.witness.fail(
                    ["stacked", "escrowed", "returned"][dice.below(3)], times: 1)
            }
            try await bench.pass(.milliseconds(dice.below(6000)))
            if dice.happens(0.3) { try await bench.say("clear all") }
        }
    }

    @Test(arguments: units, 1...25 as ClosedRange<UInt64>)
    func `every note of a wild quarter of an hour is accounted for`(_ unit: String, _ seed: UInt64)
        throws
    {
        try SparringBench.ready(unit, seed: seed) { bench in
            var dice = SplitMix64(seed: seed)
            try await mischief(bench, &dice)
            await bench.witness.decide(.stack)
            try await bench.say("notes back")
            try await bench.say("clear all")
            try await bench.pass(.seconds(180))
            let before = await bench.witness.count("stacked 100.00 CNY")
            try await bench.say("notes 100")
            try await bench.wait(for: "stacked 100.00 CNY", times: before + 1)

            await bench.expectBalance("\(unit), seed \(seed)")
        }
    }
}
