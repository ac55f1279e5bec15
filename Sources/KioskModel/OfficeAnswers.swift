/// What the office says of a phone number before the customer pays.
public enum AccountAnswer: Sendable, Hashable, Codable {
    /// The name arrives masked by the billing system ("张*明"); arrears are a negative balance.
    case found(name: String, balance: Money)
    case notFound
    /// Nobody could be asked now; payment goes on.
    case unavailable
}

/// What the office, or failing that the kiosk itself, says of a slip and phone number.
public enum ClaimAnswer: Sendable, Hashable, Codable {
    /// `at` is when it was paid, by the kiosk's clock; nil where only the kiosk's own books could be asked.
    case found(amount: Money, state: OrderState, at: WallTime?)
    /// No such pair: the same answer whether the slip or the number is wrong.
    case notFound
    case unavailable
}
