public import KioskModel

/// Everything a customer does at the kiosk: top up a phone with cash, or ask where the money is.
///
/// A value. The caller keeps the changed copy only if the step's entries are durable, then does the actions in order.
/// What is on the screen, which notes are let in and which wait is running all follow from where the visit is; each step
/// ends by telling the differences.
///
/// A session is one payment: it starts when *top up* is chosen and ends when the screen is free again. Looking around and
/// asking for a claim are no sessions.
public struct Visit: Sendable {
    /// Marked copies of a receipt in one visit.
    static let copiesMax = 2

    let settings: VisitSettings
    var books: VisitBooks
    var place = Place.attract
    /// "Need more time?" stands before the place.
    var isAsking = false
    var customer: Customer
    /// Nothing works until it is said to work.
    var services = Services(
        cash: [.acceptorUnavailable], receipts: [.printerUnavailable], officeReachable: false)
    /// The notes the unit knows; nil until it has told.
    var unitNotes: [Money]?
    var accountQuestion = Question<PhoneNumber>()
    var claimQuestion = Question<ClaimSubject>()
    /// A "stacked" that comes now may be the last one said again: nothing of another note has been heard since.
    var mayRepeat = true
    /// For what is printed only; nothing is decided by it.
    var now = WallTime(milliseconds: 0)
    var waits = RunningWaits()
    /// What the runtime was last told.
    var shown: Screen?
    var taking: [Money] = []

    struct ClaimSubject: Sendable, Hashable {
        let slip: SlipNumber
        let phone: PhoneNumber
    }

    /// - Parameter ledger: the books as the journal tells them.
    public init(settings: VisitSettings, ledger: KioskLedger) {
        self.settings = settings
        books = VisitBooks(ledger)
        customer = Customer(settings.languages.first ?? .chinese)
        recoveredCopies(ledger)
    }

    /// The first step: settles what the last life of the kiosk left open, and shows the first screen.
    public mutating func begin(at time: WallTime) -> Step {
        now = time
        var step = Step(actions: [.acceptCash([])])
        recover(in: &step)
        return conclude(step, from: nil)
    }

    public mutating func handle(_ event: Event, at time: WallTime) -> Step {
        now = time
        let (before, wasAsking) = (place, isAsking)
        var step = Step()
        switch event {
        case .customer(let input):
            guard accepts(input) else { return .nothing }
            waits.stir()
            react(to: input, in: &step)
        case .acceptor(let report):
            react(to: report, in: &step)
        case .account(let answer):
            react(to: answer, in: &step)
        case .claim(let answer):
            react(to: answer, in: &step)
        case .orderSettled(let order, let state, let command):
            record(.orderSettled(order: order, state: state, command: command), in: &step)
            outcomeIfSettled(in: &step)
        case .receiptEnded(let order, let copy, let result):
            receiptEnded(order, copy, result, in: &step)
        case .services(let services):
            self.services = services
            leaveIfHindered(in: &step)
        case .timerFired(let timer):
            guard waits.ended(timer) else { return .nothing }
            react(to: timer, in: &step)
        }
        return conclude(step, from: (before, wasAsking))
    }

    /// Whether the screen that is shown now offers this choice, or asks for this field.
    ///
    /// On a screen with a keypad the field "typing" is taken too: somebody is there and typing, the wait starts anew.
    public func accepts(_ input: Input) -> Bool {
        let screen = self.screen
        switch input {
        case .choice(let id):
            return screen.choices.contains { $0.id == id && $0.unavailable == nil }
        case .fields(let fields):
            guard let keypad = screen.keypad, fields.count == 1, let name = fields.keys.first else {
                return false
            }
            return name == keypad.field || name == Visit.typingField
        }
    }

    static let typingField = "typing"

    /// Writes an entry down and counts it in, in that order for everyone.
    mutating func record(_ entry: Entry, in step: inout Step) {
        step.entries.append(entry)
        books.apply(entry)
    }

    /// Tells the runtime what has changed. The slot closes before a screen says so, and opens only after it does.
    private mutating func conclude(_ step: Step, from before: (Place, Bool)?) -> Step {
        var step = step
        if let before, before.0 != place || before.1 != isAsking { waits.stir() }
        step.actions += waits.change(to: wait, note: books.note?.id, in: settings)
        let (wanted, screen) = (notesWanted, self.screen)
        if wanted != taking, wanted.isEmpty { step.actions.append(.acceptCash([])) }
        if screen != shown { step.actions.append(.show(screen)) }
        if wanted != taking, !wanted.isEmpty { step.actions.append(.acceptCash(wanted)) }
        (taking, shown) = (wanted, screen)
        return step
    }
}
