internal import KioskModel
internal import KioskStore
internal import OfficeProtocol
internal import VirtualWorld

/// What a whole kiosk wrote into its journal while it had no office: real customers before the real loop, flow, driver and
/// journal. Ten thousand kiosks tell parts of it, each as its own.
struct OfflineHours {
    /// Entries from one visit's start to the next one's.
    let visits: [[Entry]]
    /// What came before the first customer.
    let start: [Entry]

    /// Lives through it once.
    init(seed: UInt64, customers: Int) throws {
        var settings = World.Settings()
        settings.patience = .seconds(30)
        let world = try World(seed: seed, settings: settings)
        let found = Found()
        try world.run { world in
            try await world.ready()
            world.network.goDown()
            for number in 0..<customers {
                // For some of them the paper is out.
                if number % 12 == 4 { try await world.printer.say("fault paper-out") }
                if number % 12 == 6 { try await world.printer.say("clear paper-out") }
                var customer = Customer(
                    world: world, dice: SplitMix64(seed: seed &+ UInt64(number) &* 7919))
                try await customer.visit()
                try await world.advance(.seconds(240))
            }
            guard let journal = world.life?.journal else { return }
            found.entries = try journal.records(after: 0, limit: .max).map(\.body.entry)
        }
        var (start, visits): ([Entry], [[Entry]]) = ([], [])
        for entry in found.entries {
            if case .journalOpened = entry { continue }
            if case .sessionStarted = entry { visits.append([]) }
            if visits.isEmpty {
                start.append(entry)
            } else {
                visits[visits.count - 1].append(entry)
            }
        }
        precondition(visits.count > customers / 2, "hardly anybody came")
        (self.start, self.visits) = (start, visits)
    }

    /// `@unchecked Sendable`: touched on the scheduler's one thread.
    private final class Found: @unchecked Sendable { var entries: [Entry] = [] }
}

/// Tells entries again as those of another kiosk: its own id, epoch, numbers and customers.
struct Retelling {
    let kiosk: KioskID
    let epoch: Epoch
    /// Makes its customers' numbers.
    let place: Int
    private(set) var openAlarms: Set<AlarmKey> = []
    private(set) var committed = Money.zero
    private(set) var credited = Money.zero
    private(set) var orders: Set<OrderID> = []
    private var session: Int64 = 0
    private var lastNote: Int64 = 0
    private var notes: [NoteID: NoteID] = [:]

    init(kiosk: KioskID, epoch: Epoch, place: Int) {
        (self.kiosk, self.epoch, self.place) = (kiosk, epoch, place)
    }

    /// One visit, or what came before the first.
    mutating func tell(_ entries: [Entry]) throws -> [Entry] {
        notes = [:]
        return try entries.compactMap { try tell($0) }
    }

    private mutating func tell(_ entry: Entry) throws -> Entry? {
        let mine = SessionID(session)
        switch entry {
        case .sessionStarted:
            session += 1
            return .sessionStarted(session: SessionID(session), order: order)
        case .numberChosen(_, let phone):
            return .numberChosen(session: mine, phone: try number(for: phone))
        case .sessionEnded(_, let outcome): return .sessionEnded(session: mine, outcome: outcome)
        case .noteOffered(let note, let value, let visit):
            return .noteOffered(
                note: self.note(note), value: value, session: visit.map { _ in mine })
        case .stackIntended(let note): return .stackIntended(note: self.note(note))
        case .returnIntended(let note, let reason):
            return .returnIntended(note: self.note(note), reason: reason)
        case .noteCredited(let note, let value, _):
            credited += value
            return .noteCredited(note: self.note(note), value: value, session: mine)
        case .noteReturned(let note): return .noteReturned(note: self.note(note))
        case .noteDoubtful(let note, let value, let visit, let reason):
            return .noteDoubtful(
                note: self.note(note), value: value, session: visit.map { _ in mine },
                reason: reason)
        case .repeatIgnored(let note): return .repeatIgnored(note: self.note(note))
        case .paymentCommitted(_, _, let phone, let amount):
            committed += amount
            orders.insert(order)
            return .paymentCommitted(
                order: order, slip: SlipNumber(epoch: epoch, session: mine),
                phone: try number(for: phone), amount: amount)
        case .receiptIssued(let receipt): return .receiptIssued(receipt: try tell(receipt))
        case .receiptEnded(_, let copy, let result):
            return .receiptEnded(order: order, copy: copy, result: result)
        case .rated(_, let stars): return .rated(session: mine, stars: stars)
        case .alarmRaised(let alarm, _, _): return openAlarms.insert(alarm).inserted ? entry : nil
        case .alarmCleared(let alarm): return openAlarms.remove(alarm) == nil ? nil : entry
        case .cassetteRemoved, .cassetteInserted, .deviceIdentified, .telemetryDropped:
            return entry
        case .journalOpened, .orderSettled:
            preconditionFailure("no part of hours without an office: \(entry)")
        }
    }

    private var order: OrderID {
        OrderID(kiosk: kiosk, epoch: epoch, session: SessionID(session))
    }

    private mutating func note(_ old: NoteID) -> NoteID {
        if let known = notes[old] { return known }
        lastNote += 1
        notes[old] = NoteID(lastNote)
        return NoteID(lastNote)
    }

    /// A customer's own number, which the billing system refuses if it refused the first one's.
    private func number(for phone: PhoneNumber) throws -> PhoneNumber {
        let isRefused = phone.clear.hasPrefix("1990000")
        let digits = String(place * 64 + Int(session))
        let length = isRefused ? 4 : 8
        let tail = String(repeating: "0", count: max(0, length - digits.count)) + digits
        return try PhoneGrammar.mainlandMobile.read(
            (isRefused ? "1990000" : "139") + tail.suffix(length))
    }

    private func tell(_ old: Receipt) throws -> Receipt {
        Receipt(
            order: order, slip: SlipNumber(epoch: epoch, session: SessionID(session)),
            phone: try number(for: old.phone), notes: old.notes, amount: old.amount,
            state: old.state, doubtful: old.doubtful, kiosk: kiosk, site: old.site,
            language: old.language, at: old.at, copy: old.copy)
    }
}
