internal import KioskModel

/// The part of the books that a visit decides by: what is open now.
///
/// Folded from the same entries as the `KioskLedger`, without the orders of the kiosk's whole life, so that the visit stays
/// small enough to be copied at every event.
struct VisitBooks: Sendable, Hashable {
    struct Session: Sendable, Hashable {
        let id: SessionID
        let order: OrderID
        var phone: PhoneNumber?
        var credited: [Money] = []
        var doubtful: [Money] = []
        /// Where the payment stands; nil until it is committed.
        var state: OrderState?

        var total: Money { credited.reduce(.zero, +) }
        var inDoubt: Money { doubtful.reduce(.zero, +) }
        /// Money of the customer was kept, or may have been.
        var hasMoney: Bool { !credited.isEmpty || !doubtful.isEmpty }
    }

    struct Note: Sendable, Hashable {
        let id: NoteID
        let value: Money
        let session: SessionID?
        var intent: KioskLedger.OpenNote.Intent
    }

    struct Kept: Sendable, Hashable {
        let note: NoteID
        let value: Money
    }

    private(set) var session: Session?
    private(set) var note: Note?
    private(set) var lastKept: Kept?
    private(set) var lastNote: NoteID
    private(set) var lastSession: SessionID
    /// Issued, and nobody has said yet what became of them.
    private(set) var receipts: [Receipt]

    init(_ ledger: KioskLedger) {
        session = ledger.openSession.map { open in
            Session(
                id: open.session, order: open.order, phone: open.phone, credited: open.credited,
                doubtful: open.doubtful,
                state: open.committed ? ledger.order(open.order)?.state ?? .queued : nil)
        }
        note = ledger.openNote.map {
            Note(id: $0.note, value: $0.value, session: $0.session, intent: $0.intent)
        }
        lastKept = ledger.lastKept.map { Kept(note: $0.note, value: $0.value) }
        (lastNote, lastSession) = (ledger.lastNote, ledger.lastSession)
        receipts = ledger.openReceipts
    }

    mutating func apply(_ entry: Entry) {
        switch entry {
        case .sessionStarted(let id, let order):
            session = Session(id: id, order: order)
            lastSession = id
        case .numberChosen(_, let phone):
            session?.phone = phone
        case .sessionEnded:
            session = nil
        case .noteOffered(let id, let value, let session):
            note = Note(id: id, value: value, session: session, intent: .none)
            lastNote = id
        case .stackIntended:
            note?.intent = .stack
        case .returnIntended:
            note?.intent = .giveBack
        case .noteCredited(let id, let value, _):
            note = nil
            session?.credited.append(value)
            lastKept = Kept(note: id, value: value)
        case .noteReturned:
            note = nil
        case .noteDoubtful(let id, let value, let owner, _):
            note = nil
            lastNote = max(lastNote, id)
            lastKept = Kept(note: id, value: value)
            if owner != nil, session?.id == owner { session?.doubtful.append(value) }
        case .paymentCommitted:
            session?.state = .queued
        case .orderSettled(let order, let state, _):
            if session?.order == order { settle(state) }
        case .receiptIssued(let receipt):
            receipts.append(receipt)
        case .receiptEnded(let order, let copy, _):
            receipts.removeAll { $0.order == order && $0.copy == copy }
        case .journalOpened, .cassetteRemoved, .cassetteInserted, .deviceIdentified, .alarmRaised,
            .alarmCleared, .rated, .repeatIgnored, .telemetryDropped:
            break
        }
    }

    /// Forward only, as in the ledger.
    private mutating func settle(_ state: OrderState) {
        switch (session?.state, state) {
        case (.queued, .checking), (.queued, .credited), (.queued, .refused),
            (.checking, .credited), (.checking, .refused), (.refused, .refunded):
            session?.state = state
        case (nil, _), (.queued, _), (.checking, _), (.credited, _), (.refused, _), (.refunded, _):
            break
        }
    }
}
