import DeviceKit
import Foundation
import KioskModel
import Links
import Testing

/// Link and driver on a real CUPS, with the virtual printer behind it.
@Suite(
    .timeLimit(.minutes(2)),
    .enabled(if: PrivateCUPS.isInstalled, "cupsd is not installed: scripts/setup run"))
struct PrintQueueTests {
    private let receipt = PrintDocument([.text("充值凭条", .init(.center)), .text("1", .init())])
    private let next = PrintDocument([.text("充值凭条", .init(.center)), .text("2", .init())])

    @Test func `a document comes out byte for byte`() async throws {
        try await PrivateCUPS.run { cups in
            let bytes = (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 31) }

            let job = try await cups.link.submit(bytes, title: "receipt 1")

            #expect(try await cups.end(ofJob: job) == .completed)
            #expect(try cups.paper() == [bytes])
            #expect(try await cups.link.queueState().reasons == [])
        }
    }

    @Test func `a job that the queue does not know is unknown, never completed`() async throws {
        try await PrivateCUPS.run { cups in
            let states = [
                try await cups.link.state(ofJob: 4711), try await cups.link.state(ofJob: -1),
            ]

            #expect(states == [.unknown, .unknown])
        }
    }

    @Test func `a receipt is sent, and says no more than that`() async throws {
        try await PrivateCUPS.run { cups in
            let printer = try cups.driver()

            #expect(await printer.print(receipt, title: "receipt 1") == .sent)
            #expect(await printer.print(next, title: "receipt 2") == .sent)

            let paper = try cups.paper()
            #expect(paper.count == 2)
            #expect(paper.allSatisfy { $0.starts(with: [0x1B, 0x40, 0x1C, 0x26]) })
        }
    }

    @Test func `paper out is reported, taken back after the refill, and costs no paper`()
        async throws
    {
        try await PrivateCUPS.run { cups in
            let printer = try cups.driver()
            try cups.set("paper-out")

            try await Reports.of(printer) { reports in
                await reports.wait(for: [.mediaEmpty])
                #expect(await printer.print(receipt, title: "receipt 1") == .failed)

                try cups.set("paper-low")
                await reports.wait(for: [.mediaLow])
                #expect(await printer.print(next, title: "receipt 2") == .sent)
            }
            #expect(try cups.paper().count == 1)
        }
    }

    @Test(arguments: [
        ("cover-open", PrinterCondition.coverOpen), ("jam", .mediaJam), ("off", .offline),
    ])
    func `trouble is named and taken back`(word: String, condition: PrinterCondition) async throws {
        try await PrivateCUPS.run { cups in
            try cups.set(word)

            try await Reports.of(try cups.driver()) { reports in
                await reports.wait(for: [condition])
                try cups.set()
                await reports.wait(for: [])
            }

            #expect(try cups.paper() == [])
        }
    }

    @Test func `paper that ends during a receipt is unknown, and that receipt never comes later`()
        async throws
    {
        try await PrivateCUPS.run { cups in
            let printer = try cups.driver()
            try cups.set("roll-ends")
            try await Reports.of(printer) { reports in
                #expect(await printer.print(receipt, title: "receipt 1") == .unknown)
                await reports.wait(for: [.mediaEmpty])
                try cups.set()
                await reports.wait(for: [])
                #expect(await printer.print(next, title: "receipt 2") == .sent)
            }

            #expect(try cups.paper().count == 1)
            #expect(try cups.paper().first?.contains(UInt8(ascii: "2")) == true)
        }
    }

    @Test func `a queue that stopped goes on after the repair and prints nothing old`()
        async throws
    {
        try await PrivateCUPS.run { cups in
            let printer = try cups.driver()
            try cups.set("stops")
            let stale = try await cups.link.submit([0x41, 0x42, 0x43], title: "receipt 0")
            while try await cups.link.queueState().state != .stopped {}

            try await Reports.of(printer) { reports in
                await reports.wait(for: [.stopped])
                #expect(await printer.print(receipt, title: "receipt 1") == .failed)
                try cups.set()
                await reports.wait(for: [])
                #expect(await printer.print(next, title: "receipt 2") == .sent)
            }

            #expect(try await cups.link.state(ofJob: stale) == .canceled)
            #expect(try cups.paper().count == 1)
        }
    }

    @Test func `a printer that dies in the middle is unknown and not tried again`() async throws {
        try await PrivateCUPS.run { cups in
            let printer = try cups.driver()
            try cups.set("dies")

            #expect(await printer.print(receipt, title: "receipt 1") == .unknown)

            #expect(try cups.paper() == [])
            #expect(try await cups.link.queueState().state == .idle)
        }
    }

    @Test func `a queue that refuses jobs has surely printed nothing`() async throws {
        try await PrivateCUPS.run { cups in
            try await cups.tool("/usr/sbin/cupsreject", "receipt")

            #expect(await (try cups.driver()).print(receipt, title: "receipt 1") == .failed)

            #expect(try await cups.link.queueState().acceptsJobs == false)
            let fault = await #expect(throws: Fault.self) {
                try await cups.link.submit([1], title: "receipt 1")
            }
            #expect(fault?.kind == .software)
        }
    }

    @Test func `a session's end cancels what has not come out`() async throws {
        try await PrivateCUPS.run { cups in
            try cups.set("paper-out")
            let (first, second) = (
                try await cups.link.submit([0x41, 0x42, 0x43], title: "receipt 1"),
                try await cups.link.submit([0x44, 0x45, 0x46], title: "receipt 2")
            )

            await (try cups.driver()).cancelAll()
            try cups.set()

            #expect(try await cups.end(ofJob: first) == .canceled)
            #expect(try await cups.end(ofJob: second) == .canceled)
            #expect(try cups.paper() == [])
        }
    }

    @Test func `a deleted queue names itself and the command that shows the others`() async throws {
        try await PrivateCUPS.run { cups in
            try await cups.tool("/usr/sbin/lpadmin", "-x", "receipt")

            let fault = await #expect(throws: Fault.self) { try await cups.link.queueState() }

            #expect(fault?.action == .configuration)
            #expect("\(try #require(fault))".contains("lpstat -p"))
            try await Reports.of(try cups.driver()) { await $0.wait(for: [.unreachable]) }
        }
    }

    @Test
    func `a CUPS that is killed is unreachable, and back after its restart with an empty spool`()
        async throws
    {
        try await PrivateCUPS.run { cups in
            let printer = try cups.driver()
            try await Reports.of(printer) { reports in
                await reports.wait(for: [])
                try cups.set("paper-out")
                _ = try await cups.link.submit([0x41, 0x42, 0x43], title: "receipt 1")
                try cups.kill()
                await reports.wait(for: [.unreachable])
                #expect(await printer.print(receipt, title: "receipt 2") == .failed)

                try cups.set()
                try await cups.start()
                await reports.wait(for: [])
                #expect(await printer.print(next, title: "receipt 3") == .sent)
            }

            #expect(try cups.paper().count == 1)
        }
    }

    @Test func `a CUPS that was never started says how to start it`() async throws {
        let link = CUPSLink(queue: "receipt", server: "/nonexistent/cups.sock")

        let fault = await #expect(throws: Fault.self) { try await link.queueState() }

        #expect(fault?.kind == .communication)
        #expect(fault?.remedy.contains("systemctl start cups") == true)
    }

    @Test func `a CUPS that accepts and never answers is given up`() async throws {
        let path = "/tmp/kiosk-deaf-\(UInt32.random(in: .min ... .max)).sock"
        let deaf = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer {
            close(deaf)
            unlink(path)
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(deaf, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0 && listen(deaf, 8) == 0)

        let fault = await #expect(throws: Fault.self) {
            try await CUPSLink(queue: "receipt", server: path).queueState()
        }

        #expect(fault?.kind == .communication)
    }

    @Test func `a document that is empty or too long is refused before CUPS sees it`() async throws
    {
        let link = CUPSLink(queue: "receipt", server: "/nonexistent/cups.sock")

        for bytes in [[], [UInt8](repeating: 0x41, count: 1 << 20 | 1)] {
            let fault = await #expect(throws: Fault.self) {
                try await link.submit(bytes, title: "receipt")
            }
            #expect(fault?.kind == .software)
        }
    }
}
