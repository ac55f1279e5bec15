import DeviceKit
import KioskModel
import Testing

@testable import Links

/// What each bridge is told, and which bytes of what it sends are the line's.
struct USBBridgeTests {
    /// Text as a capture shows it: type, request, value, index, data or number of bytes asked for.
    private func text(_ controls: [USBControl]) -> [String] {
        controls.map { control in
            switch control.stage {
            case .out([]): "\(control)"
            case .out(let data): "\(control) " + data.map { USBText.hex($0) }.joined()
            case .in(let length): "\(control) <\(length)"
            }
        }
    }

    @Test func `a control transfer begins with its setup packet, least significant byte first`() {
        let control = USBControl(0x21, 0x20, value: 0x1234, index: 0x5678, stage: .out([9, 8, 7]))

        #expect(control.bytes == [0x21, 0x20, 0x34, 0x12, 0x78, 0x56, 3, 0, 9, 8, 7])
        #expect(
            USBControl(0xC0, 0x5F, stage: .in(length: 2)).bytes
                == [0xC0, 0x5F, 0, 0, 0, 0, 2, 0, 0, 0])
    }

    @Test func `the serial class is given line coding and lines at its control interface`() {
        let bridge = CDCACM(interface: 1, hasLineCoding: true)

        let ssp = bridge.opening(SerialSettings(baud: 9600, stopBits: 2, dtr: true, rts: true))

        #expect(text(ssp) == ["21 20 0000 0001 80250000020008", "21 22 0003 0001"])
        let ebds = bridge.opening(SerialSettings(baud: 19_200, dataBits: 7, parity: .even))
        #expect(text(ebds) == ["21 20 0000 0001 004b0000000207", "21 22 0000 0001"])
    }

    @Test func `a native unit without line coding may refuse it`() {
        let native = CDCACM(interface: 0, hasLineCoding: false)
        let usual = CDCACM(interface: 0, hasLineCoding: true)

        #expect(native.opening(.init(baud: 9600)).map(\.optional) == [true, true])
        #expect(usual.opening(.init(baud: 9600)).map(\.optional) == [false, true])
    }

    /// Source: AN232B-05, table of sub-integer divisors, for 3 MHz.
    @Test(arguments: [
        (1200, 0x09C4, 0), (9600, 0x4138, 0), (19_200, 0x809C, 0), (38_400, 0xC04E, 0),
        (57_600, 0xC034, 0), (115_200, 0x001A, 0), (3_000_000, 0, 0), (2_000_000, 1, 0),
        (461_538, 0x4006, 0), (800_000, 0x8003, 1),
    ]) func `FTDI divides 3 MHz by eighths`(baud: Int, low: Int, high: Int) {
        let divisor = FTDI.divisor(baud)

        #expect(Int(divisor.low) == low)
        #expect(Int(divisor.high) == high)
    }

    @Test func `FTDI is reset, set, given the shortest latency, and purged last`() throws {
        let bridge = FTDI(release: 0x0600, interface: 0, packetSize: 64)

        let id003 = try bridge.opening(SerialSettings(baud: 9600, parity: .even, dtr: true))

        #expect(
            text(id003) == [
                "40 00 0000 0000", "40 03 4138 0000", "40 04 0208 0000", "40 02 0000 0000",
                "40 01 0101 0000", "40 01 0200 0000", "40 09 0001 0000", "40 00 0001 0000",
                "40 00 0002 0000",
            ])
        let ssp = try bridge.opening(SerialSettings(baud: 9600, stopBits: 2))
        #expect(text(ssp)[2] == "40 04 1008 0000")
        let ebds = try bridge.opening(SerialSettings(baud: 9600, dataBits: 7, parity: .even))
        #expect(text(ebds)[2] == "40 04 0207 0000")
    }

    @Test func `FTDI chips with several ports are told which one`() throws {
        let bridge = FTDI(release: 0x0700, interface: 1, packetSize: 512)

        let controls = try bridge.opening(SerialSettings(baud: 9600))

        #expect(controls.allSatisfy { $0.index == 2 })
    }

    @Test func `FTDI's status bytes go from every packet of a transfer, wherever it ends`() {
        let bridge = FTDI(release: 0x0600, interface: 0, packetSize: 8)
        let full: [UInt8] = [0x01, 0x60, 1, 2, 3, 4, 5, 6]

        #expect(bridge.bytes(in: full + [0x01, 0x60, 7]) == [1, 2, 3, 4, 5, 6, 7])
        #expect(bridge.bytes(in: full + [0x01, 0x60]) == [1, 2, 3, 4, 5, 6])
        #expect(bridge.bytes(in: [0x01, 0x60]) == [])
        #expect(bridge.bytes(in: full + [0x01]) == [1, 2, 3, 4, 5, 6])
        #expect(bridge.bytes(in: []) == [])
    }

    @Test func `CP210x is enabled, set and purged`() throws {
        let bridge = CP210x(interface: 0, isStandardPort: false)

        let ebds = try bridge.opening(
            SerialSettings(baud: 9600, dataBits: 7, parity: .even, rts: true))

        #expect(
            text(ebds) == [
                "41 00 0001 0000", "41 1e 0000 0000 80250000", "41 03 0720 0000",
                "41 07 0302 0000", "41 12 000f 0000",
            ])
        let ssp = try bridge.opening(SerialSettings(baud: 9600, stopBits: 2))
        #expect(text(ssp)[2] == "41 03 0802 0000")
        #expect(text(bridge.closing).last == "41 00 0000 0000")
    }

    @Test func `the lesser port of a CP2105 refuses what it cannot do`() throws {
        let bridge = CP210x(interface: 1, isStandardPort: true)

        _ = try bridge.opening(SerialSettings(baud: 9600))

        let fault = #expect(throws: Fault.self) {
            try bridge.opening(SerialSettings(baud: 9600, dataBits: 7))
        }
        #expect(fault?.action == .configuration)
    }

    @Test(arguments: [
        (9600, 0xB282, 0x0C), (19_200, 0xD982, 0x06), (2400, 0xD981, 0x06),
        (115_200, 0xCC83, 0x08),
    ]) func `CH340 divides as its driver does`(baud: Int, coarse: Int, fine: Int) {
        let divisor = CH340.divisor(baud)

        #expect(Int(divisor.coarse) == coarse)
        #expect(Int(divisor.fine) == fine)
    }

    @Test func `CH340 is set before and after its initialization`() {
        let controls = text(
            CH340().opening(SerialSettings(baud: 9600, parity: .even, dtr: true)))

        #expect(
            controls == [
                "c0 5f 0000 0000 <2", "40 a1 0000 0000", "40 9a 1312 b282", "40 9a 0f2c 000c",
                "40 9a 2518 00db", "40 a1 501f d90a", "40 9a 1312 b282", "40 9a 0f2c 000c",
                "40 9a 2518 00db", "40 a4 ffdf 0000",
            ])
        let ebds = text(CH340().opening(.init(baud: 9600, dataBits: 7, parity: .even)))
        #expect(ebds[4] == "40 9a 2518 00da")
        let ssp = text(CH340().opening(.init(baud: 9600, stopBits: 2)))
        #expect(ssp[4] == "40 9a 2518 00c7")
        let odd = text(CH340().opening(.init(baud: 9600, parity: .odd)))
        #expect(odd[4] == "40 9a 2518 00cb")
    }

    @Test func `PL2303 is given its preamble, the serial class's line, and its purge`() {
        let controls = text(PL2303(generation: .hx).opening(.init(baud: 9600, rts: true)))

        #expect(
            controls == [
                "c0 01 8484 0000 <1", "40 01 0404 0000", "c0 01 8484 0000 <1",
                "c0 01 8383 0000 <1", "c0 01 8484 0000 <1", "40 01 0404 0001",
                "c0 01 8484 0000 <1", "c0 01 8383 0000 <1", "40 01 0000 0001",
                "40 01 0001 0000", "40 01 0002 0044", "21 20 0000 0000 80250000000008",
                "21 22 0002 0000", "40 01 0008 0000", "40 01 0009 0000",
            ])
    }

    @Test func `the first PL2303 knows no purge, the last no preamble`() {
        let old = text(PL2303(generation: .old).opening(.init(baud: 9600)))
        let last = text(PL2303(generation: .hxn).opening(.init(baud: 9600)))

        #expect(old.contains("40 01 0002 0024"))
        #expect(old.last == "21 22 0000 0000")
        #expect(
            last == ["21 20 0000 0000 80250000000008", "21 22 0000 0000", "40 80 0007 0003"])
    }
}
