internal import GRDB
public import KioskModel

// What the desk and the command line show. Personal data is masked.
extension Office {
    /// A kiosk that said nothing for so long is shown as silent: three missed long polls.
    public static let silentAfter: Duration = .seconds(180)
    /// Rows of one table on the desk.
    static let rowsMax = 200
    static let kioskRowsMax = 100_000
    /// Desks that may look on at once; a further one ends the oldest's stream, which asks again.
    static let listenersMax = 100

    public func kiosks() async -> [KioskRow] {
        show([]) { db in
            let lanes = Dictionary(
                grouping: try db.rows(
                    """
                    SELECT lanes.* FROM lanes JOIN kiosks USING (kiosk, epoch)
                    ORDER BY lanes.kiosk, lane
                    """)
            ) { $0["kiosk"] as String }
            let alarms = try db.rows(
                "SELECT kiosk, COUNT(*) AS count FROM alarms WHERE open = 1 GROUP BY kiosk"
            ).reduce(into: [String: Int]()) { $0[$1["kiosk"]] = $1["count"] }
            return try db.rows("SELECT * FROM kiosks ORDER BY kiosk LIMIT \(Office.kioskRowsMax)")
                .map { row in
                    let kiosk: String = row["kiosk"]
                    let (heardAt, silent) = lastHeard(kiosk, stored: row["last_heard_at"])
                    return KioskRow(
                        id: kiosk, epoch: row["epoch"], lastHeardAt: heardAt, silent: silent,
                        openAlarms: alarms[kiosk] ?? 0,
                        lanes: (lanes[kiosk] ?? []).map {
                            .init(lane: $0["lane"], acked: $0["acked"], stopped: $0["stopped"])
                        })
                }
        }
    }

    public func alarms() async -> [AlarmRow] {
        show([]) { db in
            try db.rows(
                """
                SELECT * FROM alarms WHERE open = 1
                ORDER BY received_at DESC, kiosk, object, code LIMIT \(Office.rowsMax)
                """
            ).map { row in
                guard let code = AlarmCode(rawValue: row["code"]) else {
                    preconditionFailure("an alarm that is not in the catalogue")
                }
                return AlarmRow(
                    kiosk: row["kiosk"], object: row["object"], code: code.rawValue,
                    severity: row["severity"], type: code.type.rawValue,
                    probableCause: code.probableCause, evidence: row["evidence"],
                    raisedAt: row["raised_at"], receivedAt: row["received_at"], repair: code.repair)
            }
        }
    }

    /// Newest first, at most `limit`, of one state or all.
    public func orders(state: OrderState?, limit: Int) async -> [OrderRow] {
        let limit = max(0, min(limit, 10_000))
        return show([]) { db in
            let rows =
                if let state {
                    try db.rows(
                        "SELECT * FROM orders WHERE state = ? ORDER BY place DESC LIMIT ?",
                        [state.rawValue, limit])
                } else {
                    try db.rows("SELECT * FROM orders ORDER BY place DESC LIMIT ?", [limit])
                }
            return rows.map(Office.orderRow)
        }
    }

    private static func orderRow(_ row: Row) -> OrderRow {
        let slip: String = row["slip"]
        return OrderRow(
            id: row["id"], kiosk: row["kiosk"],
            slip: SlipNumber(typed: slip)?.grouped ?? slip,
            number: Phones.read(row["phone"])?.masked ?? "****", fen: row["fen"],
            state: row["state"], phase: row["phase"], attempts: row["attempts"],
            receivedAt: row["received_at"], note: row["note"])
    }

    /// How many orders are in each `OrderState`.
    public func orderCounts() async -> [String: Int] {
        show([:]) { db in
            var counts: [String: Int] = [:]
            for state in OrderState.allCases { counts[state.rawValue] = 0 }
            for row in try db.rows("SELECT state, COUNT(*) AS count FROM orders GROUP BY state") {
                counts[row["state"]] = row["count"]
            }
            return counts
        }
    }

    public func ledger() async -> OfficeLedgerReport {
        show(OfficeLedgerReport(accounts: [:], kiosks: [:], balanced: false)) { db in
            let rows = try db.rows("SELECT * FROM balances ORDER BY kiosk, account")
            let kiosks = Dictionary(grouping: rows) { $0["kiosk"] as String }
                .mapValues(Books.balances)
            let accounts = Account.allCases.reduce(into: [String: Int64]()) { sums, account in
                sums[account.rawValue] = kiosks.values.reduce(0) {
                    $0 + ($1[account.rawValue] ?? 0)
                }
            }
            return OfficeLedgerReport(
                accounts: accounts, kiosks: kiosks,
                balanced: kiosks.values.allSatisfy(Books.isBalanced) && Books.isBalanced(accounts))
        }
    }

    /// Open ones first, newest first, at most 200.
    public func cases() async -> [CaseRow] {
        show([]) { db in
            try db.rows(
                """
                SELECT * FROM cases ORDER BY closed_at IS NOT NULL, number DESC
                LIMIT \(Office.rowsMax)
                """
            ).map { row in
                let (text, more): (String, Int) = (row["text"], row["more"])
                return CaseRow(
                    id: row["number"], kind: row["kind"], kiosk: row["kiosk"],
                    order: row["order_id"], openedAt: row["opened_at"], closedAt: row["closed_at"],
                    text: more == 0 ? text : "\(text) And \(more) more of this kind.")
            }
        }
    }

    /// The desk's live page: a value whenever something changed, the first at once; slow readers miss only values.
    public func changes() async -> AsyncStream<Int> {
        let (stream, listener) = AsyncStream.makeStream(
            of: Int.self, bufferingPolicy: .bufferingNewest(1))
        listener.yield(tick)
        if listeners.count >= Office.listenersMax { listeners.removeFirst().finish() }
        listeners.append(listener)
        return stream
    }

    private func show<Value>(_ otherwise: Value, _ body: (Database) throws -> Value) -> Value {
        do { return try store.read(body) } catch {
            report(error)
            return otherwise
        }
    }

    private func lastHeard(_ kiosk: String, stored: Int64) -> (at: Int64, silent: Bool) {
        let now = timekeeper.now
        let limit = Office.silentAfter
        if let id = KioskID(rawValue: kiosk), let heard = heard[id] {
            return (heard.wallMs, .nanoseconds(now.monotonicNs - heard.monotonicNs) >= limit)
        }
        return (stored, .milliseconds(now.wall.milliseconds - stored) >= limit)
    }
}
