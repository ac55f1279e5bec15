public import KioskModel

/// What a flow is told. Time is an event too.
public enum Event: Sendable, Hashable {
    case customer(Input)
    case acceptor(AcceptorEvent)
    case account(AccountAnswer)
    case claim(ClaimAnswer)
    case orderSettled(OrderID, OrderState, command: Int64)
    case receiptEnded(OrderID, copy: Int, ReceiptResult)
    /// What works now; told at the start and at every change.
    case services(Services)
    case timerFired(Timer)
}

/// What a flow answers: entries are made durable first, then the actions are done, in order.
public struct Step: Sendable, Hashable {
    public var entries: [Entry]
    public var actions: [Action]
    public init(entries: [Entry] = [], actions: [Action] = []) {
        (self.entries, self.actions) = (entries, actions)
    }
    public static let nothing = Step()
}

/// What the runtime does for a flow. Imperative, one thing each.
public enum Action: Sendable, Hashable {
    case show(Screen)
    /// Let notes of these values in, each held in escrow until `stackNote` or `returnNote`. Empty: take none.
    case acceptCash([Money])
    case stackNote
    case returnNote
    /// Answered by `.account`, always, within the runtime's limit.
    case askAccount(PhoneNumber)
    /// Answered by `.claim`, always, within the runtime's limit.
    case askClaim(SlipNumber, PhoneNumber)
    /// Answered by `.receiptEnded`, always, within the runtime's limit.
    case print(Receipt)
    /// No paper of this visit comes out any more.
    case cancelPrints
    /// Fires once after its duration; starting it again starts it anew.
    case startTimer(Timer, Duration)
    case stopTimer(Timer)
}

/// Every wait there is. How long each is stands in `VisitSettings.Waits`.
public enum Timer: String, Sendable, Hashable, CaseIterable {
    /// Nobody touched this screen for a while.
    case idle
    /// "Need more time?" was not answered.
    case moreTime
    /// The acceptor did not say what became of the note.
    case noteSettlement
    /// The outcome screen waits for the office's word.
    case settlement
    /// A screen that is only read: outcome and claim answer ask for more time when it fires, goodbye ends.
    case linger
}

/// What works now, and why the rest does not.
public struct Services: Sendable, Hashable {
    /// Why no cash can be taken; empty when it can.
    public var cash: Set<Hindrance>
    /// Why no receipt can be printed; empty when it can.
    public var receipts: Set<Hindrance>
    /// The office answered lately.
    public var officeReachable: Bool

    public init(cash: Set<Hindrance>, receipts: Set<Hindrance>, officeReachable: Bool) {
        (self.cash, self.receipts, self.officeReachable) = (cash, receipts, officeReachable)
    }

    /// The reason as the customer reads it: text key "hindrance.<raw value>".
    public enum Hindrance: String, Sendable, Hashable, CaseIterable {
        case acceptorUnavailable, cassetteFull, cassetteRemoved
        case journalTrouble
        /// Too much cash or too long without the office.
        case offlineTooLong
        case printerUnavailable, paperOut
    }
}
