public import KioskModel

/// The operator's billing system (BSS), as far as the office needs it. HTTP in production (TMF654 prepay balance), a
/// virtual one in the simulator.
public protocol BillingSystem: Sendable {
    /// Posts a top-up under the order's own id. Never called twice for an order unless `posting(of:)` has said in between
    /// that the billing system knows nothing of it.
    func topUp(_ order: OrderID, phone: PhoneNumber, amount: Money) async throws(BillingFault)
        -> PostingAnswer

    /// What became of a top-up; nil: the billing system knows of none under this id.
    func posting(of order: OrderID) async throws(BillingFault) -> PostingAnswer?

    /// Masked name and balance, or `.notFound`.
    func account(of phone: PhoneNumber) async throws(BillingFault) -> AccountAnswer
}

public enum PostingAnswer: Sendable, Hashable {
    /// In the customer's account; the billing system's own reference.
    case completed(reference: String)
    /// Not in the account and never will be.
    case refused(reason: String)
    /// Taken, not decided: ask again.
    case inProgress
}

public enum BillingFault: Error, Sendable, Hashable {
    /// Surely nothing was sent (no connection): the same call may be made again.
    case notSent(String)
    /// It may have arrived: ask `posting(of:)` before anything else.
    case unknown(String)
}
