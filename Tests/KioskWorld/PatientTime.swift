internal import DeviceKit
internal import KioskModel
internal import VirtualWorld

/// The driver's clock. Until something can happen at the unit, a pause between two questions lasts longer: a sleep is "at
/// least that long", and hours without a customer cost little.
struct PatientTime: Timekeeper {
    let time: VirtualScheduler
    let unit: UnitLine
    /// The pause that may last longer, and how long at most.
    let pause: Duration
    let longest: Duration
    /// Equal answers that show a unit at rest; setting it up takes fewer questions between two commands.
    private static let restMin = 3
    /// The same while the unit moves by itself: the last question was asked after the kiosk's last wish.
    private static let waitMin = 2

    var now: Timestamp { time.now }

    func sleep(for duration: Duration) async throws {
        let change = unit.nextChangeNs
        guard duration == pause, longest > pause,
            unit.quietTurns >= (change == nil ? PatientTime.restMin : PatientTime.waitMin)
        else { return try await time.sleep(for: duration) }
        let rest = change.map { Duration.nanoseconds($0 - time.nowNs) } ?? longest
        try await time.sleep(for: min(max(rest, pause), longest), orUntil: unit.bell)
    }
}

/// The real driver, whose patience ends when the kiosk wants something.
struct WokenAcceptor: BillAcceptor {
    let driver: any BillAcceptor
    let unit: UnitLine

    func run(report: @escaping AcceptorReport) async { await driver.run(report: report) }

    func request(_ request: AcceptorRequest) async {
        await driver.request(request)
        unit.stir()
    }
}

/// The journal's clock: it is read at the beginning of every commit, which makes it a moment.
struct JournalTime: Timekeeper {
    let time: VirtualScheduler
    let stage: Stage
    let pulse: Pulse

    var now: Timestamp {
        if pulse.isAlive { stage.reach(.commit, "") }
        return time.now
    }

    func sleep(for duration: Duration) async throws { try await time.sleep(for: duration) }
}
