internal import KioskModel
internal import VirtualWorld

/// The office's clock on a machine that takes time: a commit blocks the office until its disk has synced and its events are
/// read, checked and booked.
///
/// Charged for every sync that the office's virtual disk has really made, so grouping commits pays here as it does in life.
final class StormMachine: Timekeeper, @unchecked Sendable {
    private let time: VirtualScheduler
    private let disk: VirtualDisk
    private let speed: Storm.Speed
    private var syncs: Int
    private var events = 0
    /// What the commits have cost so far.
    private(set) var busy: Duration = .zero
    /// The same in the time of the machine that simulates, to compare `Speed` with.
    private(set) var measured: Duration = .zero
    private(set) var measuredEvents = 0
    private var lastLook: ContinuousClock.Instant?

    init(time: VirtualScheduler, disk: VirtualDisk, speed: Storm.Speed) {
        (self.time, self.disk, self.speed) = (time, disk, speed)
        syncs = disk.counts.syncs
    }

    /// A batch is in the office's hands; its events are paid with the commit.
    func take(events: Int) { self.events += events }

    /// The office looks at its clock before and after each commit.
    var now: Timestamp {
        let look = ContinuousClock.now
        let made = disk.counts.syncs
        if made > syncs {
            if let lastLook, events > 0 {
                measured += look - lastLook
                measuredEvents += events
            }
            let cost = speed.sync * (made - syncs) + speed.event * events
            (syncs, events) = (made, 0)
            busy += cost
            time.spend(cost)
        }
        lastLook = look
        return time.now
    }

    func sleep(for duration: Duration) async throws { try await time.sleep(for: duration) }
}

/// The journals' clock: virtual time, or any moment of the hours that are over.
final class StormClock: Timekeeper, @unchecked Sendable {
    private let time: VirtualScheduler
    var past: Duration?

    init(time: VirtualScheduler) { self.time = time }

    var now: Timestamp {
        guard let past else { return time.now }
        let (here, ns) = (time.now, past.nanoseconds)
        return Timestamp(
            wall: WallTime(
                milliseconds: here.wall.milliseconds + (ns - here.monotonicNs) / 1_000_000),
            monotonicNs: ns, bootID: here.bootID)
    }

    func sleep(for duration: Duration) async throws { try await time.sleep(for: duration) }
}
