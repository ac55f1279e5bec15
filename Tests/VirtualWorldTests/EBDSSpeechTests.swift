import Testing
import VirtualWorld

/// An EBDS host with its own arithmetic: one omnibus command a poll, the toggle bit by hand.
final class EBDSBench {
    private(set) var validator: VirtualValidator
    var nowNs: Int64 = 0
    var toggle: UInt8 = 0
    /// Denominations, operational mode (four ways, escrow), configuration (policy B, notes reported).
    var settings: [UInt8] = [0x7F, 0x1C, 0x14]

    init(truth: ValidatorTruth = ValidatorTruth()) {
        validator = VirtualValidator(speaking: .ebds, truth: truth)
    }

    var truth: ValidatorTruth { validator.truth(at: nowNs) }

    func wait(_ milliseconds: Int64) { nowNs += milliseconds * 1_000_000 }
    func say(_ words: String) throws { try validator.say(words, at: nowNs) }
    func send(_ bytes: [UInt8]) -> [UInt8] {
        validator.receive(bytes, at: nowNs).flatMap(\.bytes)
    }

    /// CTL and data of the answer; empty for silence. The toggle bit of the next message differs after an answer.
    @discardableResult
    func message(_ type: UInt8, _ data: [UInt8]) -> [UInt8] {
        let answer = send(EBDSBench.frame(type << 4 | toggle, data))
        guard answer.count >= 5 else { return [] }
        toggle ^= 1
        return Array(answer[2..<answer.count - 2])
    }

    /// An omnibus command: the answer's six state bytes, without a note that stands behind them.
    @discardableResult
    func poll(_ command: UInt8 = 0) -> [UInt8] {
        let answer = message(1, [settings[0], settings[1] | command, settings[2]])
        guard let control = answer.first else { return [] }
        return Array(control >> 4 == 7 ? answer[2...7] : answer[1...6])
    }

    /// What a note report says: index, then currency and value as text; nil when the answer is none.
    func polledNote() -> String? {
        let answer = message(1, settings)
        guard answer.first.map({ $0 >> 4 }) == 7, answer[1] == 2 else { return nil }
        return String(decoding: answer[9...17], as: UTF8.self)
    }

    /// Polls every 200 ms until the motion byte is that, at most for a minute.
    func poll(until motion: UInt8) -> Bool {
        for _ in 0..<300 {
            if poll().first == motion { return true }
            wait(200)
        }
        return false
    }

    /// Power-up to idling.
    func start() {
        wait(1000)
        poll()
        wait(2000)
        poll()
    }

    func escrow50() throws {
        start()
        try say("notes 50")
        wait(1500)
    }

    static func frame(_ control: UInt8, _ data: [UInt8]) -> [UInt8] {
        let body = [UInt8(data.count + 5), control] + data
        var check: UInt8 = 0
        for byte in body { check = (check | byte) & ~(check & byte) }
        return [0x02] + body + [0x03, check]
    }
}

/// The unit's answers, against the examples of public hosts and by hand.
struct EBDSSpeechTests {
    @Test func `the published poll is answered with a whole message`() {
        let bench = EBDSBench()
        bench.wait(1000)

        let answer = bench.send([0x02, 0x08, 0x10, 0x7F, 0x1C, 0x10, 0x03, 0x6B])

        #expect(answer.prefix(3) == [0x02, 0x0B, 0x20])
        #expect(answer == EBDSBench.frame(0x20, [0, 0x10, 0x01, 0x10, 0x54, 0x1E]))
    }

    @Test(
        arguments: [
            ([0x02, 0x08, 0x60, 0x00, 0x00, 0x07, 0x03, 0x6F], 14),
            ([0x02, 0x0A, 0x70, 0x02, 0x00, 0x00, 0x00, 0x01, 0x03, 0x79], 30),
            ([0x02, 0x0B, 0x70, 0x04, 0x00, 0x00, 0x00, 0x01, 0x02, 0x03, 0x7C], 12),
            ([0x02, 0x0A, 0x70, 0x0B, 0x00, 0x00, 0x00, 0x01, 0x03, 0x70], 13),
            (
                [0x02, 0x11, 0x70, 0x03, 0, 0, 0, 0x01, 0, 0, 0, 0, 0, 0, 0, 0x03, 0x63], 11
            ),
        ] as [([UInt8], Int)])
    func `published messages get answers of the published length`(bytes: [UInt8], length: Int) {
        let bench = EBDSBench()
        bench.wait(1000)

        let answer = bench.send(bytes)

        #expect(answer.count == length && answer[1] == UInt8(length))
        #expect(answer == EBDSBench.frame(answer[2], Array(answer[3..<length - 2])))
    }

    @Test(
        arguments: [
            [0x02, 0x08, 0x10, 0x7F, 0x1C, 0x10, 0x03, 0x6A],  // a wrong check
            [0x02, 0x08, 0x10, 0x7F, 0x1C, 0x10, 0x04, 0x6B],  // a wrong end
            [0x02, 0x08, 0x10, 0x7F, 0x1C],  // torn
            [0x02, 0x08, 0x12, 0x7F, 0x1C, 0x10, 0x03, 0x69],  // another device
            [0x02, 0x04, 0x10, 0x03], [0x55, 0xAA], [],
        ] as [[UInt8]])
    func `a message that is none is answered with silence`(bytes: [UInt8]) {
        let bench = EBDSBench()
        bench.wait(1000)

        #expect(bench.send(bytes).isEmpty)
        bench.wait(20)

        #expect(bench.poll().count == 6, "and the next whole message is understood")
    }

    @Test func `the same toggle bit gets the same answer, byte for byte`() throws {
        let bench = EBDSBench()
        try bench.escrow50()
        let first = bench.send(EBDSBench.frame(0x10 | bench.toggle, bench.settings))
        bench.wait(5000)

        let stack = bench.send(EBDSBench.frame(0x10 | bench.toggle, [0x7F, 0x3C, 0x14]))

        #expect(stack == first, "and what stands in the repetition is not obeyed")
        bench.wait(2000)
        #expect(bench.truth.cassette.isEmpty)
    }

    @Test func `a note goes over accepting and escrow into the cassette`() throws {
        let bench = EBDSBench()
        bench.start()
        #expect(bench.poll() == [0x01, 0x10, 0, 0x10, 0x54, 0x1E])
        try bench.say("notes 50")
        bench.wait(500)
        #expect(bench.poll()[0] == 0x02)
        bench.wait(1000)
        #expect(bench.polledNote() == "CNY005+01")
        #expect(bench.poll(0x20)[0] == 0x08)
        bench.wait(1000)

        #expect(bench.poll()[0] == 0x11)
        #expect(bench.poll()[0] == 0x01)
        #expect(bench.truth.cassette == [5000: 1])
    }

    @Test func `without note reports the value is an index in the exception byte`() throws {
        let bench = EBDSBench()
        bench.settings[2] = 0x04
        try bench.escrow50()

        #expect(bench.poll() == [0x04, 0x10, 5 << 3, 0x10, 0x54, 0x1E])
        bench.poll(0x20)
        bench.wait(1000)
        #expect(bench.poll() == [0x11, 0x10, 5 << 3, 0x10, 0x54, 0x1E])
    }

    @Test func `stacked stays until the toggle bit changes`() throws {
        let bench = EBDSBench()
        try bench.escrow50()
        bench.poll(0x20)
        bench.wait(1000)
        let stacked = bench.send(EBDSBench.frame(0x10 | bench.toggle, bench.settings))
        bench.wait(10_000)

        #expect(stacked[4] == 0x11)
        #expect(bench.send(EBDSBench.frame(0x10 | bench.toggle, bench.settings)) == stacked)
        bench.toggle ^= 1
        #expect(bench.poll()[0] == 0x01)
    }

    @Test func `an acknowledgement that is lost leaves the stacked bit set`() throws {
        let bench = EBDSBench()
        try bench.escrow50()
        try bench.say("fault lost-ack 2 at 11")
        bench.poll(0x20)
        bench.wait(1000)

        #expect((0..<4).map { _ in bench.poll()[0] } == [0x11, 0x11, 0x11, 0x01])
    }

    @Test func `RETURN gives the note back; outside escrow both commands mean nothing`() throws {
        let bench = EBDSBench()
        bench.start()
        #expect(bench.poll(0x20)[0] == 0x01)
        #expect(bench.poll(0x60)[2] & 0x02 == 0x02, "both at once are an invalid command")
        #expect(bench.poll()[2] & 0x02 == 0)
        try bench.say("notes 50")
        bench.wait(1500)

        #expect(bench.poll(0x40)[0] == 0x20)
        bench.wait(1000)
        #expect(bench.poll()[0] == 0x41)
        #expect(bench.poll()[0] == 0x01)
        #expect(bench.truth.returned == [5000: 1])
    }

    @Test func `a note is held for as long as nobody sets a timeout`() throws {
        let bench = EBDSBench()
        try bench.escrow50()
        bench.wait(600_000)
        #expect(bench.poll()[0] == 0x04)
        bench.poll(0x40)
        #expect(bench.poll(until: 0x01))

        bench.message(7, [0x04] + bench.settings + [8, 0])
        try bench.say("notes 20")
        bench.wait(1200)
        #expect(bench.poll()[0] == 0x04)
        bench.wait(8000)
        #expect(bench.poll()[0] == 0x20)
    }

    @Test func `a note that is not enabled is rejected`() throws {
        let bench = EBDSBench()
        bench.start()
        // Notes 1 to 4: up to 20 yuan.
        let inhibits = [0x03] + bench.settings + [0x0F, 0, 0, 0, 0, 0, 0, 0]
        #expect(bench.message(7, inhibits).first.map { $0 >> 4 } == 2)
        try bench.say("notes 50 20")

        #expect(bench.poll(until: 0x20))
        #expect(bench.poll() == [0x20, 0x12, 0, 0x10, 0x54, 0x1E])
        #expect(bench.poll(until: 0x04))
        #expect(bench.truth.returned == [5000: 1])
    }

    @Test func `nothing is drawn in while no denomination is enabled`() throws {
        let bench = EBDSBench()
        bench.settings[0] = 0
        bench.start()
        try bench.say("notes 50")
        bench.wait(5000)

        #expect(bench.poll()[0] == 0x01, "EBDS has no word for it: idling")
        #expect(bench.truth.atSlot == [5000])
    }

    @Test func `inhibits and escrow timeout are lost with the power`() throws {
        let bench = EBDSBench()
        bench.start()
        bench.message(7, [0x03] + bench.settings + [0x01, 0, 0, 0, 0, 0, 0, 0])
        bench.message(7, [0x04] + bench.settings + [5, 0])
        try bench.say("power cut")
        bench.wait(1000)
        try bench.say("power restore")
        try bench.escrow50()
        bench.wait(60_000)

        #expect(bench.poll()[0] == 0x04, "every note is let in, and held without end")
    }

    @Test func `the table of notes is told by index and ends with a blank one`() throws {
        let bench = EBDSBench()
        bench.wait(1000)
        func report(_ index: UInt8) -> [UInt8] {
            Array(bench.message(7, [0x02] + bench.settings + [index]).dropFirst(8))
        }

        #expect(report(6) == [6] + Array("CNY001+02".utf8) + [0] + Array("AABA".utf8) + [0, 0, 0])
        #expect(report(7) == [UInt8](repeating: 0, count: 18))
        try bench.say("fault wrong-currency")
        #expect(String(decoding: report(1)[1...9], as: UTF8.self) == "USD001+00")
        let values = bench.message(7, [0x06] + bench.settings)
        #expect(values.count == 78 && values[8...11] == [1, 0x55, 0x53, 0x44])
        #expect(values[68...77] == [7, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    }

    @Test func `the unit tells type, serial number, parts and checksum`() throws {
        let bench = EBDSBench()
        bench.wait(1000)
        func ask(_ command: UInt8) -> [UInt8] {
            Array(bench.message(6, [0, 0, command]).dropFirst())
        }

        #expect(String(decoding: ask(0x04).prefix(7), as: UTF8.self) == "SC6607R")
        #expect(
            [0x04, 0x05, 0x06, 0x07, 0x08, 0x0D].map { ask($0).count } == [20, 20, 9, 9, 32, 6])
        #expect(ask(0x55) == ask(0x00), "an unknown question is answered with the checksum")
        let serial = ask(0x05)
        try bench.say("fault swapped-serial")
        #expect(ask(0x05) != serial)
    }

    // Where a note lies when the power comes, the policy, and what the unit then does.
    @Test(
        arguments: [
            (0x10, "validator", 0x01, "returned"), (0x14, "validator", 0x00, "held"),
            (0x18, "validator", 0x00, "held"), (0x10, "stacker", 0x11, "untold"),
            (0x14, "stacker", 0x11, "told"), (0x18, "stacker", 0x11, "untold"),
        ] as [(UInt8, String, UInt8, String)])
    func `the power-up policy decides about a note in the unit`(
        _ configuration: UInt8, _ place: String, _ motion: UInt8, _ end: String
    ) throws {
        var truth = ValidatorTruth()
        truth.inPath = [5000]
        truth.place = ValidatorTruth.Place(rawValue: place)
        let bench = EBDSBench(truth: truth)
        bench.settings[2] = configuration
        bench.wait(1000)

        #expect(bench.poll()[2] & 1 == 1, "power-up")
        bench.wait(1600)
        let answer = bench.message(1, bench.settings)
        let state = Array(answer.first == 0x70 | bench.toggle ^ 1 ? answer[2...7] : answer[1...6])

        #expect(state[0] == motion && state[2] == 0)
        #expect(state[3] & 1 == (end == "held" ? 1 : 0))
        #expect(bench.truth.returned == (end == "returned" ? [5000: 1] : [:]))
        #expect(bench.truth.inPath == (end == "held" ? [5000] : []))
        if place == "stacker" {
            let note = String(decoding: answer[9...17], as: UTF8.self)
            #expect(note == (end == "told" ? "CNY005+01" : String(repeating: "\0", count: 9)))
        }
    }

    @Test func `a held note is freed by a person, or by policy A and a restart`() throws {
        var truth = ValidatorTruth()
        (truth.inPath, truth.place) = ([5000], .validator)
        var bench = EBDSBench(truth: truth)
        bench.start()
        #expect(bench.poll(0x40) == [0, 0x10, 0, 0x11, 0x54, 0x1E], "RETURN is not heard")
        try bench.say("clear jam-validator")
        #expect(bench.poll(until: 0x01))
        #expect(bench.truth.returned == [5000: 1])

        bench = EBDSBench(truth: truth)
        bench.start()
        bench.settings[2] = 0x10
        #expect(bench.message(6, [0x7F, 0x7F, 0x7F]).isEmpty)
        bench.wait(4900)
        #expect(bench.poll().isEmpty)
        bench.wait(200)
        #expect(bench.poll()[2] & 1 == 1)
        bench.wait(1600)
        #expect(bench.poll()[0] == 0x01)
        #expect(bench.truth.returned == [5000: 1])
    }

    @Test(
        arguments: [
            ("jam-validator", [0x00, 0x14, 0, 0x10]), ("jam-stacker now", [0x00, 0x14, 0, 0x10]),
            ("failure 54", [0x00, 0x10, 0x04, 0x10]), ("cassette-out", [0x00, 0x00, 0, 0x10]),
            ("cassette-full", [0x00, 0x18, 0, 0x10]), ("pause", [0x01, 0x30, 0, 0x10]),
            ("cheat now", [0x01, 0x11, 0, 0x10]), ("unknown-status", [0x7E, 0x10, 0, 0x10]),
        ] as [(String, [UInt8])])
    func `what keeps the unit from working is a bit while it lasts`(
        _ fault: String, _ state: [UInt8]
    ) throws {
        let bench = EBDSBench()
        bench.start()
        try bench.say("fault \(fault)")
        #expect(bench.poll().prefix(4) == state[...])

        try bench.say("clear all")
        #expect(bench.poll(until: 0x01))
        #expect(bench.poll() == [0x01, 0x10, 0, 0x10, 0x54, 0x1E])
    }

    @Test func `a cassette that was put in brings one blank note report`() throws {
        let bench = EBDSBench()
        bench.start()
        try bench.say("cassette remove")
        bench.poll()
        try bench.say("cassette insert")

        #expect(bench.polledNote() == String(repeating: "\0", count: 9))
        #expect(bench.polledNote() == nil)
    }

    @Test func `a strange note is reported with a value that the table does not have`() throws {
        let bench = EBDSBench()
        bench.start()
        try bench.say("fault strange-note")
        try bench.say("notes 50")
        bench.wait(1500)

        #expect(bench.polledNote() == "CNY500+00")
    }

    @Test func `answers get lost, torn, corrupted, doubled and noisy, and come again`() throws {
        let bench = EBDSBench()
        bench.start()
        let poll = EBDSBench.frame(0x10 | bench.toggle, bench.settings)
        let good = bench.send(poll)

        for fault in ["lost-reply", "half-frame", "corrupt", "duplicate", "noise"] {
            try bench.say("fault \(fault) at 01")
            #expect(bench.send(poll) != good, "\(fault)")
            #expect(bench.send(poll) == good)
        }
    }
}
