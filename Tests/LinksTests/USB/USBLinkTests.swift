import DeviceKit
import KioskModel
import Testing
import VirtualWorld

@testable import Links

extension USBTests {
    /// Bytes through each bridge, and every trouble that a transfer can have.
    struct Transfers {
        @Test(arguments: USBKind.allCases)
        func `every byte passes both ways as it is`(kind: USBKind) async throws {
            let socket = try USBBench.shared.plug(kind.echo())
            defer { socket.pull() }
            let link = kind.link(try USBBench.shared.bus())
            try await link.open()

            let every = (0...255).map { UInt8($0) }
            try await link.write(every)

            #expect(try await link.collect(256) == every)
            await link.close()
        }

        @Test(arguments: USBKind.allCases)
        func `the line is set as the profile says, and a line set otherwise makes garbage`(
            kind: USBKind
        ) async throws {
            let line = SerialSettings(
                baud: 19_200, dataBits: 7, parity: .even, stopBits: 1, dtr: true, rts: false)
            let socket = try USBBench.shared.plug(kind.echo(line: line))
            defer { socket.pull() }
            let bus = try USBBench.shared.bus()
            let (right, wrong) = (kind.link(bus, line: line), kind.link(bus))

            try await right.open()
            let set = try #require(socket.device { $0.bridge.line })
            #expect(abs(set.baud - line.baud) * 200 < line.baud)
            #expect((set.dataBits, set.parity, set.stopBits) == (7, .even, 1))
            #expect((set.dtr, set.rts) == (true, false))
            try await right.write([0x02, 0x03])
            #expect(try await right.collect(2) == [0x02, 0x03])
            await right.close()

            try await wrong.open()
            try await wrong.write([0x02, 0x03])
            #expect(try await wrong.collect(2) != [0x02, 0x03])
            await wrong.close()
        }

        @Test(arguments: USBKind.allCases)
        func `opening throws away what the bridge still held`(kind: USBKind) async throws {
            var device = kind.echo()
            device.hold([0xAA, 0xBB])
            let socket = try USBBench.shared.plug(device)
            defer { socket.pull() }
            let link = kind.link(try USBBench.shared.bus())

            try await link.open()

            #expect(try await link.read(within: .milliseconds(40)) == [])
            try await link.write([7])
            #expect(try await link.collect(1) == [7])
            await link.close()
        }

        @Test func `FTDI's latency is 1 ms from the first byte`() async throws {
            let socket = try USBBench.shared.plug(USBKind.ftdi.echo())
            defer { socket.pull() }
            let link = USBKind.ftdi.link(try USBBench.shared.bus())

            try await link.open()

            #expect(socket.device { ($0.bridge as? VirtualFTDI)?.latencyMs } == 1)
            await link.close()
        }

        @Test(arguments: [USBKind.cdc, .ftdi])
        func `discarded input is gone, silence is an empty read, and a closed link says so`(
            kind: USBKind
        ) async throws {
            let socket = try USBBench.shared.plug(kind.echo())
            defer { socket.pull() }
            let link = kind.link(try USBBench.shared.bus())
            await #expect(throws: Fault.self) { try await link.read(within: .seconds(60)) }
            try await link.open()

            try await link.write([1, 2])
            #expect(try await link.read(within: .seconds(60)).first == 1)
            try await link.discardInput()
            #expect(try await link.read(within: .milliseconds(20)) == [])
            #expect(try await link.read(within: .zero) == [])

            await link.close()
            let fault = await #expect(throws: Fault.self) { try await link.write([1]) }
            #expect(fault?.action == .reset)
        }

        @Test func `a cancelled read returns at once, and the next one reads`() async throws {
            let socket = try USBBench.shared.plug(USBKind.cdc.echo())
            defer { socket.pull() }
            let link = USBKind.cdc.link(try USBBench.shared.bus())
            try await link.open()

            let cancelled = try await withThrowingTaskGroup(of: [UInt8].self) { group in
                group.addTask { try await link.read(within: .seconds(3600)) }
                group.cancelAll()
                return try await group.next()
            }

            #expect(cancelled == [])
            try await link.write([9])
            #expect(try await link.collect(1) == [9])
            await link.close()
        }

        @Test func `empty packets and packets that are just full lose nothing`() async throws {
            let socket = try USBBench.shared.plug(USBKind.cdc.echo())
            defer { socket.pull() }
            let link = USBKind.cdc.link(try USBBench.shared.bus())
            try await link.open()

            socket.device { $0.troubles.emptyPackets = 5 }
            let full = [UInt8](repeating: 0x55, count: 128)
            try await link.write(full)

            #expect(try await link.collect(128) == full)
            #expect(try await link.read(within: .milliseconds(20)) == [])
            await link.close()
        }

        @Test func `a stall is cleared and the bytes come; a third and fourth end it`() async throws
        {
            let socket = try USBBench.shared.plug(USBKind.cdc.echo())
            defer { socket.pull() }
            let link = USBKind.cdc.link(try USBBench.shared.bus())
            try await link.open()

            socket.device { $0.troubles.stallsIn = 2 }
            socket.device { $0.troubles.stallsOut = 2 }
            try await link.write([1, 2, 3])
            #expect(try await link.collect(3) == [1, 2, 3])

            socket.device { $0.troubles.stallsIn = 100 }
            let reading = await #expect(throws: Fault.self) {
                try await link.read(within: .seconds(60))
            }
            #expect(reading?.got == "got 4 stalls in a row")
            await link.close()
        }

        @Test func `an endpoint that stalls every write is a fault`() async throws {
            let socket = try USBBench.shared.plug(USBKind.cp210x.echo())
            defer { socket.pull() }
            let link = USBKind.cp210x.link(try USBBench.shared.bus())
            try await link.open()
            socket.device { $0.troubles.stallsOut = 100 }

            let fault = await #expect(throws: Fault.self) { try await link.write([1]) }

            #expect(fault?.got == "got 4 stalls in a row")
            await link.close()
        }

        @Test func `a request that the bridge refuses is named`() async throws {
            var device = USBKind.ftdi.echo()
            device.troubles.stallsControl = 1
            let socket = try USBBench.shared.plug(device)
            defer { socket.pull() }
            let link = USBKind.ftdi.link(try USBBench.shared.bus())

            let fault = await #expect(throws: Fault.self) { try await link.open() }

            #expect(fault?.expected.contains("request 40 00 0000 0000") == true)
            #expect(fault?.got == "got a refusal (stall)")
            // It is free again, and works at the next try.
            #expect(socket.record.released == [0])
            try await link.open()
            await link.close()
        }

        @Test func `some errors on the wire are got over, many are a fault`() async throws {
            let socket = try USBBench.shared.plug(USBKind.ch340.echo())
            defer { socket.pull() }
            let link = USBKind.ch340.link(try USBBench.shared.bus())
            try await link.open()

            socket.device { $0.troubles.errorsIn = 3 }
            try await link.write([5])
            #expect(try await link.collect(1) == [5])

            socket.device { $0.troubles.errorsIn = 100 }
            let fault = await #expect(throws: Fault.self) {
                try await link.read(within: .seconds(60))
            }
            #expect(fault?.got == "got 4 transfer errors in a row")
            await link.close()
        }

        @Test(arguments: [USBKind.cdc, .ftdi, .pl2303])
        func `a device that floods is a fault, and memory stays bounded`(kind: USBKind)
            async throws
        {
            let socket = try USBBench.shared.plug(kind.echo())
            defer { socket.pull() }
            let link = kind.link(try USBBench.shared.bus())
            try await link.open()
            socket.device { $0.troubles.floods = true }

            var taken = 0
            let fault = await #expect(throws: Fault.self) {
                try await link.write([1])
                // Nobody reads for a while.
                try await MachineWait.milliseconds(300)
                while true { taken += try await link.read(within: .seconds(60)).count }
            }

            #expect(fault?.expected.contains("at most 16384 bytes") == true)
            #expect(taken <= USBConnection.receivedMax)
            await link.close()
        }

        @Test func `a device that floods while it is opened does not hold the opening up`()
            async throws
        {
            var device = USBKind.ch340.echo()
            device.troubles.floods = true
            let socket = try USBBench.shared.plug(device)
            defer { socket.pull() }
            let link = USBKind.ch340.link(try USBBench.shared.bus())

            // The bridge has no purge: what it holds is read, but not for ever.
            do { try await link.open() } catch { #expect(error.kind == .communication) }

            await link.close()
        }

        @Test func `more bytes than a packet holds are a fault`() async throws {
            let socket = try USBBench.shared.plug(USBKind.pl2303.echo())
            defer { socket.pull() }
            let link = USBKind.pl2303.link(try USBBench.shared.bus())
            try await link.open()
            socket.device { $0.troubles.babbles = true }

            let fault = await #expect(throws: Fault.self) {
                try await link.read(within: .seconds(60))
            }

            #expect(fault?.got == "got more bytes than a packet holds")
            await link.close()
        }

        @Test func `a device that takes no bytes is a fault, not a wait for ever`() async throws {
            let socket = try USBBench.shared.plug(USBKind.ftdi.echo())
            defer { socket.pull() }
            let link = USBKind.ftdi.link(try USBBench.shared.bus())
            try await link.open()
            socket.device { $0.troubles.isDeaf = true }

            let fault = await #expect(throws: Fault.self) { try await link.write([1]) }

            #expect(fault?.got == "it took none")
            await link.close()
        }
    }
}

enum MachineWait {
    static func milliseconds(_ count: Int) async throws {
        try await Task.sleep(for: .milliseconds(count))
    }
}
