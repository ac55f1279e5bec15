import KioskModel
import Testing

@testable import Drivers

/// Bytes of ID-003, from the published example and by hand.
struct ID003FrameTests {
    @Test func `the published status request has the published checksum`() {
        #expect(ID003Command.status.frame.bytes == [0xFC, 0x05, 0x11, 0x27, 0x56])
    }

    @Test(
        arguments: [
            (.reset, [0x40]), (.stack, [0x41]), (.stackFully, [0x42]), (.returnNote, [0x43]),
            (.hold, [0x44]), (.version, [0x88]), (.bootVersion, [0x89]), (.currencies, [0x8A]),
            (.denominations(0xC3, 0x00), [0xC0, 0xC3, 0x00]),
            (.normalSecurity, [0xC1, 0x00, 0x00]),
            (.polledMode, [0xC2, 0x00]), (.inhibit(true), [0xC3, 0x01]),
            (.inhibit(false), [0xC3, 0x00]), (.anyDirection, [0xC4, 0x00]),
        ] as [(ID003Command, [UInt8])])
    func `a command is its code and its data`(_ command: ID003Command, _ data: [UInt8]) {
        #expect(command.frame.data == data)
    }

    @Test func `a frame is read back, and what is none costs a byte`() {
        let frame = ID003Command.status.frame.bytes

        #expect(
            ID003Frame.piece(of: frame[...])
                == .frame(ID003Frame(data: [0x11]), length: 5))
        #expect(ID003Frame.piece(of: [0x55, 0x66] + frame[...]) == .noise(2))
        #expect(ID003Frame.piece(of: frame[..<4]) == .incomplete)
        #expect(ID003Frame.piece(of: [0xFC]) == .incomplete)
        #expect(ID003Frame.piece(of: []) == .incomplete)
        #expect(ID003Frame.piece(of: [0xFC, 0x04, 0x11]) == .noise(1))
        #expect(ID003Frame.piece(of: [0xFC, 0x05, 0x11, 0x27, 0x57]) == .noise(1))
        #expect(ID003Frame.piece(of: [0x01, 0x02]) == .noise(2))
    }

    @Test func `every bit of a frame is guarded`() {
        let frame = ID003Frame(data: [0x13, 0x65]).bytes
        for bit in 0..<frame.count * 8 {
            var broken = frame
            broken[bit / 8] ^= 1 << UInt8(bit % 8)

            if case .frame = ID003Frame.piece(of: broken[...]) {
                Issue.record("bit \(bit) changed and the frame was believed")
            }
        }
    }

    @Test(arguments: 0...0xFF as ClosedRange<UInt8>)
    func `every status code is read as something, with and without data`(_ code: UInt8) {
        for data in [[code], [code, 0x65], [code] + [UInt8](repeating: 0xFF, count: 31)] {
            let status = ID003Status(data)

            #expect(!status.name.isEmpty)
            #expect(status.conditions.count <= 1)
        }
    }

    @Test(
        arguments: [
            (.status, [0x11], true), (.status, [0x13, 0x65], true), (.status, [0x50], false),
            (.status, [0x05], false), (.status, [0x4B], false), (.status, [0xC3, 0x00], false),
            (.status, [0x8A, 0x61, 0x2D, 5, 1], false), (.status, [0x4A], true),
            (.status, [], false), (.stack, [0x50], true), (.stack, [0x4B], true),
            (.stack, [0x41], false), (.stack, [0x14], false), (.reset, [0x40], false),
            (.version, [0x88], false), (.version, [0x88, 0x55], true),
            (.currencies, [0x8A], false), (.currencies, [0x8A, 0x61, 0x2D, 5, 1], true),
            (.currencies, [0x8A, 0x61, 0x2D, 5, 1, 0x30], false),
            (.currencies, [0x8A, 0x61, 0x2D, 5, 1, 0x30, 0x35], true),
            (.inhibit(true), [0xC3, 0x01], true), (.inhibit(true), [0xC3, 0x00], false),
        ] as [(ID003Command, [UInt8], Bool)])
    func `an answer is told by its form`(
        _ command: ID003Command, _ data: [UInt8], _ isTaken: Bool
    ) {
        #expect(command.takes(data) == isTaken)
    }

    @Test func `the table is read with gaps, boot version and damaged values`() {
        let table = ID003CurrencyTable.read([
            0x61, 0x2D, 1, 0, 0x62, 0, 0, 0, 0x63, 0x2D, 1, 2, 0x64, 0x2D, 9, 6, 0x65, 0x2D, 255, 3,
            0x30, 0x35,
        ])

        #expect(table.entries.map(\.type) == [0x61, 0x63, 0x64, 0x65])
        #expect(table.value(ofType: 0x61) == .yuan(1))
        #expect(table.value(ofType: 0x63) == .yuan(100))
        #expect(table.value(ofType: 0x64) == nil && table.value(ofType: 0x65) == nil)
        #expect(ID003CurrencyTable.read([]).entries.isEmpty)
        #expect(ID003CurrencyTable.read([0x61, 0x2D]).entries.isEmpty)
    }

    @Test func `the version is read whatever stands in it`() {
        let version = Array("i(USA)100-SS ID003-05V280-42 01AUG17 964D".utf8)
        let identity = ID003Identity.read(version, boot: Array("B05 ".utf8))

        #expect(identity.model == "i(USA)100-SS" && identity.serial.isEmpty)
        #expect(identity.firmware == "ID003-05V280-42 01AUG17 964D B05")
        #expect(ID003Identity.read([0x00, 0xFF, 0x1B], boot: []).model.isEmpty)
    }
}
