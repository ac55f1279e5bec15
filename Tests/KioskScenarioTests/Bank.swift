import KioskModel
import Office
import VirtualWorld

/// The virtual billing system, as the office reaches it.
actor Bank: BillingSystem {
    private let timekeeper: any Timekeeper
    private(set) var books = VirtualBilling()

    init(timekeeper: any Timekeeper) { self.timekeeper = timekeeper }

    func become(_ mode: VirtualBilling.Mode) { books.mode = mode }

    func topUp(_ order: OrderID, phone: PhoneNumber, amount: Money) async throws(BillingFault)
        -> PostingAnswer
    {
        await beSlow()
        switch books.post(order: order.text, number: phone, amount: amount) {
        case .answered(.completed(let posting)): return .completed(reference: posting.reference)
        case .answered(.refused(let reason)): return .refused(reason: reason)
        case .answered(.unknownNumber): return .refused(reason: "unknown number")
        case .answered(.conflict): return .refused(reason: "another amount under this order")
        case .notReached: throw .notSent("nobody listens")
        case .cut: throw .unknown("the connection was cut")
        }
    }

    func posting(of order: OrderID) async throws(BillingFault) -> PostingAnswer? {
        await beSlow()
        guard books.mode != .down else { throw .notSent("nobody listens") }
        if let posting = books.posting(of: order.text) {
            return .completed(reference: posting.reference)
        }
        return books.refusal(of: order.text).map { .refused(reason: $0) }
    }

    func account(of phone: PhoneNumber) async throws(BillingFault) -> AccountAnswer {
        await beSlow()
        guard books.mode != .down else { throw .notSent("nobody listens") }
        guard let account = books.account(of: phone) else { return .notFound }
        return .found(name: account.maskedName, balance: account.balance)
    }

    private func beSlow() async {
        guard books.mode == .slow else { return }
        // Cancelled: whoever asked has gone.
        try? await timekeeper.sleep(for: VirtualBilling.slowness)
    }
}
