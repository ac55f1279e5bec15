/// What must be true of a kiosk's books after every entry, in one place, each sentence with its name.
///
/// The running daemon asks the cheap ones after every commit; whoever has the time asks them all. The names are those of
/// `docs/money.md`.
public struct Invariant: Sendable {
    /// "I1 balance".
    public let name: String
    /// What holds, for the person who reads that it does not.
    public let sentence: String

    private let isTrue: @Sendable (KioskLedger) -> Bool

    func holds(_ ledger: KioskLedger) -> Bool { isTrue(ledger) }

    /// In the order in which they are asked.
    public static let all: [Invariant] = cheap + thorough

    static let cheap: [Invariant] = [
        Invariant("I1 balance", "what the box holds is what somebody is owed or has been given") {
            $0.isBalanced
        },
        Invariant("I1 no debt", "no account falls below zero") { ledger in
            ledger.balances.values.allSatisfy { $0 >= .zero }
        },
        Invariant("I2 stacked is credit", "the box holds exactly the notes that were credited") {
            $0.balance(.stacker) == $0.sum(.credited)
        },
        Invariant("I2 doubt is suspense", "suspense holds exactly the notes in doubt") {
            $0.balance(.unlocated) == $0.sum(.doubtful)
                && $0.balance(.suspense) == $0.sum(.doubtful)
        },
        Invariant(
            "I5 credit is the session's", "credit is what the open session has in and not sold"
        ) {
            $0.balance(.credit) == $0.unsold
        },
        Invariant("I16 outcomes", "every session that started has ended once, or is the open one") {
            $0.sessionsStarted
                == $0.sessionsEnded.values.reduce(0, +) + ($0.openSession == nil ? 0 : 1)
        },
    ]

    static let thorough: [Invariant] = [
        Invariant("I5 sold is ordered", "each account of orders holds the orders in that state") {
            $0.balance(.topUpDue) == $0.sum(of: [.queued, .checking])
                && $0.balance(.posted) == $0.sum(of: [.credited])
                && $0.balance(.refundDue) == $0.sum(of: [.refused])
                && $0.balance(.refunded) == $0.sum(of: [.refunded])
        },
        Invariant("I6 one order", "an order's id is used once") { ledger in
            Set(ledger.orders.map(\.order)).count == ledger.orders.count
        },
        Invariant("I14 one slip", "no two orders share a slip number") { ledger in
            Set(ledger.orders.map(\.slip)).count == ledger.orders.count
        },
    ]

    init(_ name: String, _ sentence: String, _ holds: @escaping @Sendable (KioskLedger) -> Bool) {
        (self.name, self.sentence, isTrue) = (name, sentence, holds)
    }
}

extension KioskLedger {
    /// The first of the cheap sentences that does not hold; nil: all hold.
    public var brokenInvariant: Invariant? { Invariant.cheap.first { !$0.holds(self) } }

    /// The first sentence of all that does not hold. Takes longer the more orders there are.
    public var brokenInvariantOfAll: Invariant? { Invariant.all.first { !$0.holds(self) } }

    /// Whether that sentence does not hold of these books.
    public func broken(_ invariant: Invariant) -> Bool { !invariant.holds(self) }

    /// Σ of the notes that ended so.
    func sum(_ end: NoteEnd) -> Money {
        notes[end, default: [:]].reduce(.zero) { $0 + Money(fen: $1.key * Int64($1.value)) }
    }

    func sum(of states: Set<OrderState>) -> Money {
        orders.filter { states.contains($0.state) }.reduce(.zero) { $0 + $1.amount }
    }

    /// What the open session has credited and not committed.
    var unsold: Money {
        guard let openSession, !openSession.committed else { return .zero }
        return openSession.credited.reduce(.zero, +)
    }
}

extension Invariant: CustomStringConvertible {
    public var description: String { "\(name): \(sentence)" }
}
