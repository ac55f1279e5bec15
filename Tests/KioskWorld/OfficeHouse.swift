internal import Foundation
public import Office
internal import VirtualWorld

/// The central office's machine: one process after the other on the same database.
public final class OfficeHouse: @unchecked Sendable {
    /// From start to power cut.
    struct Life: Sendable {
        let office: Office
        let pulse: Pulse
        let cut: AsyncStream<Void>
        let cutter: AsyncStream<Void>.Continuation
    }

    public let disk: Disk
    /// Told when a process has ended by itself.
    var onEnd: (() -> Void)?
    private let bank: Bank
    private let time: VirtualScheduler
    private let stage: Stage
    private(set) var life: Life?
    private let starts: AsyncStream<Life>
    private let start: AsyncStream<Life>.Continuation

    init(disk: Disk, bank: Bank, time: VirtualScheduler, stage: Stage) throws {
        (self.disk, self.bank, self.time, self.stage) = (disk, bank, time, stage)
        (starts, start) = AsyncStream.makeStream(of: Life.self)
    }

    /// The office that runs, or ran last.
    public var office: Office? { life?.office }

    var database: String { disk.path("office.sqlite") }

    func powerOn() throws {
        precondition(life == nil, "the office has power")
        disk.powerOn()
        let pulse = Pulse()
        let dice = Dice(seed: time.dice.next())
        let office = try Office(
            database: database, billing: BankLine(bank: bank, pulse: pulse), timekeeper: time,
            random: { dice.fraction() })
        let (cut, cutter) = AsyncStream.makeStream(of: Void.self)
        let next = Life(office: office, pulse: pulse, cut: cut, cutter: cutter)
        life = next
        stage.tell("office", "power on")
        start.yield(next)
    }

    /// What the disk holds at this moment is all that is left.
    func cutPower(_ way: VirtualDisk.Cut = .unsyncedLost) throws {
        guard let life else { return }
        stage.tell("office", "power cut, \(way)")
        self.life = nil
        life.pulse.stop()
        try disk.cut(way, seed: time.dice.next())
        life.cutter.finish()
    }

    /// A database that cannot be written ends the process; systemd starts the next.
    private func work(_ life: Life) async {
        await life.office.run()
        guard life.pulse.isAlive, disk.isOn, !Task.isCancelled else { return }
        stage.tell("office", "ends")
        do {
            try cutPower(.killed)
            onEnd?()
        } catch { stage.tell("office", "\(error)") }
    }

    /// Runs each life until it is cut.
    func live() async {
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
}

/// Dice that several tasks of the one thread share.
final class Dice: @unchecked Sendable {
    private var dice: SplitMix64
    init(seed: UInt64) { dice = SplitMix64(seed: seed) }
    /// From 0 up to, not including, 1.
    func fraction() -> Double { Double(dice.next() >> 11) / Double(1 << 53) }
}
