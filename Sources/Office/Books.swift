internal import GRDB
internal import KioskModel

/// The office's accounts, by kiosk.
///
/// ```
/// a note is credited   RECEIVED   -> CREDIT       the kiosk has the cash, the customer has not committed
/// a note is doubtful   UNLOCATED  -> SUSPENSE     nobody can say where it is; a count settles it
/// a payment commits    CREDIT     -> TOPUP_DUE    sold, not posted yet
/// it is confirmed      TOPUP_DUE  -> POSTED       in the customer's account
/// it is refused        TOPUP_DUE  -> REFUND_DUE   owed back
/// it is paid back      REFUND_DUE -> REFUNDED
/// ```
enum Account: String, CaseIterable {
    case received = "RECEIVED", unlocated = "UNLOCATED"
    case credit = "CREDIT", topUpDue = "TOPUP_DUE", posted = "POSTED"
    case refundDue = "REFUND_DUE", refunded = "REFUNDED", suspense = "SUSPENSE"

    /// Assets grow by debit; the rest, which say whose the money is, by credit.
    var isAsset: Bool { self == .received || self == .unlocated }
}

/// Double entry inside the caller's transaction. Transfers are written, never changed.
struct Books {
    let db: Database

    /// What a transfer comes from: an entry of a kiosk's money lane, or the office's own act on an order.
    struct Source {
        var epoch: String?
        var seq: Int64?
        var order: String?
        let reason: String
    }

    /// - Throws: a constraint error when the same source has moved this money before.
    func transfer(
        _ fen: Int64, debit: Account, credit: Account, kiosk: String, source: Source, at: Int64
    ) throws {
        precondition(fen > 0 && debit != credit, "a transfer moves something somewhere")
        try db.run(
            """
            INSERT INTO transfers
            SELECT ?1, COALESCE(MAX(number), 0) + 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9
            FROM transfers WHERE kiosk = ?1
            """,
            [
                kiosk, at, debit.rawValue, credit.rawValue, fen, source.epoch, source.seq,
                source.order, source.reason,
            ])
    }

    /// I1 before a commit: Σ debit = Σ credit, and no account owes what it never had.
    func assertBalanced(kiosk: String) throws {
        let sums = try balances(of: kiosk)
        precondition(
            sums.values.allSatisfy { $0 >= 0 }, "an account of \(kiosk) fell below zero: \(sums)")
        precondition(Books.isBalanced(sums), "the books of \(kiosk) are out of balance: \(sums)")
    }

    func balances(of kiosk: String) throws -> [String: Int64] {
        Books.balances(
            try db.rows("SELECT account, debit, credit FROM balances WHERE kiosk = ?", [kiosk]))
    }

    static func balances(_ rows: [Row]) -> [String: Int64] {
        var sums: [String: Int64] = [:]
        for account in Account.allCases { sums[account.rawValue] = 0 }
        for row in rows {
            guard let account = Account(rawValue: row["account"]) else {
                preconditionFailure("an account that is not in the chart")
            }
            let (debit, credit): (Int64, Int64) = (row["debit"], row["credit"])
            sums[account.rawValue] = account.isAsset ? debit - credit : credit - debit
        }
        return sums
    }

    static func isBalanced(_ sums: [String: Int64]) -> Bool {
        Account.allCases.reduce(Int64(0)) { sum, account in
            sum + (account.isAsset ? 1 : -1) * (sums[account.rawValue] ?? 0)
        } == 0
    }
}
