public import KioskModel

/// A billing system without an operator behind it: accounts, top-ups once per order, and the moods of such systems.
///
/// A plain value. The front end (HTTP or in process) acts out `mode`; `post` says what became of one request.
public struct VirtualBilling: Sendable {
    /// How the system treats requests for top-ups. `slow` and `down` concern questions as well.
    public enum Mode: String, Sendable, Hashable, CaseIterable {
        case normal
        /// Answers after seconds.
        case slow
        /// Nobody listens.
        case down
        /// Books, then the connection is cut before the answer.
        case cutAfter = "cut-after"
        /// Refuses every new top-up, books nothing.
        case refuses
    }

    /// One booked top-up.
    public struct Posting: Sendable, Hashable {
        public let order: String
        public let number: PhoneNumber
        public let amount: Money
        /// The system's own name for it.
        public let reference: String
    }

    public struct Account: Sendable, Hashable {
        /// As the system shows it to others: "张*明".
        public let maskedName: String
        /// Negative: arrears.
        public var balance: Money
    }

    public enum Answer: Sendable, Hashable {
        /// Booked now or earlier under this order, with the same number and amount.
        case completed(Posting)
        /// Not booked and never will be.
        case refused(reason: String)
        case unknownNumber
        /// The order is booked with another number or amount.
        case conflict
    }

    /// What a request for a top-up sees.
    public enum Outcome: Sendable, Hashable {
        case answered(Answer)
        /// Nobody listened: nothing was booked.
        case notReached
        /// The connection was cut; what was booked stays booked.
        case cut
    }

    public var mode = Mode.normal
    /// In the order of booking.
    public private(set) var postings: [Posting] = []
    /// Requests for a top-up per order, booked or not: more than one means that somebody asked again.
    public private(set) var requests: [String: Int] = [:]
    private var bookedAt: [String: Int] = [:]
    private var refused: [String: String] = [:]
    private var balances: [PhoneNumber: Money] = [:]

    /// The longest order id that is taken.
    public static let orderLengthMax = 64
    /// The most that one top-up may be.
    public static let amountMax = Money.yuan(100_000)
    /// How long a slow system takes.
    public static let slowness = Duration.seconds(3)

    public init() {}

    /// Books once per order id, as the mode has it.
    public mutating func post(order: String, number: PhoneNumber, amount: Money) -> Outcome {
        guard mode != .down else { return .notReached }
        requests[order, default: 0] += 1
        let answer = book(order: order, number: number, amount: amount)
        return mode == .cutAfter ? .cut : .answered(answer)
    }

    private mutating func book(order: String, number: PhoneNumber, amount: Money) -> Answer {
        if let place = bookedAt[order] {
            let posting = postings[place]
            let same = posting.number == number && posting.amount == amount
            return same ? .completed(posting) : .conflict
        }
        if let reason = refused[order] { return .refused(reason: reason) }
        guard account(of: number) != nil else { return .unknownNumber }
        guard mode != .refuses, amount > .zero, amount <= VirtualBilling.amountMax else {
            let reason = "top-ups are not accepted for this account"
            refused[order] = reason
            return .refused(reason: reason)
        }
        return .completed(append(order: order, number: number, amount: amount))
    }

    private mutating func append(order: String, number: PhoneNumber, amount: Money) -> Posting {
        let posting = Posting(
            order: order, number: number, amount: amount, reference: "B\(postings.count + 1)")
        bookedAt[order] = postings.count
        postings.append(posting)
        balances[number] = (balances[number] ?? opening(of: number)) + amount
        return posting
    }

    /// Takes up a booking that was written down earlier.
    /// - Returns: False when the order is booked already: the record is damaged.
    public mutating func restore(order: String, number: PhoneNumber, amount: Money) -> Bool {
        guard bookedAt[order] == nil else { return false }
        _ = append(order: order, number: number, amount: amount)
        return true
    }

    /// Takes up a refusal that was written down earlier.
    public mutating func restoreRefusal(order: String, reason: String) { refused[order] = reason }

    /// The booking of an order; nil: none.
    public func posting(of order: String) -> Posting? { bookedAt[order].map { postings[$0] } }

    /// Why an order was refused; nil: it was not.
    public func refusal(of order: String) -> String? { refused[order] }

    /// Nil: no such number.
    public func account(of number: PhoneNumber) -> Account? {
        guard !number.clear.hasPrefix(VirtualBilling.unknownPrefix) else { return nil }
        return Account(
            maskedName: name(of: number), balance: balances[number] ?? opening(of: number))
    }

    /// The sum of all bookings.
    public var total: Money { postings.reduce(.zero) { $0 + $1.amount } }

    /// Bookings per order: 1 each, or money was made.
    public var countsByOrder: [String: Int] {
        postings.reduce(into: [:]) { $0[$1.order, default: 0] += 1 }
    }

    // Accounts

    private static let unknownPrefix = "1990000"
    private static let surnames = ["赵", "钱", "孙", "周", "吴", "郑", "陈", "林", "黄", "刘"]

    private func name(of number: PhoneNumber) -> String {
        switch number.clear {
        case "13800138000": "张*明"
        case "13900139000": "李*"
        case "13700137000": "王*华"
        default: VirtualBilling.surnames[Int(stableHash(number) % 10)] + "*"
        }
    }

    private func opening(of number: PhoneNumber) -> Money {
        switch number.clear {
        case "13800138000": Money(fen: 1230)
        case "13900139000": Money(fen: -3560)
        case "13700137000": Money(fen: 8800)
        default: Money(fen: Int64(stableHash(number) / 16 % 10_000))
        }
    }

    /// A name for a number that does not give it away at a glance and is the same in every run.
    public func accountName(of number: PhoneNumber) -> String {
        let digits = String(stableHash(number), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// FNV-1a, 64 bits. Source: draft-eastlake-fnv-17, section 2.
    private func stableHash(_ number: PhoneNumber) -> UInt64 {
        number.clear.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
