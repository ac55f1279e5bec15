import DeviceKit
import Drivers
import KioskModel
import Testing
import VirtualWorld

/// The real driver and the virtual printer at the two ends of a queue, in virtual time.
struct PrintersAgainstVirtualPrinterTests {
    @Test func `an idle printer that loses its paper is found out, and so is the refill`() throws {
        try bout { bench in
            try await bench.pass(.seconds(60))
            try await bench.printer.say("fault paper-out")
            try await bench.pass(.seconds(12))
            try await bench.printer.say("clear paper-out")
            try await bench.pass(.seconds(12))

            #expect(await bench.witness.reports == [[], [.mediaEmpty], []])
            #expect(await bench.printer.printed == [])
        }
    }

    @Test func `a printer that is off counts as offline, and comes back`() throws {
        try bout { bench in
            try await bench.printer.say("fault off")
            try await bench.pass(.seconds(15))
            #expect(await bench.print("1") == .failed)
            try await bench.printer.say("clear off")
            try await bench.pass(.seconds(5))

            #expect(await bench.witness.reports == [[], [.offline], []])
            #expect(await bench.print("2") == .sent)
        }
    }

    @Test
    func `a printer that dies in the middle is unknown, then offline; the next receipt is refused`()
        throws
    {
        try bout { bench in
            try await bench.pass(.seconds(5))
            try await bench.printer.say("fault dies")

            #expect(await bench.print("1") == .unknown)
            #expect(await bench.print("2") == .failed)

            try await bench.printer.say("clear dies")
            try await bench.pass(.seconds(15))
            #expect(await bench.printer.printed == [])
            #expect(await bench.print("3") == .sent)
        }
    }

    @Test func `a receipt that takes longer than the profile allows is cancelled`() throws {
        try bout { bench in
            try await bench.printer.say("fault slow")

            #expect(await bench.print("1") == .unknown)

            try await bench.pass(.seconds(60))
            #expect(await bench.printer.printed == [])
        }
    }

    @Test func `tickets of a former life are cancelled before the first receipt`() throws {
        try bout { bench in
            try await bench.printer.say("stop")
            _ = try await bench.printer.submit([0x41, 0x42], title: "old")
        } then: { bench in
            try await bench.pass(.seconds(15))

            #expect(await bench.print("1") == .sent)
            #expect(await bench.printer.printed.count == 1)
        }
    }

    @Test func `two missed answers are no loss, three are`() throws {
        try bout { bench in
            try await bench.pass(.seconds(5))
            try await bench.printer.say("fault service-gone")
            try await bench.pass(.milliseconds(900))
            try await bench.printer.say("clear service-gone")
            try await bench.pass(.seconds(5))
            #expect(await bench.witness.reports == [[]])

            try await bench.printer.say("fault service-gone")
            try await bench.pass(.seconds(5))
            #expect(await bench.print("1") == .failed)
            #expect(await bench.witness.reports == [[], [.unreachable]])
        }
    }

    @Test func `low paper is a warning: receipts come out`() throws {
        try bout { bench in
            try await bench.printer.say("fault paper-low")
            try await bench.pass(.seconds(15))

            #expect(await bench.witness.reports.last == [.mediaLow])
            #expect(await bench.print("1") == .sent)
        }
    }

    @Test func `three hours of watching fill the queue's history and cost no paper`() throws {
        try bout { bench in
            try await bench.pass(.seconds(3 * 3600))

            #expect(await bench.witness.reports == [[]])
            #expect(await bench.printer.printed == [])
            #expect(await bench.print("1") == .sent)
        }
    }

    @Test func `a driver that is stopped stops`() throws {
        let scheduler = VirtualScheduler(seed: 1)
        let bench = try bench(scheduler)

        try scheduler.run {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await bench.driver.watch { _ in } }
                group.cancelAll()
            }
        }
    }

    /// Queue, driver and everything the driver reported.
    struct Bench: Sendable {
        let scheduler: VirtualScheduler
        let printer: VirtualPrinter
        let driver: any Printer
        let witness = Witness()

        func pass(_ duration: Duration) async throws { try await scheduler.sleep(for: duration) }

        func print(_ text: String) async -> ReceiptResult {
            await driver.print(PrintDocument([.text(text, .init())]), title: "receipt")
        }
    }

    actor Witness {
        private(set) var reports: [Set<PrinterCondition>] = []
        func hear(_ conditions: Set<PrinterCondition>) { reports.append(conditions) }
    }

    private func bench(_ scheduler: VirtualScheduler) throws -> Bench {
        let profiles = try ProfileSet.load(
            directory: TranscriptTests.devices, drivers: Drivers.all)
        let profile = try #require(profiles.printer("printers/generic-80mm"))
        let make = try #require(Drivers.all.printers[profile.head.driver])
        let printer = VirtualPrinter(timekeeper: scheduler)
        return Bench(
            scheduler: scheduler, printer: printer, driver: make(profile, printer, scheduler))
    }

    /// What is before the driver watches, and what happens while it does.
    private func bout(
        _ before: @escaping @Sendable (Bench) async throws -> Void = { _ in },
        then body: @escaping @Sendable (Bench) async throws -> Void
    ) throws {
        let scheduler = VirtualScheduler(seed: 1)
        let bench = try bench(scheduler)
        try scheduler.run {
            try await before(bench)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await bench.driver.watch { await bench.witness.hear($0) } }
                try await body(bench)
                group.cancelAll()
            }
        }
    }

    private func bout(_ body: @escaping @Sendable (Bench) async throws -> Void) throws {
        try bout({ _ in }, then: body)
    }
}
