internal import GRDB
public import KioskModel
public import OfficeProtocol

extension Office {
    /// Characters of a clerk's name.
    static let clerkMax = 64

    /// Commands later than `number`, at once if there are any, else as soon as there are, at the latest after `limit`.
    /// Asking for later ones acknowledges the earlier ones.
    ///
    /// One poll per kiosk waits: a newer one sends the older one home with nothing.
    public func commands(
        for kiosk: KioskID, epoch: Epoch, after number: Int64, within limit: Duration
    ) async throws(Refusal) -> [Command] {
        hear(kiosk)
        let ready = try readCommands(kiosk, epoch, after: number)
        guard ready.isEmpty else { return ready }
        let (sign, poll) = AsyncStream.makeStream(
            of: Void.self, bufferingPolicy: .bufferingNewest(1))
        polls.updateValue(poll, forKey: kiosk)?.finish()
        await wait(for: sign, atMost: max(.zero, min(limit, Limits.longPoll)))
        poll.finish()
        return try readCommands(kiosk, epoch, after: number)
    }

    /// A clerk has paid a refused order back: books it, closes its case, tells the kiosk.
    ///
    /// - Throws: `OfficeTrouble.notPossible` with the reason when the order is not refused.
    public func refund(_ order: OrderID, by clerk: String) async throws(OfficeTrouble) {
        let name = clerk.clipped(to: Office.clerkMax)
        guard !name.isEmpty else {
            throw .notPossible("refund \(order): expected the clerk's name, got none.")
        }
        let kiosk = try book(order, refundedBy: name)
        tellCommands(to: kiosk)
        change()
    }

    /// Returns the order's kiosk.
    private func book(_ order: OrderID, refundedBy clerk: String) throws(OfficeTrouble) -> String {
        let at = wallMs
        let refusal: OfficeTrouble?
        do throws(Store.Trouble) {
            refusal = try store.write { db in
                do {
                    try Settlement.refund(db, order, clerk: clerk, at: at)
                    return nil
                } catch let trouble as OfficeTrouble {
                    // Nothing was written before a refusal.
                    return trouble
                }
            }
        } catch { throw report(error) }
        if let refusal { throw refusal }
        return order.text.split(separator: "-").dropLast(2).joined(separator: "-")
    }

    /// Wakes the kiosk's waiting poll, if there is one.
    func tellCommands(to kiosk: String) {
        guard let id = KioskID(rawValue: kiosk) else { return }
        polls[id]?.yield()
    }

    private func readCommands(
        _ kiosk: KioskID, _ epoch: Epoch, after number: Int64
    ) throws(Refusal) -> [Command] {
        let rows: [Command]
        let last: Int64
        do throws(Store.Trouble) {
            (rows, last) = try store.read { db in
                let last: Int64 =
                    try db.row(
                        """
                        SELECT COALESCE(MAX(number), 0) AS last FROM commands
                        WHERE kiosk = ? AND epoch = ?
                        """, [kiosk.rawValue, epoch.hex])?["last"] ?? 0
                let rows = try db.rows(
                    """
                    SELECT number, order_id, state FROM commands
                    WHERE kiosk = ? AND epoch = ? AND number > ? ORDER BY number LIMIT ?
                    """, [kiosk.rawValue, epoch.hex, number, Limits.commandsPerAnswer])
                return (rows.map(Office.command), last)
            }
        } catch {
            report(error)
            throw Office.busy
        }
        guard (0...last).contains(number) else {
            throw Refusal(
                .mismatch,
                "read commands: expected a number from 0 to \(last), got \(number). "
                    + "Ask after the last command received of this office.", seq: last)
        }
        return rows
    }
}

extension Office {
    private static func command(_ row: Row) -> Command {
        guard let order = OrderID(text: row["order_id"]),
            let state = OrderState(rawValue: row["state"])
        else { preconditionFailure("a command in the books that is none") }
        return Command(number: row["number"], body: .orderSettled(order: order, state: state))
    }
}
