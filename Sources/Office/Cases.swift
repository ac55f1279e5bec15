internal import GRDB
internal import KioskModel

/// What a person must settle.
enum CaseKind: String {
    case refusedPosting, unresolvedPosting, changedDuplicate, doubtfulNote, newEpoch,
        unreadableEntry
    /// An entry that contradicts the kiosk's own earlier ones, or cannot be: kept, booked nowhere.
    case contradictoryEntry
}

/// The case file, inside the caller's transaction.
struct Cases {
    let db: Database
    /// Open cases of one kind at one kiosk; further ones are counted in the newest. A kiosk gone mad fills no desk.
    static let openMax = 50
    /// Characters of a case's text.
    static let textMax = 400

    func open(
        _ kind: CaseKind, kiosk: String, order: String? = nil, at: Int64, _ text: String
    ) throws {
        let open = try db.row(
            """
            SELECT COUNT(*) AS count, MAX(number) AS newest FROM cases
            WHERE kiosk = ? AND kind = ? AND closed_at IS NULL
            """, [kiosk, kind.rawValue])
        // A case about an order is never folded into another: somebody is owed money.
        if order == nil, let count: Int = open?["count"], count >= Cases.openMax,
            let newest: Int64 = open?["newest"]
        {
            return try db.run(
                "UPDATE cases SET more = more + 1 WHERE kiosk = ? AND number = ?", [kiosk, newest])
        }
        try db.run(
            """
            INSERT INTO cases
            SELECT ?1, COALESCE(MAX(number), 0) + 1, ?2, ?3, ?4, NULL, ?5, 0 FROM cases
            """, [kiosk, kind.rawValue, order, at, text.clipped(to: Cases.textMax)])
    }

    func isOpen(_ kind: CaseKind, order: String) throws -> Bool {
        try db.row(
            "SELECT 1 FROM cases WHERE order_id = ? AND kind = ? AND closed_at IS NULL",
            [order, kind.rawValue]) != nil
    }

    func close(_ kind: CaseKind, order: String, at: Int64, _ text: String) throws {
        try db.run(
            """
            UPDATE cases SET closed_at = ?, text = text || ' ' || ?
            WHERE order_id = ? AND kind = ? AND closed_at IS NULL
            """, [at, text.clipped(to: Cases.textMax), order, kind.rawValue])
    }
}
