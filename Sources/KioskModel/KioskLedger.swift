/// The kiosk's books: a fold over the journal's entries, double entry in fen. It is read, never written.
///
/// ```
/// a note is credited   STACKER  -> CREDIT       cash in the box, owed to the customer at the screen
/// a note is doubtful   UNLOCATED -> SUSPENSE    nobody can say where it is; a count settles it
/// a payment commits    CREDIT   -> TOPUP_DUE    sold, not posted yet
/// it is credited       TOPUP_DUE -> POSTED
/// it is refused        TOPUP_DUE -> REFUND_DUE  owed back
/// it is refunded       REFUND_DUE -> REFUNDED
/// ```
public struct KioskLedger: Sendable, Hashable {
    public enum Account: String, Sendable, CaseIterable {
        case stacker = "STACKER", unlocated = "UNLOCATED"
        case credit = "CREDIT", topUpDue = "TOPUP_DUE", posted = "POSTED"
        case refundDue = "REFUND_DUE", refunded = "REFUNDED", suspense = "SUSPENSE"

        /// Assets grow by debit; the rest, which say whose the money is, by credit.
        public var isAsset: Bool { self == .stacker || self == .unlocated }
    }

    public enum NoteEnd: String, Sendable { case credited, returned, doubtful }

    /// A note of which the end is not known yet.
    public struct OpenNote: Sendable, Hashable {
        public let note: NoteID
        public let value: Money
        public let session: SessionID?
        public var intent: Intent
        public enum Intent: Sendable, Hashable { case none, stack, giveBack }
    }

    public struct Order: Sendable, Hashable {
        public let order: OrderID
        public let slip: SlipNumber
        public let phone: PhoneNumber
        public let amount: Money
        public var state: OrderState
    }

    public struct KeptNote: Sendable, Hashable {
        public let note: NoteID
        public let value: Money
    }

    /// A visit that has started and not ended.
    public struct OpenSession: Sendable, Hashable {
        public let session: SessionID
        public let order: OrderID
        public var phone: PhoneNumber?
        public var credited: [Money] = []
        public var doubtful: [Money] = []
        public var committed = false
    }

    public private(set) var balances: [Account: Money] = [:]
    /// How many notes of each value (fen) ended each way.
    public private(set) var notes: [NoteEnd: [Int64: Int]] = [:]
    public private(set) var orders: [Order] = []
    public private(set) var openNote: OpenNote?
    public private(set) var openSession: OpenSession?
    /// The last note that ended in the box or in doubt, for recognising a repeated report.
    public private(set) var lastKept: KeptNote?
    public private(set) var lastNote = NoteID(0)
    public private(set) var lastSession = SessionID(0)
    /// The office's last command that this journal knows.
    public private(set) var lastCommand: Int64 = 0
    /// Receipts issued and not yet known to be in a hand: order and copy, oldest first.
    public private(set) var openReceipts: [Receipt] = []
    public private(set) var unprinted: [Receipt] = []
    public private(set) var sessionsStarted = 0
    public private(set) var sessionsEnded: [SessionOutcome: Int] = [:]

    private var orderPlaces: [OrderID: Int] = [:]

    public init() {}

    public init(_ entries: some Sequence<Entry>) {
        for entry in entries { apply(entry) }
    }

    /// Books one more entry.
    ///
    /// - Precondition: the entry continues the journal. Entries that contradict it are our own bug and stop the process;
    ///   a journal from disk is verified (`Journal.verify`) before it is folded.
    public mutating func apply(_ entry: Entry) {
        switch entry {
        case .sessionStarted(let session, let order):
            precondition(
                openSession == nil && session > lastSession,
                "\(session) starts while \(String(describing: openSession)) is open")
            openSession = OpenSession(session: session, order: order)
            lastSession = session
            sessionsStarted += 1
        case .numberChosen(_, let phone):
            openSession?.phone = phone
        case .sessionEnded(let session, let outcome):
            precondition(openSession?.session == session, "\(session) ends but is not open")
            precondition(
                openSession.map { $0.credited.isEmpty || $0.committed } ?? true,
                "\(session) ends with money that is not committed")
            openSession = nil
            sessionsEnded[outcome, default: 0] += 1
        case .noteOffered(let note, let value, let session):
            precondition(
                openNote == nil && note > lastNote && value > .zero,
                "\(note) offered while another is open")
            openNote = OpenNote(note: note, value: value, session: session, intent: .none)
            lastNote = note
        case .stackIntended(let note):
            precondition(openNote?.note == note, "stack intended of a note that is not open")
            openNote?.intent = .stack
        case .returnIntended(let note, _):
            precondition(openNote?.note == note, "return intended of a note that is not open")
            openNote?.intent = .giveBack
        case .noteCredited(let note, let value, let session):
            precondition(
                openNote?.note == note && openNote?.value == value,
                "\(note) credited but not open with that value")
            precondition(
                openSession?.session == session && openSession?.committed == false,
                "\(note) credited outside its session")
            openNote = nil
            openSession?.credited.append(value)
            keep(note, value)
            end(value, .credited)
            transfer(value, .stacker, .credit)
        case .noteReturned(let note):
            precondition(openNote?.note == note, "\(note) returned but not open")
            end(openNote?.value ?? .zero, .returned)
            openNote = nil
        case .noteDoubtful(let note, let value, let session, _):
            precondition(
                openNote == nil || openNote?.note == note, "\(note) doubtful while another is open")
            openNote = nil
            lastNote = max(lastNote, note)
            keep(note, value)
            if session != nil, openSession?.session == session {
                openSession?.doubtful.append(value)
            }
            end(value, .doubtful)
            transfer(value, .unlocated, .suspense)
        case .paymentCommitted(let order, let slip, let phone, let amount):
            precondition(
                openSession?.order == order && openSession?.committed == false,
                "\(order) committed twice or outside its session")
            precondition(
                openSession?.credited.reduce(.zero, +) == amount && amount > .zero,
                "\(order) commits another sum than was credited")
            openSession?.committed = true
            orderPlaces[order] = orders.count
            orders.append(
                Order(order: order, slip: slip, phone: phone, amount: amount, state: .queued))
            transfer(amount, .credit, .topUpDue)
        case .orderSettled(let order, let state, let command):
            lastCommand = max(lastCommand, command)
            settle(order, state)
        case .receiptIssued(let receipt):
            openReceipts.append(receipt)
        case .receiptEnded(let order, let copy, let result):
            endReceipt(order, copy, result)
        case .journalOpened, .cassetteRemoved, .cassetteInserted, .deviceIdentified, .alarmRaised,
            .alarmCleared, .rated,
            .repeatIgnored, .telemetryDropped:
            break
        }
    }

    public func balance(_ account: Account) -> Money { balances[account, default: .zero] }

    /// I1: what the box holds is exactly what somebody is owed or has been given.
    public var isBalanced: Bool {
        let assets = Account.allCases.filter(\.isAsset).map(balance).reduce(.zero, +)
        return assets == Account.allCases.filter { !$0.isAsset }.map(balance).reduce(.zero, +)
    }

    public func order(_ id: OrderID) -> Order? { orderPlaces[id].map { orders[$0] } }

    private mutating func keep(_ note: NoteID, _ value: Money) {
        lastKept = KeptNote(note: note, value: value)
    }

    private mutating func end(_ value: Money, _ end: NoteEnd) {
        notes[end, default: [:]][value.fen, default: 0] += 1
    }

    /// Money moves from `debit` (if an asset: grows) to `credit`.
    private mutating func transfer(_ amount: Money, _ debit: Account, _ credit: Account) {
        balances[debit, default: .zero] += debit.isAsset ? amount : -amount
        balances[credit, default: .zero] += credit.isAsset ? -amount : amount
    }

    /// Orders only move forward; a repeated or older answer changes nothing.
    private mutating func settle(_ id: OrderID, _ state: OrderState) {
        guard let place = orderPlaces[id] else { return }
        let order = orders[place]
        switch (order.state, state) {
        case (.queued, .credited), (.checking, .credited):
            transfer(order.amount, .topUpDue, .posted)
        case (.queued, .refused), (.checking, .refused):
            transfer(order.amount, .topUpDue, .refundDue)
        case (.refused, .refunded): transfer(order.amount, .refundDue, .refunded)
        case (.queued, .checking): break
        case (.queued, _), (.checking, _), (.credited, _), (.refused, _), (.refunded, _): return
        }
        orders[place].state = state
    }

    private mutating func endReceipt(_ order: OrderID, _ copy: Int, _ result: ReceiptResult) {
        guard let place = openReceipts.firstIndex(where: { $0.order == order && $0.copy == copy })
        else { return }
        let receipt = openReceipts.remove(at: place)
        switch result {
        case .sent, .confirmed: unprinted.removeAll { $0.order == order }
        case .unknown, .failed:
            if !unprinted.contains(where: { $0.order == order }) { unprinted.append(receipt) }
        }
    }
}
