internal import KioskModel
internal import KioskRuntime
internal import KioskStore
internal import OfficeProtocol
internal import VirtualWorld

/// One of the fleet: the real courier over the real journal of a kiosk that had no office for hours.
final class StormKiosk: @unchecked Sendable {
    let id: KioskID
    /// Nil: it has left.
    private var journal: Journal?
    let told: Retelling
    /// Orders whose end the kiosk does not know yet.
    private(set) var unsettled: Set<OrderID>
    private let nudges: AsyncStream<Void>
    private let nudge: AsyncStream<Void>.Continuation
    private let goes: AsyncStream<Void>
    private let go: AsyncStream<Void>.Continuation
    private(set) var troubles: [String] = []
    private var isCalm: Bool
    /// How far each lane went when the office came back.
    private let prepared: [Lane: Int64]
    /// Lanes of which the office does not have that yet.
    private(set) var missing: Set<Lane>

    /// Prepares the journal on a disk of its own. It is closed once, so that its log is in its file.
    init(
        place: Int, hours: OfflineHours, settings: Storm.Settings, clock: StormClock,
        disks: String, dice: inout SplitMix64
    ) throws {
        guard let id = KioskID(rawValue: "K" + String(100_000 + place)) else {
            preconditionFailure("a kiosk without a name")
        }
        let disk = VirtualDisk(name: "\(disks)-\(id)")
        let epoch = dice.next()
        func open() throws -> Journal {
            try Journal(
                path: disk.path("journal.sqlite"), kiosk: id, newEpoch: epoch, timekeeper: clock,
                folder: disk)
        }
        var retelling = Retelling(kiosk: id, epoch: Epoch(bits: epoch), place: place)
        do {
            clock.past = .zero
            defer { clock.past = nil }
            let journal = try open()
            try journal.append(try retelling.tell(hours.start))
            // Few had hardly anybody, few had a crowd.
            let spread = max(1, (settings.visitsMax - 1) / 2)
            let customers = 3 + dice.below(spread) + dice.below(spread)
            let span = Duration.seconds(settings.hours * 3600)
            let first = dice.below(hours.visits.count)
            for number in 0..<customers {
                clock.past = span * (number + 1) / (customers + 1)
                let visit = hours.visits[(first + number) % hours.visits.count]
                try journal.append(try retelling.tell(visit))
            }
        }
        (self.id, told, unsettled) = (id, retelling, retelling.orders)
        let journal = try open()
        self.journal = journal
        isCalm = !retelling.openAlarms.contains(StormKiosk.alarm)
        var prepared: [Lane: Int64] = [:]
        for lane in Lane.allCases { prepared[lane] = try journal.outbox(lane).last }
        self.prepared = prepared
        missing = Set(Lane.allCases.filter { prepared[$0, default: 0] > 0 })
        (nudges, nudge) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (goes, go) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func run(over line: StormLine, time: VirtualScheduler, random: @escaping @Sendable () -> Double)
        async
    {
        guard let journal else { return }
        let courier = Courier(
            journal: journal, office: line, timekeeper: time, random: random, nudges: nudges,
            lastCommand: 0, news: { self.hear($0) }, obey: { try self.obey($0) })
        await withTaskGroup(of: Void.self) { race in
            race.addTask { await courier.run() }
            race.addTask { [goes] in for await _ in goes {} }
            await race.next()
            race.cancelAll()
        }
    }

    /// Its story is over: its journal is held against the office's books and put away, because ten thousand of them are heavy.
    func leave(_ books: StormBooks) throws {
        guard let journal else { return }
        try books.compare(journal)
        self.journal = nil
        go.finish()
    }

    private static let alarm = AlarmKey(.officeUnreachable, "office")

    /// As the alarm board has it: the office is back, so its alarm is cleared.
    private func hear(_ news: CourierNews) {
        switch news {
        case .reachable:
            guard !isCalm else { return }
            isCalm = true
            do { try write(.alarmCleared(alarm: StormKiosk.alarm)) } catch {
                troubles.append("\(id): \(error)")
            }
        case .unreachable: break
        case .untrusted, .laneStopped, .laneMoves, .journal: troubles.append("\(id): \(news)")
        }
    }

    private func obey(_ command: Command) throws(JournalFault) {
        guard case .orderSettled(let order, let state) = command.body else { return }
        try write(.orderSettled(order: order, state: state, command: command.number))
        if state == .credited || state == .refused { unsettled.remove(order) }
    }

    private func write(_ entry: Entry) throws(JournalFault) {
        try journal?.append([entry])
        nudge.yield()
    }

    /// The office has acknowledged that much.
    func hear(_ answer: BatchAnswer, of lane: Lane) {
        if answer.acked >= prepared[lane, default: 0] { missing.remove(lane) }
    }

    var isDelivered: Bool { missing.isEmpty }

    /// The office has everything and the kiosk knows the end of every order.
    var isDrained: Bool {
        get throws {
            // Asking the journal costs more than everything else of a waiting kiosk.
            guard missing.isEmpty, unsettled.isEmpty, let journal else { return false }
            return try Lane.allCases.allSatisfy { try journal.outbox($0).waiting == 0 }
        }
    }

    var entriesPrepared: Int { Int(prepared.values.reduce(0, +)) }
}
