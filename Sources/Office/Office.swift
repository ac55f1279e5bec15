public import KioskModel
public import OfficeProtocol

/// The central office: takes the kiosks' entries, keeps the books, posts to the billing system, knows alarms and cases.
///
/// What it answered is on its disk. It never acknowledges before its commit, and never posts an order blindly twice.
public actor Office {
    /// Opens or makes the database. Asserts WAL and `synchronous=FULL`.
    ///
    /// - Throws: `OfficeTrouble` when the database cannot be opened, trusted or made durable; the program does not start.
    public init(
        database path: String, billing: any BillingSystem, timekeeper: any Timekeeper,
        random: @escaping @Sendable () -> Double
    ) throws(OfficeTrouble) {
        preconditionFailure("contract")
    }

    /// Posts what waits, asks about what is unknown, until the task is cancelled.
    public func run() async { preconditionFailure("contract") }

    /// Commits a batch, then answers. Idempotent by (kiosk, epoch, lane, seq).
    public func take(_ batch: Batch, from kiosk: KioskID) async throws(Refusal) -> BatchAnswer {
        preconditionFailure("contract")
    }

    /// Account from the billing system, claim from the books. Never throws: nobody to ask is `.unavailable`.
    public func answer(_ question: Question, from kiosk: KioskID) async -> Answer {
        preconditionFailure("contract")
    }

    /// Commands later than `number`, at once if there are any, else as soon as there are, at the latest after `limit`.
    /// Asking for later ones acknowledges the earlier ones.
    public func commands(
        for kiosk: KioskID, epoch: Epoch, after number: Int64, within limit: Duration
    ) async throws(Refusal) -> [Command] { preconditionFailure("contract") }

    /// A clerk has paid a refused order back: books it, closes its case, tells the kiosk.
    ///
    /// - Throws: `OfficeTrouble.notPossible` with the reason when the order is not refused.
    public func refund(_ order: OrderID, by clerk: String) async throws(OfficeTrouble) {
        preconditionFailure("contract")
    }

    // What the desk and the command line show. Personal data is masked.
    public func kiosks() async -> [KioskRow] { preconditionFailure("contract") }
    public func alarms() async -> [AlarmRow] { preconditionFailure("contract") }
    /// Newest first, at most `limit`, of one state or all.
    public func orders(state: OrderState?, limit: Int) async -> [OrderRow] {
        preconditionFailure("contract")
    }
    public func orderCounts() async -> [String: Int] { preconditionFailure("contract") }
    public func ledger() async -> OfficeLedgerReport { preconditionFailure("contract") }
    /// Open ones first, newest first, at most 200.
    public func cases() async -> [CaseRow] { preconditionFailure("contract") }
    /// The desk's live page: a value whenever something changed, the first at once; slow readers miss only values.
    public func changes() async -> AsyncStream<Int> { preconditionFailure("contract") }
}

/// Why the office cannot do what it was asked, as a sentence: what was expected, what came, what to do.
public enum OfficeTrouble: Error, Sendable, Hashable, CustomStringConvertible {
    case database(String)
    case notPossible(String)
    public var description: String {
        switch self {
        case .database(let text), .notPossible(let text): text
        }
    }
}
