import DeviceKit
import KioskModel
import Testing
import VirtualWorld

/// Driver and virtual validator were written apart from the same document; here they meet.
struct AgainstVirtualValidatorTests {
    @Test func `a note is stacked and credited once`() throws {
        try SparringBench.ready { bench in
            try await bench.say("notes 50")
            try await bench.wait(for: "stacked 50.00 CNY")
            try await bench.pass(.seconds(5))

            #expect(await bench.line.truth().cassette == [5000: 1])
            #expect(
                await bench.witness.events == [
                    "connected clearAfterPowerUp",
                    "identified SM-CHN1353, serial 20KC10000123, "
                        + "accepts 1.00 5.00 10.00 20.00 50.00 100.00",
                    "ready true", "accepting", "escrowed 50.00 CNY", "stacked 50.00 CNY",
                ])
        }
    }

    @Test func `notes follow each other and every one is counted`() throws {
        try SparringBench.ready { bench in
            try await bench.say("notes 50 20 100 1 5 10 50")
            try await bench.wait(for: "stacked 50.00 CNY", times: 2)
            try await bench.pass(.seconds(5))

            await bench.expectBalance("seven notes")
            #expect(await bench.line.truth().cassetteFen == 23_600)
        }
    }

    @Test func `a note is given back when the customer wants it`() throws {
        try SparringBench.ready { bench in
            await bench.witness.decide(.returnNote)
            try await bench.say("notes 20")
            try await bench.wait(for: "returned")
            try await bench.pass(.seconds(5))

            #expect(await bench.line.truth().returned == [2000: 1])
            #expect(await bench.witness.stacked.isEmpty)
        }
    }

    @Test func `a note that nobody decides about is held for half a minute and goes back`() throws {
        try SparringBench.ready { bench in
            await bench.witness.decide(nil)
            try await bench.say("notes 50")
            try await bench.wait(for: "escrowed 50.00 CNY")
            try await bench.pass(.seconds(25))
            #expect(await bench.line.truth().inPath == [5000])

            try await bench.wait(for: "returned")
            #expect(await bench.line.truth().returned == [5000: 1])
        }
    }

    @Test func `a note is taken after 25 seconds of thought`() throws {
        try SparringBench.ready { bench in
            await bench.witness.decide(nil)
            try await bench.say("notes 50")
            try await bench.wait(for: "escrowed 50.00 CNY")
            try await bench.pass(.seconds(25))
            await bench.acceptor.request(.stack)

            try await bench.wait(for: "stacked 50.00 CNY")
            await bench.expectBalance("25 s")
        }
    }

    @Test func `a note that is not wanted is refused`() throws {
        try SparringBench.bout { bench in
            await bench.accept([100])
            try await bench.wait(for: "ready true")
            try await bench.say("notes 20")

            try await bench.wait(for: "refused inhibited")
            await bench.expectBalance("inhibited")
        }
    }

    static let answers = [
        "lost-reply", "late-reply", "corrupt", "half-frame", "duplicate", "noise",
    ]
    static let states = ["10", "13", "14", "15", "17", "19", "80", "81"]

    @Test(arguments: answers, states)
    func `an answer damaged in any state costs no note and counts none twice`(
        _ fault: String, _ state: String
    ) throws {
        for seed in 1...3 as ClosedRange<UInt64> {
            try SparringBench.bout(seed: seed) { bench in
                try await bench.say("fault \(fault) 3 at \(state)")
                await bench.accept()
                try await bench.say("notes 50")
                try await bench.wait(for: "stacked 50.00 CNY")
                try await bench.pass(.seconds(10))

                await bench.expectBalance("\(fault) at \(state), seed \(seed)")
                #expect(await bench.witness.doubtful.isEmpty)
                #expect(await bench.line.truth().cassette == [5000: 1])
            }
        }
    }

    @Test(arguments: answers, ["00", "30", "53", "01"])
    func `a damaged answer to a command is cleared up by the next status`(
        _ fault: String, _ begin: String
    ) throws {
        try SparringBench.bout { bench in
            try await bench.say("fault \(fault) 4 at \(begin)")
            await bench.accept()
            try await bench.say("notes 50 20")
            try await bench.wait(for: "stacked 20.00 CNY")
            try await bench.pass(.seconds(10))

            await bench.expectBalance("\(fault) at \(begin)")
        }
    }

    @Test(arguments: ["81", "82"])
    func `lost acknowledgements repeat a note that is reported once`(_ state: String) throws {
        try SparringBench.ready { bench in
            await bench.witness.decide(state == "81" ? .stack : .returnNote)
            try await bench.say("fault lost-ack 4 at \(state)")
            try await bench.say("notes 50")
            try await bench.pass(.seconds(20))

            #expect(await bench.witness.count("stacked 50.00 CNY") == (state == "81" ? 1 : 0))
            #expect(await bench.witness.count("returned") == (state == "82" ? 1 : 0))
            await bench.expectBalance(state)
        }
    }

    @Test func `a credit that cannot be recorded is not acknowledged and comes again`() throws {
        try SparringBench.ready { bench in
            await bench.witness.fail("stacked", times: 3)
            try await bench.say("notes 50 20")
            try await bench.wait(for: "stacked 20.00 CNY")

            await bench.expectBalance("unrecorded")
            #expect(await bench.line.truth().cassette == [5000: 1, 2000: 1])
        }
    }

    @Test func `an offer that cannot be recorded goes back to the customer`() throws {
        try SparringBench.ready { bench in
            await bench.witness.fail("escrowed", times: 1)
            try await bench.say("notes 50")
            try await bench.wait(for: "returned")

            await bench.expectBalance("unrecorded offer")
            #expect(await bench.line.truth().returned == [5000: 1])
        }
    }

    @Test func `a unit of which nothing can be recorded takes no note`() throws {
        try SparringBench.bout { bench in
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
            try SparringBench.ready { bench in
                try await bench.say("notes 50")
                try await bench.pass(.milliseconds(moment))
                try await bench.say("power cut")
                try await bench.pass(.milliseconds(700 + moment))
                try await bench.say("power restore")
                try await bench.pass(.seconds(60))
                try await bench.say("notes 20")
                try await bench.wait(for: "stacked 20.00 CNY")

                await bench.expectBalance("power cut after \(moment) ms")
            }
        }
    }

    @Test func `the cable may be pulled at any moment of a note`() throws {
        for moment in stride(from: 0, through: 5000, by: 100) {
            try SparringBench.ready { bench in
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
        ("failure 54 next", "conditions failure 54"),
        ("cassette-full", "conditions cassetteFull"),
        ("cassette-out", "conditions cassetteRemoved"),
        ("cheat next", "conditions cheated"), ("pause next", "conditions paused"),
        ("unknown-status 7E", "conditions unknownStatus 7E"),
    ])
    func `a condition is told while it lasts and the unit works afterwards`(
        _ fault: String, _ condition: String
    ) throws {
        try SparringBench.ready { bench in
            try await bench.say("fault \(fault)")
            try await bench.say("notes 50")
            try await bench.wait(for: condition)
            try await bench.pass(.seconds(20))
            try await bench.say("clear all")
            try await bench.wait(for: "conditions none")
            try await bench.say("notes 20")
            try await bench.wait(for: "stacked 20.00 CNY")

            await bench.expectBalance(fault)
        }
    }

    @Test func `a silent unit is lost and found again`() throws {
        try SparringBench.ready { bench in
            try await bench.say("fault silence")
            try await bench.wait(for: "fault communication: poll")
            try await bench.pass(.seconds(600))
            #expect(await bench.witness.count("fault communication: poll") == 1)
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
        ("wrong-currency", "conditions wrongUnit note table: expected CHN or CNY, got USA"),
    ])
    func `a fault that is there from the start`(_ fault: String, _ event: String) throws {
        try SparringBench.bout { bench in
            try await bench.say("fault \(fault)")
            await bench.accept()
            try await bench.say("notes 50")
            try await bench.wait(for: event)
            try await bench.pass(.seconds(20))

            await bench.expectBalance(fault)
        }
    }

    @Test func `no note is drawn in after accepting was ended`() throws {
        try SparringBench.ready { bench in
            await bench.accept([])
            try await bench.wait(for: "ready false")
            try await bench.say("notes 50")
            try await bench.pass(.seconds(20))

            #expect(await bench.line.truth().atSlot == [5000])
        }
    }
}
