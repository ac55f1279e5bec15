internal import KioskModel
internal import Office
public import VirtualWorld

/// The operator's billing system. The office reaches it through a `BankLine`.
public final class Bank: @unchecked Sendable {
    public private(set) var books = VirtualBilling()
    fileprivate let time: VirtualScheduler
    fileprivate let stage: Stage
    /// What the office did not know and has not asked about since.
    private var unasked: Set<OrderID> = []

    init(time: VirtualScheduler, stage: Stage) { (self.time, self.stage) = (time, stage) }

    public func become(_ mode: VirtualBilling.Mode) {
        stage.tell("bank", mode.rawValue)
        books.mode = mode
    }

    /// The office sends an order; what became of an earlier sending must have been asked for.
    fileprivate func send(_ order: OrderID) {
        guard !unasked.insert(order).inserted else { return }
        stage.report(.unknownIsAskedAbout, "\(order) was sent again blindly")
    }

    fileprivate func post(_ order: OrderID, _ phone: PhoneNumber, _ amount: Money)
        -> VirtualBilling.Outcome
    {
        let outcome = books.post(order: order.text, number: phone, amount: amount)
        if case .answered(.conflict) = outcome {
            stage.report(.unknownIsAskedAbout, "\(order) was sent with another amount: \(amount)")
        }
        if outcome == .notReached { unasked.remove(order) }
        return outcome
    }

    fileprivate func heard(_ order: OrderID) { unasked.remove(order) }
}

/// The way from one process of the office to the billing system.
struct BankLine: BillingSystem {
    let bank: Bank
    let pulse: Pulse

    func topUp(_ order: OrderID, phone: PhoneNumber, amount: Money) async throws(BillingFault)
        -> PostingAnswer
    {
        bank.stage.reach(.post, "\(order) \(amount)")
        guard pulse.isAlive else { throw .notSent("the office has no power") }
        bank.send(order)
        await beSlow()
        // A request that is under way arrives, whatever becomes of the office.
        let outcome = bank.post(order, phone, amount)
        bank.stage.reach(.posted, "\(order) \(outcome)")
        guard pulse.isAlive else { throw .unknown("the office has no power") }
        let answer: PostingAnswer
        switch outcome {
        case .answered(.completed(let posting)): answer = .completed(reference: posting.reference)
        case .answered(.refused(let reason)): answer = .refused(reason: reason)
        case .answered(.unknownNumber): answer = .refused(reason: "unknown number")
        case .answered(.conflict): answer = .refused(reason: "another amount under this order")
        case .notReached: throw .notSent("nobody listens")
        case .cut: throw .unknown("the connection was cut")
        }
        bank.heard(order)
        return answer
    }

    func posting(of order: OrderID) async throws(BillingFault) -> PostingAnswer? {
        bank.stage.reach(.post, "what became of \(order)")
        await beSlow()
        guard pulse.isAlive, bank.books.mode != .down else { throw .notSent("nobody listens") }
        bank.heard(order)
        bank.stage.reach(.posted, "what became of \(order)")
        guard pulse.isAlive else { throw .unknown("the office has no power") }
        if let posting = bank.books.posting(of: order.text) {
            return .completed(reference: posting.reference)
        }
        return bank.books.refusal(of: order.text).map { .refused(reason: $0) }
    }

    func account(of phone: PhoneNumber) async throws(BillingFault) -> AccountAnswer {
        await beSlow()
        guard pulse.isAlive, bank.books.mode != .down else { throw .notSent("nobody listens") }
        guard let account = bank.books.account(of: phone) else { return .notFound }
        return .found(name: account.maskedName, balance: account.balance)
    }

    private func beSlow() async {
        guard bank.books.mode == .slow else { return }
        // Cancelled: whoever asked has gone.
        try? await bank.time.sleep(for: VirtualBilling.slowness)
    }
}
