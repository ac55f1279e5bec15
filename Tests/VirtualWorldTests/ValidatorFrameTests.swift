import Testing
import VirtualWorld

/// Frames as bytes, from the manual's worked example and by hand.
struct ValidatorFrameTests {
    @Test func `the manual's POLL is answered with a whole frame`() {
        let bench = TestBench()
        bench.wait(1000)

        let answer = bench.send([0x02, 0x03, 0x06, 0x33, 0xDA, 0x81])

        #expect(answer.prefix(4) == [0x02, 0x03, 0x06, 0x10])
        #expect(answer == TestBench.frame([0x10]))
    }

    @Test func `RESET is acknowledged with the ACK frame of the manual`() {
        let bench = TestBench()
        bench.wait(1000)

        let answer = bench.send([0x02, 0x03, 0x06, 0x30, 0x41, 0xB3])

        #expect(answer == [0x02, 0x03, 0x06, 0x00, 0xC2, 0x82])
    }

    @Test func `a wrong checksum is answered with NAK`() {
        let bench = TestBench()
        bench.wait(1000)

        let answer = bench.send([0x02, 0x03, 0x06, 0x33, 0xDA, 0x80])

        #expect(answer == TestBench.frame([0xFF]))
    }

    @Test(
        arguments: [
            [0x02, 0x03, 0x06, 0x33, 0xDA],  // torn
            [0x02, 0x01, 0x06, 0x33, 0xDA, 0x81],  // another unit's address
            [0x02, 0x03, 0x05, 0x33, 0x81],  // shorter than any frame
            [0x02, 0x03, 0x00, 0x33, 0xDA, 0x81],
            [0x55, 0xAA, 0x00, 0xFF],
            [],
        ] as [[UInt8]])
    func `a frame that is none is answered with silence`(bytes: [UInt8]) {
        let bench = TestBench()
        bench.wait(1000)

        #expect(bench.send(bytes).isEmpty)
        bench.wait(20)

        #expect(bench.command(0x33) == [0x10], "and the next whole frame is understood")
    }

    @Test func `noise before a frame is skipped`() {
        let bench = TestBench()
        bench.wait(1000)

        let answer = bench.send([0x7F, 0x00, 0x02, 0x03, 0x06, 0x33, 0xDA, 0x81])

        #expect(answer == TestBench.frame([0x10]))
    }

    @Test func `bytes within 5 ms make one frame, a longer gap tears it`() {
        let bench = TestBench()
        bench.wait(1000)

        var answer = bench.send([0x02, 0x03, 0x06])
        bench.wait(4)
        answer += bench.send([0x33, 0xDA, 0x81])
        #expect(answer == TestBench.frame([0x10]))

        answer = bench.send([0x02, 0x03, 0x06])
        bench.wait(6)
        answer += bench.send([0x33, 0xDA, 0x81])
        #expect(answer.isEmpty)
    }

    @Test func `two frames in one write get two answers`() {
        let bench = TestBench()
        bench.wait(1000)

        let answer = bench.send(TestBench.frame([0x33]) + TestBench.frame([0x31]))

        #expect(answer == TestBench.frame([0x10]) + TestBench.frame([0, 0, 0, 0, 0, 0]))
    }

    @Test func `an unknown command and a command of the wrong length are illegal`() {
        let bench = TestBench()
        bench.wait(1000)

        #expect(bench.command(0x7B) == [0x30])
        #expect(bench.command(0x34, 0, 0, 1) == [0x30])
    }
}
