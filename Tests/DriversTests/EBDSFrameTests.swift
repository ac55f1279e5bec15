import KioskModel
import Testing
import VirtualWorld

@testable import Drivers

/// Frames as bytes. Source: decapod-atm/ebds, message layouts; PyramidTechnologies/PTI.Rs232Validator.
struct EBDSFrameTests {
    @Test func `the worked example has its checksum`() {
        #expect(
            EBDSFrame(kind: .host, toggle: false, data: [0x7F, 0x1C, 0x10]).bytes
                == [0x02, 0x08, 0x10, 0x7F, 0x1C, 0x10, 0x03, 0x6B])
    }

    @Test(
        arguments: [
            (.poll(EBDSWish(extendedNotes: true)), [0x02, 0x08, 0x10, 0, 0x1C, 0x14, 0x03, 0x10]),
            (.softReset, [0x02, 0x08, 0x60, 0x7F, 0x7F, 0x7F, 0x03, 0x17]),
            (
                .poll(
                    EBDSWish(denominations: 0x7F, heldNote: .stack, extendedNotes: true)),
                [0x02, 0x08, 0x10, 0x7F, 0x3C, 0x14, 0x03, 0x4F]
            ),
            (
                .note(index: 1, EBDSWish(extendedNotes: false)),
                [0x02, 0x0A, 0x70, 0x02, 0, 0x1C, 0x04, 0x01, 0x03, 0x61]
            ),
            (
                .inhibits([1, 8, 50], bytes: 8, EBDSWish(extendedNotes: false)),
                [
                    0x02, 0x11, 0x70, 0x03, 0, 0x1C, 0x04, 1, 1, 0, 0, 0, 0, 0, 1, 0x03, 0x7B,
                ]
            ),
        ] as [(EBDSCommand, [UInt8])])
    func `commands have the bytes of the layouts`(_ command: EBDSCommand, _ bytes: [UInt8]) {
        #expect(command.frame(toggle: false).bytes == bytes)
    }

    @Test func `no piece of a frame and no flipped bit passes for one`() {
        let good = EBDSFrame(kind: .device, toggle: true, data: [1, 0x10, 0, 0, 0x55, 1]).bytes
        for count in 1..<good.count {
            #expect(EBDSFrame.piece(of: good[..<count]) == .incomplete)
        }
        for bit in 0..<(8 * good.count) {
            var bad = good
            bad[bit / 8] ^= UInt8(1 << (bit % 8))
            if case .frame = EBDSFrame.piece(of: bad[...]) { Issue.record("bit \(bit) unnoticed") }
        }
    }

    @Test func `a host's own frame coming back is no answer`() {
        let wish = EBDSWish(extendedNotes: true)
        for command in [.poll(wish), .question(.type), .note(index: 3, wish)] as [EBDSCommand] {
            #expect(!command.isAnswer(command.frame(toggle: true)))
        }
    }

    @Test(
        arguments: [
            ("CNY001+02", 10_000), ("CNY005+00", 500), ("CNY050-01", 500), ("CNY005-01", 50),
            ("CNY001-03", nil), ("CNY000+00", nil), ("CNY001+99", nil), ("CNY999+05", nil),
            ("CNY0x1+00", nil), ("CNY001*00", nil),
        ] as [(String, Int64?)])
    func `base, sign and exponent make an amount, or none`(_ text: String, _ fen: Int64?) {
        let note = EBDSNote([1] + Array(text.utf8))

        #expect(note?.value?.fen == fen && note?.currency == "CNY")
    }

    @Test func `a blank report is blank, a short one says nothing`() {
        #expect(EBDSNote([UInt8](repeating: 0, count: 18))?.isBlank == true)
        #expect(EBDSNote([1, 0x43, 0x4E]) == nil)
    }

    @Test func `any bits are a status, and each has an end`() {
        for byte in UInt8.min...0x7F {
            for place in 0..<EBDSStatus.length {
                var bytes: [UInt8] = [0, 0x10, 0, 0, 0, 0]
                bytes[place] = byte
                let status = EBDSStatus(bytes)

                let conditions = status.conditions(afterStacking: true, nearlyFull: false)
                #expect(conditions.count <= 9)
                #expect(!(status.isAtRest && status.hasNote))
            }
        }
    }
}
