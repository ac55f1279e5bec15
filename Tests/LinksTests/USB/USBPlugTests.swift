import CUSBTestbed
import DeviceKit
import Foundation
import KioskModel
import Testing
import VirtualWorld

@testable import Links

extension USBTests {
    /// Devices that come, go, belong to somebody else, or describe themselves wrongly.
    struct Plugs {
        @Test(arguments: USBKind.allCases)
        func `an unplugged device ends the read at once; plugged in anywhere it works again`(
            kind: USBKind
        ) async throws {
            let socket = try USBBench.shared.plug(kind.echo())
            let link = kind.link(try USBBench.shared.bus())
            try await link.open()

            let fault = await #expect(throws: Fault.self) {
                async let reading = link.read(within: .seconds(3600))
                socket.pull()
                _ = try await reading
            }
            #expect(fault?.kind == .communication)
            #expect(fault?.remedy.contains("cable") == true)
            await #expect(throws: Fault.self) { try await link.write([1]) }
            let absent = await #expect(throws: Fault.self) { try await link.open() }
            #expect(absent?.got == "got an empty bus")

            let again = try socket.replug(at: "1-5")
            defer { again.pull() }
            try await link.open()
            try await link.write([7])
            #expect(try await link.collect(1) == [7])
            await link.close()
        }

        @Test(arguments: USBKind.allCases, [1, 2, 4])
        func `unplugged in the middle of its setting, the opening fails and leaves nothing`(
            kind: USBKind, request: Int
        ) async throws {
            let socket = try USBBench.shared.plug(kind.echo())
            socket.kernel { $0.pullAtControl = min(request, kind.hasFewRequests ? 2 : request) }
            let link = kind.link(try USBBench.shared.bus())

            let fault = await #expect(throws: Fault.self) { try await link.open() }

            #expect(fault?.got == "got a device that is unplugged")
            socket.pull()
            #expect(try openFiles("/dev/bus/usb/") == 0)
        }

        @Test func `unplugged in the middle of a write, the write fails`() async throws {
            let socket = try USBBench.shared.plug(USBKind.cp210x.echo())
            socket.kernel { $0.pullAtWrite = 2 }
            let link = USBKind.cp210x.link(try USBBench.shared.bus())
            try await link.open()
            try await link.write([1])

            let fault = await #expect(throws: Fault.self) { try await link.write([2]) }

            #expect(fault?.got == "got a device that is unplugged")
            await link.close()
            socket.pull()
            #expect(try openFiles("/dev/bus/usb/") == 0)
        }

        @Test func `a device that is plugged in while it is looked for is taken`() async throws {
            let bus = try USBBench.shared.bus()
            let link = USBKind.ftdi.link(bus)

            async let opening: Void = link.open()
            try await MachineWait.milliseconds(50)
            let socket = try USBBench.shared.plug(USBKind.ftdi.echo())
            defer { socket.pull() }

            try await opening
            await link.close()
        }

        @Test func `the kernel's driver gets its interfaces back, and nothing is reset`()
            async throws
        {
            let socket = try USBBench.shared.plug(USBKind.cdc.echo())
            defer { socket.pull() }
            let link = USBKind.cdc.link(try USBBench.shared.bus())

            try await link.open()
            #expect(socket.record.claimed == [0, 1])
            await link.close()

            #expect(socket.record.released == [0, 1])
            #expect(socket.record.givenBack == [0, 1])
            #expect(socket.record.resets == 0)
        }

        @Test func `a link that is let go without closing gives its device back`() async throws {
            let socket = try USBBench.shared.plug(USBKind.ftdi.echo())
            defer { socket.pull() }
            let bus = try USBBench.shared.bus()

            try await USBKind.ftdi.link(bus).open()

            while socket.record.givenBack.isEmpty { await Task.yield() }
            try await USBKind.ftdi.link(bus).open()
        }

        @Test func `an interface that another program holds is said to be so`() async throws {
            let socket = try USBBench.shared.plug(USBKind.cdc.echo())
            defer { socket.pull() }
            socket.kernel { $0.isBusy = true }
            let link = USBKind.cdc.link(try USBBench.shared.bus())

            let fault = await #expect(throws: Fault.self) { try await link.open() }

            #expect(fault?.action == .configuration)
            #expect(fault?.remedy.contains("fuser") == true)
            #expect(try openFiles("/dev/bus/usb/") == 0)
        }

        @Test func `without the right to the device, the fault names the udev rule`() async throws {
            let socket = try USBBench.shared.plug(USBKind.ftdi.echo())
            defer { socket.pull() }
            let bus = try USBBench.shared.bus()
            let link = USBKind.ftdi.link(bus)

            // For root there are no rights to take away: the USB thread becomes nobody.
            #expect(socket.forbid())
            bus.thread.perform { usb_testbed_become_nobody() }
            let fault = await #expect(throws: Fault.self) { try await link.open() }

            #expect(fault?.remedy.contains("udev/60-kiosk.rules") == true)
            #expect(fault?.action == .configuration)
        }

        @Test func `two devices that fit are named, and the configured port decides`() async throws
        {
            let first = try USBBench.shared.plug(USBKind.ch340.echo(), at: "1-2")
            let second = try USBBench.shared.plug(USBKind.ch340.echo(), at: "1-3")
            defer {
                first.pull()
                second.pull()
            }
            let bus = try USBBench.shared.bus()

            let fault = await #expect(throws: Fault.self) {
                try await USBKind.ch340.link(bus).open()
            }
            #expect(fault?.got == "got 2: at ports 1-2 and 1-3")
            #expect(fault?.remedy.contains("usb: { port: 1-2 }") == true)

            let link = USBKind.ch340.link(bus, USBSelector(port: USBPort("1-3")))
            try await link.open()
            #expect(first.record.claimed == [])
            #expect(second.record.claimed == [0])
            await link.close()
        }

        @Test func `a second device of the same kind does not draw the link away`() async throws {
            let first = try USBBench.shared.plug(USBKind.ch340.echo(), at: "1-3")
            let link = USBKind.ch340.link(try USBBench.shared.bus())
            try await link.open()
            let second = try USBBench.shared.plug(USBKind.ch340.echo(), at: "1-2")
            defer {
                first.pull()
                second.pull()
            }

            try await link.open()

            #expect(second.record.claimed == [])
            await link.close()
        }

        @Test func `a device with a serial number is found at another port among its like`()
            async throws
        {
            func device(_ serial: String) -> VirtualUSBSerial<EchoUnit> {
                VirtualUSBSerial(
                    bridge: VirtualFTDI(serial: serial), unit: EchoUnit(), line: USBKind.line)
            }
            let first = try USBBench.shared.plug(device("A1"), at: "1-2")
            let link = USBKind.ftdi.link(try USBBench.shared.bus())
            try await link.open()
            first.pull()
            await link.close()

            // The stranger sits where ours was.
            let stranger = try USBBench.shared.plug(device("B2"), at: "1-2")
            let ours = try first.replug(at: "1-4")
            defer {
                stranger.pull()
                ours.pull()
            }
            try await link.open()

            #expect(stranger.record.claimed == [])
            #expect(ours.record.claimed == [0])
            await link.close()
        }

        /// Each changes the bytes of a good description.
        static let lies: [(what: String, change: @Sendable (inout [UInt8]) -> Void)] = [
            (
                "no endpoints",
                {
                    $0[13] = 0; $0.removeLast(14); $0[2] = 18
                }
            ),
            (
                "two endpoints promised, one there",
                {
                    $0.removeLast(7); $0[2] = 25
                }
            ),
            (
                "a total length beyond the end",
                {
                    $0[2] = 255; $0.removeLast(14)
                }
            ),
            ("a total length before the endpoints", { $0[2] = 18 }),
            ("a total length shorter than the head", { $0[2] = 3 }),
            ("a configuration of length 0", { $0[0] = 0 }),
            ("an interface of length 0", { $0[9] = 0 }),
            ("an interface of length 255", { $0[9] = 255 }),
            ("an endpoint of length 1", { $0[18] = 1 }),
            ("an endpoint of length 255", { $0[25] = 255 }),
            (
                "200 interfaces",
                {
                    $0[4] = 200; $0[11] = 200; $0.removeLast(14); $0[2] = 18
                }
            ),
            (
                "packets of no bytes",
                {
                    $0[22] = 0; $0[23] = 0
                }
            ),
            (
                "packets of 65535 bytes",
                {
                    $0[22] = 255; $0[23] = 255
                }
            ),
            ("both endpoints to the device", { $0[20] = 0x03 }),
            ("endpoint 0", { $0[20] = 0x80 }),
            ("nothing but a head", { $0.removeLast($0.count - 9) }),
            ("nothing", { $0 = [] }),
        ]

        @Test(arguments: lies.indices)
        func `a device that lies about itself is refused, and the next one works`(lie: Int)
            async throws
        {
            var device = USBKind.ftdi.echo()
            Self.lies[lie].change(&device.descriptors.configuration)
            let socket = try USBBench.shared.plug(device)
            let link = USBKind.ftdi.link(try USBBench.shared.bus())

            let fault = await #expect(throws: Fault.self, "\(Self.lies[lie].what)") {
                try await link.open()
            }
            #expect(fault?.remedy.isEmpty == false)
            #expect(socket.record.controls == 0)

            socket.pull()
            let good = try USBBench.shared.plug(USBKind.ftdi.echo())
            defer { good.pull() }
            try await link.open()
            await link.close()
        }

        @Test func `no file is left open by links and buses that are gone`() async throws {
            let before = try openFiles()

            for _ in 0..<20 {
                let socket = try USBBench.shared.plug(USBKind.pl2303.echo())
                let link = USBKind.pl2303.link(try USBBench.shared.bus())
                try await link.open()
                try await link.open()
                socket.pull()
                await #expect(throws: Fault.self) { try await link.read(within: .seconds(60)) }
            }

            // The last bus's thread ends a moment later; the suite's time limit is the deadline.
            while try openFiles() > before { await Task.yield() }
        }
    }
}

extension USBKind {
    /// The serial class needs two requests.
    fileprivate var hasFewRequests: Bool { self == .cdc || self == .cdcOnOneInterface }
}
