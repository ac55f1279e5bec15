import KioskModel
import Testing
import VirtualWorld

@testable import Drivers

struct CCNETFrameTests {
    // Source of the first: CCNET Common Specifications, worked example; the others: CRC-16/KERMIT catalogue check value.
    @Test func `the checksum is that of the specification`() {
        #expect(CCNETFrame.crc([0x02, 0x03, 0x06, 0x33]) == 0x81DA)
        #expect(CCNETFrame.crc("123456789".utf8) == 0x2189)
        #expect(CCNETCommand.poll.frame.bytes == [0x02, 0x03, 0x06, 0x33, 0xDA, 0x81])
    }

    @Test func `type 0 is bit 0 of the third byte, for accepting and for escrow`() {
        let frame = CCNETCommand.enable(types: [0, 9, 23]).frame

        #expect(frame.data == [0x34, 0x80, 0x02, 0x01, 0x80, 0x02, 0x01])
    }

    @Test func `every frame that is cut, or has one bit turned, is no frame`() {
        let good = CCNETFrame(data: [0x81, 0x04]).bytes
        for count in 0..<good.count {
            #expect(CCNETFrame.piece(of: good[..<count]) == .incomplete)
        }
        for bit in 0..<(8 * good.count) {
            var bad = good
            bad[bit / 8] ^= UInt8(1 << (bit % 8))
            if case .frame = CCNETFrame.piece(of: bad[...]) { Issue.record("bit \(bit) unnoticed") }
        }
    }

    @Test func `garbage is passed over and the frame behind it is found`() {
        var dice = SplitMix64(seed: 7)
        let good = CCNETFrame(data: [0x14]).bytes
        for _ in 0..<2000 {
            let garbage = (0..<dice.below(40)).map { _ in UInt8(dice.below(256)) }
            var bytes = (garbage + good)[...]
            var frames: [[UInt8]] = []
            while !bytes.isEmpty {
                switch CCNETFrame.piece(of: bytes) {
                case .frame(let frame, let length):
                    frames.append(frame.data)
                    bytes = bytes.dropFirst(length)
                case .noise(let count): bytes = bytes.dropFirst(count)
                case .incomplete: bytes = bytes.dropFirst()
                }
            }
            #expect(frames == [[0x14]])
        }
    }

    @Test(
        arguments: [
            ([0x41], CCNETCommand.noteTable, false), ([0x41], .poll, true), ([0x30], .poll, false),
            ([0x30], .stack, true), ([0x00], .poll, false), ([0x14], .stack, false),
            ([0x80, 0x04], .identification, false),
        ] as [([UInt8], CCNETCommand, Bool)])
    func `an answer is matched to its command`(
        _ data: [UInt8], _ command: CCNETCommand, _ fits: Bool
    ) {
        #expect(command.takes(data) == fits)
    }

    @Test(
        arguments: [
            ([1, 67, 72, 78, 0], 100), ([5, 67, 72, 78, 1], 5000), ([1, 67, 72, 78, 2], 10_000),
            ([5, 67, 72, 78, 0x81], 50), ([1, 67, 72, 78, 0x83], nil),
            ([1, 67, 72, 78, 0x7F], nil),
            ([200, 67, 72, 78, 5], nil), ([25, 67, 72, 78, 2], 250_000),
        ] as [([UInt8], Int64?)])
    func `digits and exponent make an amount, or none`(_ entry: [UInt8], _ fen: Int64?) {
        let table = CCNETNoteTable.read([0, 0, 0, 0, 0] + entry)

        #expect(table.entries.count == 1 && table.entries.first?.country == "CHN")
        #expect(table.value(ofType: 1)?.fen == fen && table.value(ofType: 0) == nil)
    }

    @Test func `every status byte has an answer, with and without what belongs to it`() {
        for code in UInt8.min...UInt8.max {
            for data in [[code], [code, 0], [code, 0xFF], [code, 1, 2, 3, 4, 5, 6, 7]] {
                let status = CCNETStatus(data)

                #expect(!status.name.isEmpty)
                if case .unknown(let unknown) = status {
                    #expect(status.conditions == [.unknownStatus(unknown)] && unknown == code)
                }
            }
        }
    }
}
