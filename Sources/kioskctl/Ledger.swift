internal import ArgumentParser
internal import KioskModel
internal import Terminal

struct Ledger: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The kiosk's books: accounts, notes, orders.")
    /// As many orders as fit a screen; `--json` has them all.
    static let ordersShown = 20

    @OptionGroup var options: ControlOptions

    func run() async throws {
        try await options.show("/ledger", as: LedgerReport.self) { ledger in
            Ledger.accounts(ledger) + [""] + Ledger.notes(ledger) + [""] + Ledger.orders(ledger)
        }
    }

    private static func accounts(_ ledger: LedgerReport) -> [String] {
        var table = TextTable([("account", .left), ("balance", .right), ("", .left)])
        for account in KioskLedger.Account.allCases {
            guard let fen = ledger.accounts[account.rawValue] else { continue }
            table.add([account.rawValue, yuanText(fen), meaning(account)])
        }
        return table.lines
    }

    private static func meaning(_ account: KioskLedger.Account) -> String {
        switch account {
        case .stacker: "cash in the cassette"
        case .unlocated: "notes of which nobody can say where they are"
        case .credit: "owed to the customer at the screen"
        case .topUpDue: "sold, not posted yet"
        case .posted: "credited by the billing system"
        case .refundDue: "owed back to customers"
        case .refunded: "paid back"
        case .suspense: "waits for a count of the cassette"
        }
    }

    private static func notes(_ ledger: LedgerReport) -> [String] {
        let ends = ledger.notes
        let values = Set(ends.credited.keys).union(ends.returned.keys).union(ends.doubtful.keys)
        guard !values.isEmpty else { return ["no notes yet"] }
        var table = TextTable([
            ("note", .right), ("credited", .right), ("returned", .right), ("doubtful", .right),
        ])
        for fen in values.compactMap({ Int64($0) }).sorted() {
            let counts = [ends.credited, ends.returned, ends.doubtful].map { $0["\(fen)"] ?? 0 }
            table.add([yuanText(fen)] + counts.map { "\($0)" })
        }
        return table.lines
    }

    private static func orders(_ ledger: LedgerReport) -> [String] {
        guard !ledger.orders.isEmpty else { return ["no orders yet"] }
        var table = TextTable([
            ("slip", .left), ("number", .left), ("amount", .right), ("state", .left),
            ("order", .left),
        ])
        for order in ledger.orders.suffix(ordersShown) {
            table.add([order.slip, order.number, yuanText(order.fen), order.state, order.id])
        }
        let older = ledger.orders.count - ordersShown
        return table.lines + (older > 0 ? ["and \(older) older ones (--json has them all)"] : [])
    }
}
