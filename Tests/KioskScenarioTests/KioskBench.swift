import Foundation
import KioskFlows
import KioskModel
import KioskRuntime
import KioskStore
import Office
import Testing
import VirtualWorld

/// One kiosk with everything around it, in virtual time: the real journal, loop, driver and flow; a virtual unit, printer,
/// network and billing system; the real office. Its verbs are those of the people who stand before it.
actor KioskBench {
    let time: VirtualScheduler
    let line: VirtualSerialLine
    let printer: VirtualPrinter
    let bank: Bank
    let network: Network
    let office: Office
    let folder: String
    let limits: KioskSettings.Limits
    /// How often the driver asks the unit; a long incident with a slower one takes less of the reader's time.
    let polling: Duration
    /// The life that is running; nil while the power is off.
    var life: Life?
    private var lives = 0
    /// What ended the last process that ended by itself.
    private(set) var lastFault: JournalFault?
    /// The journal's entries as they were read, and how far.
    var (texts, position): ([String], Int64) = ([], 0)
    private let starts: AsyncStream<Life>
    private let start: AsyncStream<Life>.Continuation

    /// Runs one incident to its end.
    static func run(
        seed: UInt64 = 1, limits: KioskSettings.Limits = KioskSettings.Limits(),
        polling: Duration = .milliseconds(200), on disk: SmallDisk? = nil,
        _ incident: @escaping @Sendable (KioskBench) async throws -> Void
    ) throws {
        let time = VirtualScheduler(seed: seed)
        let bench = try KioskBench(
            time: time, limits: limits, polling: polling,
            in: disk?.folder ?? NSTemporaryDirectory())
        defer { try? FileManager.default.removeItem(atPath: bench.folder) }
        try time.run {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await bench.office.run() }
                group.addTask { await bench.live() }
                try await bench.powerOn()
                try await bench.ready()
                try await incident(bench)
                try await bench.expectBooksBalance()
                try await bench.cutPower()
                group.cancelAll()
            }
        }
    }

    private init(
        time: VirtualScheduler, limits: KioskSettings.Limits, polling: Duration, in place: String
    ) throws {
        folder = place + "/kiosk-scenario-\(UUID().uuidString.prefix(8))"
        for part in ["office", "life-1"] {
            try FileManager.default.createDirectory(
                atPath: folder + "/" + part, withIntermediateDirectories: true)
        }
        (self.time, self.limits, self.polling) = (time, limits, polling)
        line = VirtualSerialLine(validator: VirtualValidator(), timekeeper: time)
        printer = VirtualPrinter(timekeeper: time)
        bank = Bank(timekeeper: time)
        office = try Office(
            database: folder + "/office/office.sqlite", billing: bank, timekeeper: time,
            random: { 0.5 })
        network = Network(office: office, kiosk: .k1, timekeeper: time)
        (starts, start) = AsyncStream.makeStream(of: Life.self)
    }

    // Power and processes

    /// From power to power cut: one process of the kiosk.
    struct Life: Sendable {
        let kiosk: Kiosk
        let journal: Journal
        let cut: AsyncStream<Void>
        let end: AsyncStream<Void>.Continuation
        let ended: AsyncStream<Void>
        let cutter: AsyncStream<Void>.Continuation
    }

    /// Runs each life until it is cut or ends by itself.
    private nonisolated func live() async {
        for await life in starts {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    await self.work(life.kiosk)
                }
                group.addTask { for await _ in life.cut {} }
                await group.next()
                group.cancelAll()
            }
            life.end.finish()
        }
    }

    /// A broken journal ends the process; systemd starts the next.
    private func work(_ kiosk: Kiosk) async {
        do throws(JournalFault) { try await kiosk.run() } catch { lastFault = error }
    }

    private func powerOn() throws {
        lives += 1
        time.bootID = "boot-\(lives)"
        let journal = try Journal(
            path: journalPath, kiosk: .k1, newEpoch: 0x00C0_FFEE, timekeeper: time)
        let kiosk = try makeKiosk(journal)
        let (cut, cutter) = AsyncStream.makeStream(of: Void.self)
        let (ended, end) = AsyncStream.makeStream(of: Void.self)
        let next = Life(
            kiosk: kiosk, journal: journal, cut: cut, end: end, ended: ended, cutter: cutter)
        life = next
        start.yield(next)
    }

    private var journalPath: String { folder + "/life-\(lives)/journal.sqlite" }

    /// The whole machine loses power: what the disk holds at this moment is all that is left.
    func cutPower() async throws {
        try await line.say("power cut")
        await stop()
    }

    /// The kiosk's process dies; the unit keeps its power and goes on by itself.
    func kill() async throws {
        try await line.say("unplug")
        await stop()
        try await line.say("plug")
    }

    private func stop() async {
        guard let life else { return }
        self.life = nil
        freezeDisk()
        life.cutter.finish()
        for await _ in life.ended {}
    }

    /// The disk as it is now becomes the next life's disk; what the dying process still writes is not on it.
    private func freezeDisk() {
        let files = FileManager.default
        try? files.copyItem(
            atPath: folder + "/life-\(lives)", toPath: folder + "/life-\(lives + 1)")
    }

    /// Power comes back, or the next process starts.
    func restart() async throws {
        try await line.say("power restore")
        try powerOn()
    }

    /// The next process starts and the unit has told where it is.
    func ready() async throws {
        try await see(.attract, within: .seconds(30))
        try await until("a kiosk that takes cash", within: .seconds(120)) {
            await self.cashHindrances.isEmpty
        }
    }
}

extension KioskID {
    static let k1: KioskID = {
        guard let kiosk = KioskID(rawValue: "K0001") else { preconditionFailure("K0001") }
        return kiosk
    }()
}
