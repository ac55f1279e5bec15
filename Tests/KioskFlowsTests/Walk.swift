import KioskModel
import Testing

@testable import KioskFlows

/// A visit together with what the runtime does for it: books from the entries, timers, the screen. Checks at every step
/// what must always hold.
struct Walk {
    static let phone = read("13800138000")
    static let notes: [Money] = [10, 20, 50, 100].map(Money.yuan)

    static func read(_ digits: String) -> PhoneNumber {
        guard let phone = try? PhoneGrammar.mainlandMobile.read(digits) else {
            preconditionFailure("\(digits) is no number")
        }
        return phone
    }

    static func settings(
        languages: [Language] = [.chinese, .english], minimum: Money = .yuan(10),
        maximum: Money = .yuan(500)
    ) -> VisitSettings {
        guard let kiosk = KioskID(rawValue: "K0001") else { preconditionFailure("a bad name") }
        return VisitSettings(
            kiosk: kiosk, epoch: Epoch(bits: 0x42), site: "West Gate", hotline: "10000",
            languages: languages, grammar: .mainlandMobile, minimum: minimum, maximum: maximum,
            denominations: notes, waits: VisitSettings.Waits())
    }

    let settings: VisitSettings
    private(set) var visit: Visit
    private(set) var ledger = KioskLedger()
    private(set) var entries: [Entry] = []
    private(set) var screen: Screen
    private(set) var taking: [Money] = []
    private(set) var timers: [Timer: Duration] = [:]
    private(set) var printed: [Receipt] = []
    private(set) var questions: [Action] = []
    var now = WallTime(milliseconds: 1_700_000_000_000)

    init(_ settings: VisitSettings = Walk.settings(), services: Services? = .all) {
        self.settings = settings
        visit = Visit(settings: settings, ledger: ledger)
        screen = visit.outOfService
        perform(visit.begin(at: now))
        if let services { tell(.services(services)) }
    }

    /// The power goes and comes: all that is left is the journal. Answers the first step.
    @discardableResult
    mutating func restart(services: Services? = .all) -> Step {
        visit = Visit(settings: settings, ledger: KioskLedger(entries))
        (timers, taking) = ([:], [])
        let step = visit.begin(at: now)
        perform(step)
        if let services { tell(.services(services)) }
        return step
    }

    @discardableResult
    mutating func tell(_ event: Event) -> Step {
        if case .timerFired(let timer) = event { timers[timer] = nil }
        let step = visit.handle(event, at: now)
        perform(step)
        return step
    }

    @discardableResult
    mutating func acceptor(_ reports: AcceptorEvent...) -> Step {
        var step = Step.nothing
        for report in reports { step = tell(.acceptor(report)) }
        return step
    }

    @discardableResult
    mutating func choose(_ ids: String...) -> Step {
        var step = Step.nothing
        for id in ids {
            #expect(visit.accepts(.choice(id)), "\(screen.name) does not offer \(id)")
            step = tell(.customer(.choice(id)))
        }
        return step
    }

    @discardableResult
    mutating func type(_ field: String, _ text: String) -> Step {
        tell(.customer(.fields([field: text])))
    }

    private mutating func perform(_ step: Step) {
        for entry in step.entries {
            if case .noteCredited = entry { #expect(ledger.openNote?.intent == .stack) }
            ledger.apply(entry)
            entries.append(entry)
        }
        for action in step.actions { perform(action) }
        #expect(ledger.isBalanced)
        let moving = ledger.openNote.map { $0.intent == .stack ? $0.value : .zero } ?? .zero
        let total = ledger.openSession?.credited.reduce(.zero, +) ?? .zero
        for value in taking { #expect(total + moving + value <= settings.maximum) }
        #expect(visit.books == VisitBooks(ledger), "the visit's books are not the ledger's")
    }

    private mutating func perform(_ action: Action) {
        switch action {
        case .show(let next):
            screen = next
            #expect(Set(next.choices.map(\.id)).count == next.choices.count)
        case .acceptCash(let values):
            taking = values
            #expect(values.isEmpty || visit.place == .insertNotes, "cash at \(visit.place)")
        case .stackNote: #expect(ledger.openNote?.intent == .stack)
        case .returnNote: #expect(ledger.openNote?.intent != .stack)
        case .print(let receipt): printed.append(receipt)
        case .askAccount, .askClaim: questions.append(action)
        case .cancelPrints: break
        case .startTimer(let timer, let length): timers[timer] = length
        case .stopTimer(let timer): timers[timer] = nil
        }
    }

    // MARK: What people do

    /// From the first touch to the account's answer.
    mutating func identify(balance: Money = .yuan(12)) {
        choose("start", "en", "topUp")
        type("number", "13800138000")
        choose("confirm")
        tell(.account(.found(name: "张*明", balance: balance)))
    }

    mutating func reachSlot(balance: Money = .yuan(12)) {
        identify(balance: balance)
        choose("continue")
    }

    mutating func insert(_ yuan: Int64...) {
        for value in yuan.map(Money.yuan) {
            acceptor(.accepting, .escrowed(value), .stacked(value), .ready(true))
        }
    }

    mutating func settle(_ state: OrderState, command: Int64 = 1) {
        guard let order = ledger.orders.last else { return }
        tell(.orderSettled(order.order, state, command: command))
    }

    mutating func receiptEnds(_ result: ReceiptResult) {
        guard let receipt = printed.last else { return }
        tell(.receiptEnded(receipt.order, copy: receipt.copy, result))
    }

    var keys: Set<String> { Set(screen.body.map(\.key)) }
    var offered: [String] { screen.choices.filter { $0.unavailable == nil }.map(\.id) }
    func fact(_ label: String) -> String? {
        screen.facts.first { $0.label.key == "fact.\(label)" }?.value
    }
}

extension Services {
    static let all = Services(cash: [], receipts: [], officeReachable: true)

    static func without(
        cash: Set<Hindrance> = [], receipts: Set<Hindrance> = [], office: Bool = true
    ) -> Services {
        Services(cash: cash, receipts: receipts, officeReachable: office)
    }
}
