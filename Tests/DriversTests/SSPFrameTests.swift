import DeviceKit
import KioskModel
import Testing

@testable import Drivers

struct SSPFrameTests {
    // Source of the first: GA138, worked example (SYNC); the other: CRC-16/CMS catalogue check value.
    @Test func `the checksum is that of the manual`() {
        #expect(SSPFrame.crc([0x80, 0x01, 0x11]) == 0x8265)
        #expect(SSPFrame.crc("123456789".utf8) == 0xAEE7)
        #expect(
            SSPFrame(sequence: true, data: SSPCommand.sync.data).bytes
                == [0x7F, 0x80, 0x01, 0x11, 0x65, 0x82])
    }

    private func read(_ bytes: [UInt8]) -> [SSPFrame] {
        var reader = SSPFrameReader()
        return bytes.compactMap { reader.take($0) }
    }

    @Test func `every 7F behind the first is sent twice and read once, in the checksum too`() {
        // Of all single bytes some have a checksum with a 7F in it.
        for first in UInt8.min...UInt8.max {
            let frame = SSPFrame(sequence: first & 1 == 0, data: [0xF0, first, 0x7F, 0x7F, first])
            let bytes = frame.bytes

            #expect(read(bytes) == [frame])
            let runs = bytes.dropFirst().split { $0 != 0x7F }
            #expect(runs.allSatisfy { $0.count.isMultiple(of: 2) })
        }
    }

    @Test func `noise, a torn packet and a wrong checksum cost no packet behind them`() {
        let good = SSPFrame(sequence: false, data: [0xF0, 0xEE, 0x05])
        var damaged = good.bytes
        damaged[4] ^= 0x10

        #expect(read([0x00, 0x12, 0xFF] + good.bytes) == [good])
        #expect(read(Array(good.bytes.prefix(4)) + good.bytes) == [good])
        #expect(read([0x7F] + good.bytes) == [good])
        #expect(read(damaged + good.bytes) == [good])
        #expect(read(good.bytes.dropLast()).isEmpty)
    }

    @Test func `channels are bits from the lowest of the first byte`() {
        #expect(SSPCommand.inhibits(channels: [1, 3]).data == [0x02, 0x05, 0x00])
        #expect(SSPCommand.inhibits(channels: [8, 9, 16, 17, 0]).data == [0x02, 0x80, 0x81])
    }

    @Test func `all events of an answer are read, in their order`() {
        #expect(
            SSPEvent.events([0xF1, 0xE2, 0x05, 0xCC, 0xEF, 0x00, 0xEF, 0x04, 0xE8]) == [
                .reset, .clearedToCassette(channel: 5), .stacking, .reading, .read(channel: 4),
                .disabled,
            ])
    }

    @Test func `an unknown code ends the reading, and so does a missing channel`() {
        #expect(SSPEvent.events([0xE8, 0x7E, 0xEE, 0x05]) == [.disabled, .unknown(0x7E)])
        #expect(SSPEvent.events([0xE8, 0xEE]) == [.disabled, .unknown(0xEE)])
    }

    @Test func `every code is an event or unknown, and every reason a reason`() {
        for code in UInt8.min...UInt8.max {
            let events = SSPEvent.events([code, 3, code])

            #expect(!events.isEmpty && SSPReply([code]) != .ok([1]))
            _ = SSPEvent.refusal(code)
        }
        #expect(SSPEvent.refusal(0x06) == .inhibited && SSPEvent.refusal(0x07) == .doubleFed)
    }

    // The example of GA138: a three-channel euro validator, protocol version below 6; and the same from 6 on.
    private let plain: [UInt8] =
        [0x00] + Array("0110EUR".utf8) + [0x00, 0x00, 0x01, 0x03]
        + [0x05, 0x0A, 0x14, 0x02, 0x02, 0x02, 0x00, 0x00, 0x64, 0x04]

    @Test func `a setup of an old version has one country and byte values`() throws {
        let setup = try #require(SSPSetup(plain))

        #expect(setup.firmware == "0110" && setup.protocolVersion == 4)
        #expect(setup.table.entries.map(\.type) == [1, 2, 3])
        #expect(setup.table.entries.map(\.value) == [.yuan(5), .yuan(10), .yuan(20)])
        #expect(setup.table.entries.map(\.country) == ["EUR", "EUR", "EUR"])
        for length in 0..<plain.count { #expect(SSPSetup(Array(plain.prefix(length))) == nil) }
    }

    @Test func `a setup from version 6 on has a currency and a 32-bit value for each channel`() {
        var data = plain
        data[12..<15] = [0, 0, 0]
        data[21] = 6
        data += Array("CNYCNYCNY".utf8) + [1, 0, 0, 0, 0, 0, 0, 0, 0xE8, 3, 0, 0]

        let entries = SSPSetup(data)?.table.entries

        #expect(entries?.map(\.type) == [1, 3], "a channel without a value is empty")
        #expect(entries?.map(\.value) == [.yuan(1), .yuan(1000)])
        #expect(entries?.map(\.country) == ["CNY", "CNY"])
        for length in 0..<data.count { #expect(SSPSetup(Array(data.prefix(length))) == nil) }
    }

    @Test func `a value beyond every note is none; a hopper is no validator`() {
        var data = plain
        data[18..<21] = [0xFF, 0xFF, 0xFF]
        #expect(SSPSetup(data)?.table.entries.allSatisfy { $0.value == nil } == true)

        data[0] = 0x03
        #expect(SSPSetup(data)?.strangeType == 0x03)
    }
}
