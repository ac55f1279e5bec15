import KioskModel
import Testing
import VirtualWorld

/// Notes are neither made nor lost, whatever happens.
struct ValidatorTruthTests {
    @Test func `the truth survives being written down`() throws {
        let bench = TestBench()
        try bench.escrow50()
        try bench.say("notes 20 10")
        bench.command(0x35)
        bench.wait(500)
        let truth = bench.truth

        #expect(ValidatorTruth(json: truth.json) == truth)
        #expect(
            truth.json
                == #"{"cassette":{},"returned":{},"inPath":[5000],"place":"stacker","atSlot":[2000,1000],"cassettePresent":true}"#
        )
    }

    @Test(arguments: [
        "", "{}", "[]",
        #"{"cassette":{"5000":-1},"returned":{},"inPath":[],"place":null,"atSlot":[],"cassettePresent":true}"#,
        #"{"cassette":{"5000":9223372036854775807},"returned":{},"inPath":[],"place":null,"atSlot":[],"cassettePresent":true}"#,
        #"{"cassette":{"9223372036854775807":2},"returned":{},"inPath":[],"place":null,"atSlot":[],"cassettePresent":true}"#,
        #"{"cassette":{"5000":1,"+5000":2},"returned":{},"inPath":[],"place":null,"atSlot":[],"cassettePresent":true}"#,
        #"{"cassette":{},"returned":{},"inPath":[5000,5000],"place":"stacker","atSlot":[],"cassettePresent":true}"#,
        #"{"cassette":{},"returned":{},"inPath":[5000],"place":null,"atSlot":[],"cassettePresent":true}"#,
    ])
    func `a damaged truth is refused`(json: String) {
        #expect(ValidatorTruth(json: json) == nil)
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `10,000 random words and commands conserve every note`(seed: UInt64) throws {
        var dice = SplitMix64(seed: seed)
        let bench = TestBench(VirtualValidator(seed: seed))
        var offered = 0
        var stacked = 0
        for _ in 0..<10_000 {
            bench.wait(Int64(dice.below(400)))
            switch dice.below(40) {
            case 0...3:
                let note = [1, 2, 5, 10, 20, 50, 100][dice.below(7)]
                guard (try? bench.validator.say("notes \(note)", at: bench.nowNs)) != nil else {
                    continue
                }
                offered += 1
            case 4: try bench.say(["power cut", "cassette remove"][dice.below(2)])
            case 5...6: try bench.say(["power restore", "cassette insert"][dice.below(2)])
            case 7:
                let name = ValidatorFault.Name.allCases[
                    dice.below(ValidatorFault.Name.allCases.count)]
                try bench.say(["fault ", "clear ", "clear "][dice.below(3)] + name.rawValue)
            case 8: try bench.say("clear all")
            case 9: bench.command(0x30)
            case 10...14:
                bench.command(0x34, 0, 0, UInt8(dice.below(128)), 0, 0, UInt8(dice.below(128)))
            case 15...19: bench.command(0x35)
            case 20: bench.command(0x36)
            case 21: bench.command(0x38)
            case 22: _ = bench.send((0..<dice.below(12)).map { _ in UInt8(dice.below(256)) })
            default: bench.poll()
            }
            let truth = bench.truth
            #expect(truth.offered == offered)
            #expect(truth.inPath.count <= 1)
            let inside = truth.cassette.values.reduce(0, +)
            #expect(inside >= stacked, "nothing leaves the cassette")
            stacked = inside
        }
        #expect(stacked > 0)
    }
}
