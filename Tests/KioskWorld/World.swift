internal import Foundation
internal import KioskFlows
internal import KioskModel
public import KioskRuntime
public import KioskStore
internal import Office
public import VirtualWorld

/// One kiosk with everything around it, in virtual time: the real journal, loop, driver and flow; a virtual unit, printer,
/// network and billing system; the real office. Its verbs are those of the people who stand before it.
///
/// Scenarios, simulation and power cuts all happen in this one world.
public final class World: @unchecked Sendable {
    /// What differs between worlds.
    public struct Settings: Sendable {
        public var limits = KioskSettings.Limits()
        /// How often the driver asks the unit.
        public var polling: Duration = .milliseconds(200)
        /// How long it pauses at most while nothing can happen at the unit; nil: never longer than `polling`.
        public var patience: Duration?
        /// A real folder for the disks; nil: virtual ones.
        public var place: String?
        /// Whatever fails comes back by itself: systemd starts a process again, the mains come back.
        public var repairsItself = false
        public init() {}
    }

    public let time: VirtualScheduler
    public let stage: Stage
    public let acceptor: UnitLine
    public let printer: VirtualPrinter
    public let bank: Bank
    public let network: Network
    public let house: OfficeHouse
    public let settings: Settings
    public let disk: Disk
    private let folder: String?
    /// The life that is running; nil while the power is off.
    var life: Life?
    private var lives = 0
    /// What ended the last process that ended by itself.
    public private(set) var lastFault: JournalFault?
    /// The journal as it stands on the disk, read entry by entry.
    let tail = Tail()
    /// Planned power cuts and killed processes that have happened.
    public internal(set) var cuts = 0
    /// Nobody comes for hours.
    var isNight = false
    var deviceFaults = 0
    var networkCuts = 0
    var count = Episode.Count()
    var measured = Incident.Size()
    var planned: [Cut] = []
    /// The cut that is ordered in the middle of a disk's work.
    var diskOrder: Cut?
    let repairs: AsyncStream<Cut>
    let repair: AsyncStream<Cut>.Continuation
    private let starts: AsyncStream<Life>
    private let start: AsyncStream<Life>.Continuation

    public init(seed: UInt64, settings: Settings = Settings()) throws {
        time = VirtualScheduler(seed: seed)
        stage = Stage(time: time)
        self.settings = settings
        folder = settings.place.map { $0 + "/kiosk-world-\(UUID().uuidString)" }
        disk = try Disk("kiosk", in: folder)
        acceptor = UnitLine(time: time, stage: stage)
        printer = VirtualPrinter(timekeeper: time)
        bank = Bank(time: time, stage: stage)
        house = try OfficeHouse(
            disk: Disk("office", in: folder), bank: bank, time: time, stage: stage)
        network = Network(house: house, time: time, stage: stage)
        (starts, start) = AsyncStream.makeStream(of: Life.self)
        (repairs, repair) = AsyncStream.makeStream(of: Cut.self)
        watch()
    }

    deinit { if let folder { try? FileManager.default.removeItem(atPath: folder) } }

    /// Runs what happens in this world to its end.
    ///
    /// - Throws: what `story` threw, or the first sentence that did not hold.
    public func run(_ story: @escaping @Sendable (World) async throws -> Void) throws {
        try time.run(stepsMax: 500_000_000) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await self.house.live() }
                group.addTask { await self.live() }
                group.addTask { await self.repairAll() }
                try self.house.powerOn()
                try self.powerOn()
                defer { group.cancelAll() }
                try await story(self)
                try self.cutPower()
                try self.house.cutPower()
            }
        }
        if let violation = stage.violation { throw violation }
    }

    // Power and processes

    /// From power to power cut: one process of the kiosk.
    struct Life: Sendable {
        let number: Int
        let kiosk: Kiosk
        let journal: Journal
        let pulse: Pulse
        let cut: AsyncStream<Void>
        let cutter: AsyncStream<Void>.Continuation
    }

    /// Runs each life until it is cut or ends by itself.
    private func live() async {
        await withDiscardingTaskGroup { group in
            for await life in starts {
                group.addTask {
                    await withTaskGroup(of: Void.self) { race in
                        race.addTask { await self.work(life) }
                        race.addTask { for await _ in life.cut {} }
                        await race.next()
                        race.cancelAll()
                    }
                }
            }
        }
    }

    /// A broken journal ends the process; systemd starts the next.
    private func work(_ life: Life) async {
        do throws(JournalFault) { try await life.kiosk.run() } catch {
            guard life.pulse.isAlive else { return }
            if !disk.isOn { return cutWithDisk() }
            lastFault = error
            stage.tell("kiosk", "ends: \(error)")
            guard settings.repairsItself else { return }
            try? kill()
            repair.yield(Cut(at: 0, .process, downFor: .seconds(2), .killed))
        }
    }

    func powerOn() throws {
        precondition(life == nil, "the kiosk has power")
        lives += 1
        time.bootID = "boot-\(lives)"
        let pulse = Pulse()
        disk.powerOn()
        let journal = try Journal(
            path: disk.path("journal.sqlite"), kiosk: .k1, newEpoch: 0x00C0_FFEE,
            timekeeper: JournalTime(time: time, stage: stage, pulse: pulse), folder: disk.folder)
        try tail.expectAll(in: journal, stage)
        let kiosk = try makeKiosk(journal, pulse)
        let (cut, cutter) = AsyncStream.makeStream(of: Void.self)
        let next = Life(
            number: lives, kiosk: kiosk, journal: journal, pulse: pulse, cut: cut, cutter: cutter)
        life = next
        stage.tell("kiosk", "process \(lives) starts")
        start.yield(next)
    }

    /// The whole machine loses power: what the disk holds at this moment is all that is left.
    public func cutPower(_ way: VirtualDisk.Cut = .unsyncedLost) throws {
        try acceptor.say("power cut")
        try stop("power cut", way)
    }

    /// The kiosk's process dies; the unit keeps its power and goes on by itself.
    public func kill() throws { try stop("killed", .killed) }

    private func stop(_ how: String, _ way: VirtualDisk.Cut) throws {
        guard let life else { return }
        stage.tell("kiosk", "\(how), \(way)")
        self.life = nil
        life.pulse.stop()
        try disk.cut(way, seed: time.dice.next())
        life.cutter.finish()
    }

    /// Power comes back, or the next process starts.
    public func restart() throws {
        try acceptor.say("power restore")
        try powerOn()
    }

    /// The next process has started and the unit has told where it is.
    public func ready() async throws {
        try await see(.attract, within: .seconds(60))
        try await until("a kiosk that takes cash", within: .seconds(180)) {
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
