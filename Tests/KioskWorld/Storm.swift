internal import Foundation
internal import KioskModel
internal import KioskStore
internal import Office
internal import OfficeProtocol
internal import VirtualWorld

/// A whole fleet that had no office for hours gets it back at the same moment.
///
/// One thread, one seed, virtual time. Every kiosk is the real courier over its real journal, the office is the real one on
/// its real database; the network, the machine under the office and the billing system are virtual.
public final class Storm: @unchecked Sendable {
    /// What of the pacing works.
    public enum Pacing: String, Sendable, CaseIterable {
        /// The kiosks spread their retries, the office gives each its moment.
        case full
        /// The office says nothing of when to come again.
        case jitter
        /// Neither: every kiosk tries again after the same time and sends without a pause.
        case none
    }

    /// How fast the office's machine is.
    public struct Speed: Sendable, Hashable {
        /// One sync of the disk: 409 commits a second were measured with WAL and FULL on a shared disk.
        public var sync: Duration = .microseconds(2_445)
        /// Reading, checking and booking one event. A run prints what its own commits took, to compare.
        public var event: Duration = .microseconds(100)
        public init() {}
    }

    public struct Settings: Sendable {
        public var kiosks = 10_000
        public var hours = 8
        public var seed: UInt64 = 1
        public var pacing = Pacing.full
        public var speed = Speed()
        /// How long before the office comes back the couriers begin to look for it; after ten minutes their waits no longer
        /// grow.
        public var lookout: Duration = .seconds(900)
        /// Customers of the one kiosk whose visits the others tell.
        public var customers = 48
        /// The most visits that one kiosk tells; three at least.
        public var visitsMax = 29
        /// Give up when it is not over by then.
        public var longest: Duration = .seconds(6 * 3600)
        /// Told while it runs.
        public var onProgress: (@Sendable (String) -> Void)?
        public var onLine: (@Sendable (String) -> Void)?
        public init() {}
    }

    let settings: Settings
    let time: VirtualScheduler
    let clock: StormClock
    let bank: StormBank
    let door: StormDoor
    let machine: StormMachine
    /// Last of the disks, because the newest is found first.
    let officeDisk: VirtualDisk
    let kiosks: [StormKiosk]
    let books: StormBooks
    /// Virtual time from the office's return until it had all money entries of before, until it had all entries of before,
    /// and until every kiosk knew the end of every order and the office had that too.
    private(set) var moneyDelivered: Duration?
    private(set) var delivered: Duration?
    private(set) var drained: Duration?
    private let begun = ContinuousClock.now

    public init(_ settings: Settings) throws {
        self.settings = settings
        VirtualDisk.seed(settings.seed)
        time = VirtualScheduler(seed: settings.seed)
        clock = StormClock(time: time)
        bank = StormBank(time: time)
        let hours = try OfflineHours(seed: settings.seed, customers: settings.customers)
        var dice = SplitMix64(seed: settings.seed)
        // Several storms may live in one process.
        let name = "storm-\(UUID().uuidString.prefix(8))"
        var kiosks: [StormKiosk] = []
        for place in 0..<settings.kiosks {
            kiosks.append(
                try StormKiosk(
                    place: place, hours: hours, settings: settings, clock: clock, disks: name,
                    dice: &dice))
            guard (place + 1).isMultiple(of: 1000) else { continue }
            settings.onProgress?("\(place + 1) journals of \(settings.hours) h without an office")
        }
        self.kiosks = kiosks
        officeDisk = VirtualDisk(name: "\(name)-office")
        machine = StormMachine(time: time, disk: officeDisk, speed: settings.speed)
        let chance = Dice(seed: dice.next())
        let office = try Office(
            database: officeDisk.path("office.sqlite"), billing: bank, timekeeper: machine,
            random: { chance.fraction() })
        door = StormDoor(office: office, machine: machine, time: time, pacing: settings.pacing)
        door.onLine = settings.onLine
        books = try StormBooks(officeDisk: officeDisk)
    }

    /// Runs the storm to its end and looks at everybody's books.
    public func run() throws -> StormReport {
        let back = Duration.seconds(settings.hours * 3600)
        try time.run(stepsMax: .max) { [self] in
            try await time.sleep(for: back - min(back, settings.lookout))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await self.door.office.run() }
                for (place, kiosk) in kiosks.enumerated() {
                    let dice = Dice(seed: settings.seed &+ UInt64(place) &* 0x9E37_79B9)
                    let pacing = settings.pacing
                    group.addTask {
                        await kiosk.run(
                            over: StormLine(door: self.door, kiosk: kiosk), time: self.time,
                            random: { pacing == .none ? 1 : dice.fraction() })
                    }
                }
                try await time.sleep(for: back - .nanoseconds(time.nowNs))
                say("the office is back, \(kiosks.count) kiosks look for it")
                door.open()
                try await watch()
                group.cancelAll()
            }
        }
        return try StormReport(of: self, seconds: elapsed)
    }

    /// Until the last kiosk is drained.
    private func watch() async throws {
        var (undelivered, undrained) = (kiosks, kiosks)
        let step = Duration.seconds(5)
        while !undrained.isEmpty, passed < settings.longest {
            try await time.sleep(for: step)
            undelivered = undelivered.filter { !$0.isDelivered }
            if moneyDelivered == nil, !undelivered.contains(where: { $0.missing.contains(.money) })
            {
                moneyDelivered = passed
            }
            if undelivered.isEmpty, delivered == nil { delivered = passed }
            undrained = try undrained.filter { kiosk in
                guard try kiosk.isDrained else { return true }
                try kiosk.leave(books)
                return false
            }
            guard Int(passed / .seconds(1)) % 60 < 5 else { continue }
            say(
                "minute \(Int(passed / .seconds(60))): \(door.total.taken) batches taken, "
                    + "\(door.total.refused) refused; \(undelivered.count) kiosks not delivered, "
                    + "\(undrained.count) not drained")
        }
        if undrained.isEmpty { drained = passed }
    }

    private var passed: Duration { .nanoseconds(time.nowNs - door.openedNs) }

    private var elapsed: Double { (ContinuousClock.now - begun) / .seconds(1) }

    private func say(_ what: String) {
        settings.onProgress?("\(Int(elapsed)) s: \(what)")
    }
}
