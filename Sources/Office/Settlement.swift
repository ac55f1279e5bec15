internal import GRDB
internal import KioskModel

/// What the billing system's answer changes in the books, inside one transaction.
struct Settlement {
    let db: Database
    let posting: Posting
    /// The office's wall clock.
    let at: Int64

    private var order: String { posting.order.text }

    func confirmed(_ reference: String) throws {
        try move(to: "confirmed", state: .credited, note: reference)
        try Books(db: db).transfer(
            posting.amount.fen, debit: .topUpDue, credit: .posted, kiosk: posting.kiosk,
            source: .init(order: order, reason: "confirmed"), at: at)
        try finish()
        try command(.credited)
    }

    func refused(_ reason: String) throws {
        try move(to: "refused", state: .refused, note: reason)
        try Books(db: db).transfer(
            posting.amount.fen, debit: .topUpDue, credit: .refundDue, kiosk: posting.kiosk,
            source: .init(order: order, reason: "refused"), at: at)
        try finish()
        try Cases(db: db).open(
            .refusedPosting, kiosk: posting.kiosk, order: order, at: at,
            "The billing system refused \(posting.amount) for \(posting.phone.masked): "
                + "\(shown(reason)). Pay it back, then mark it refunded.")
        try command(.refused)
    }

    /// It may have arrived. The kiosk hears of it once.
    func unknown(_ text: String) throws {
        let first = try state() == .queued
        try move(to: "unknown", state: .checking, note: text)
        if first { try command(.checking) }
    }

    /// Asked, and nobody answered.
    func stillUnknown(_ text: String) throws {
        try move(to: "unknown", state: .checking, note: text)
    }

    /// Surely not there: it may be sent, under the same id.
    func prepared(_ text: String) throws {
        try move(to: "prepared", state: try state(), note: text)
    }

    func isUnresolved(nowNs: Int64) throws -> Bool {
        let row = try db.row("SELECT unknown_since FROM orders WHERE id = ?", [order])
        guard let since: Int64 = row?["unknown_since"] else { return false }
        let here = posting.unknownSinceNs.map { Duration.nanoseconds(nowNs - $0) } ?? .zero
        // Either clock: the wall may have jumped, the monotonic one begins anew with the process.
        return max(here, .milliseconds(at - since)) >= Office.unresolvedAfter
    }

    func openCase() throws {
        guard try !Cases(db: db).isOpen(.unresolvedPosting, order: order) else { return }
        try Cases(db: db).open(
            .unresolvedPosting, kiosk: posting.kiosk, order: order, at: at,
            "Nobody can say whether \(posting.amount) for \(posting.phone.masked) arrived. "
                + "The office keeps asking; look at the billing system.")
    }

    /// A clerk has paid the money back.
    static func refund(_ db: Database, _ order: OrderID, clerk: String, at: Int64) throws {
        guard let row = try db.row("SELECT * FROM orders WHERE id = ?", [order.text]) else {
            throw OfficeTrouble.notPossible(
                "refund \(order): expected an order of the books, there is none. "
                    + "Compare the number.")
        }
        let state: String = row["state"]
        guard state == OrderState.refused.rawValue else {
            throw OfficeTrouble.notPossible(
                "refund \(order): expected a refused order, it is \(state). "
                    + "Only refused money is paid back here.")
        }
        let kiosk: String = row["kiosk"]
        try db.run("UPDATE orders SET state = 'refunded' WHERE id = ?", [order.text])
        try Books(db: db).transfer(
            row["fen"], debit: .refundDue, credit: .refunded, kiosk: kiosk,
            source: .init(order: order.text, reason: "refunded by \(clerk)"), at: at)
        try Books(db: db).assertBalanced(kiosk: kiosk)
        try Cases(db: db).close(
            .refusedPosting, order: order.text, at: at, "Refunded by \(clerk).")
        try command(db, kiosk: kiosk, epoch: row["epoch"], order: order.text, .refunded, at: at)
    }

    /// What the billing system said, fit for the desk: it may quote the number.
    private func shown(_ text: String) -> String {
        text.replacing(posting.phone.clear, with: posting.phone.masked)
            .clipped(to: Office.noteMax)
    }

    private func state() throws -> OrderState {
        let row = try db.row("SELECT state FROM orders WHERE id = ?", [order])
        guard let state = OrderState(rawValue: row?["state"] ?? "") else {
            preconditionFailure("an order in a state that is not in the model")
        }
        return state
    }

    private func move(to phase: String, state: OrderState, note: String) throws {
        try db.run(
            """
            UPDATE orders SET phase = ?1, state = ?2, note = ?3,
                unknown_since = IIF(?1 = 'unknown', COALESCE(unknown_since, ?4), NULL),
                attempts = attempts + ?5
            WHERE id = ?6 AND phase IN ('prepared', 'sent', 'unknown')
            """,
            [
                phase, state.rawValue, shown(note), at,
                posting.phase == .unknown ? 1 : 0, order,
            ])
        precondition(db.changesCount == 1, "an order is settled twice")
    }

    private func finish() throws {
        try Books(db: db).assertBalanced(kiosk: posting.kiosk)
        try Cases(db: db).close(
            .unresolvedPosting, order: order, at: at, "The billing system has answered.")
    }

    private func command(_ state: OrderState) throws {
        try Settlement.command(
            db, kiosk: posting.kiosk, epoch: posting.epoch, order: order, state, at: at)
    }

    private static func command(
        _ db: Database, kiosk: String, epoch: String, order: String, _ state: OrderState, at: Int64
    ) throws {
        try db.run(
            """
            INSERT INTO commands
            SELECT ?1, ?2, COALESCE(MAX(number), 0) + 1, ?3, ?4, ?5 FROM commands
            WHERE kiosk = ?1 AND epoch = ?2
            """, [kiosk, epoch, order, state.rawValue, at])
    }
}
