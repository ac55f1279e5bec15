internal import ArgumentParser
internal import KioskModel
internal import Office
internal import Terminal

struct Kiosks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Kiosks and when each was last heard.")
    @OptionGroup var options: DeskOptions

    func run() async throws {
        try await options.show("kiosks", as: [KioskRow].self) { kiosks in
            var table = TextTable([
                ("kiosk", .left), ("last heard", .left), ("", .left), ("alarms", .right),
                ("entries taken", .left), ("stands still", .left),
            ])
            for kiosk in kiosks {
                let taken = kiosk.lanes.map { "\($0.lane) \($0.acked)" }
                let stopped = kiosk.lanes.compactMap { lane in
                    lane.stopped.map { "\(lane.lane): \($0)" }
                }
                table.add([
                    kiosk.id, clockText(kiosk.lastHeardAt), kiosk.silent ? "silent" : "",
                    "\(kiosk.openAlarms)", taken.joined(separator: ", "),
                    stopped.joined(separator: "; "),
                ])
            }
            return table.lines(empty: "no kiosk was ever heard")
        }
    }
}

struct Alarms: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Open alarms and their repair.")
    @OptionGroup var options: DeskOptions

    func run() async throws {
        try await options.show("alarms", as: [AlarmRow].self) { alarms in
            var table = TextTable([
                ("severity", .left), ("kiosk", .left), ("object", .left), ("alarm", .left),
                ("raised", .left), ("repair", .left),
            ])
            let ranks = PerceivedSeverity.allCases.map(\.rawValue)
            func rank(_ alarm: AlarmRow) -> Int { ranks.firstIndex(of: alarm.severity) ?? 0 }
            for alarm in alarms.sorted(by: { rank($0) < rank($1) }) {
                table.add([
                    alarm.severity, alarm.kiosk, alarm.object, alarm.code,
                    clockText(alarm.raisedAt), alarm.repair,
                ])
            }
            return table.lines(empty: "no open alarms")
        }
    }
}

struct Orders: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "The newest orders.")
    @OptionGroup var options: DeskOptions

    @Option(help: "Only of one state: queued, checking, credited, refused, refunded.")
    var state: String?

    mutating func validate() throws {
        guard let state, OrderState(rawValue: state) == nil else { return }
        let allowed = OrderState.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("--state: expected one of \(allowed), got `\(state)`")
    }

    func run() async throws {
        let path = "orders" + (state.map { "?state=\($0)" } ?? "")
        try await options.show(path, as: [OrderRow].self) { orders in
            var table = TextTable([
                ("order", .left), ("slip", .left), ("number", .left), ("yuan", .right),
                ("state", .left), ("posting", .left), ("tries", .right), ("received", .left),
                ("note", .left),
            ])
            for order in orders {
                table.add([
                    order.id, order.slip, order.number, yuanText(order.fen), order.state,
                    order.phase, "\(order.attempts)", clockText(order.receivedAt), order.note,
                ])
            }
            return table.lines(empty: "no orders")
        }
    }
}

struct Cases: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What a person at the office must settle.")
    @OptionGroup var options: DeskOptions

    func run() async throws {
        try await options.show("cases", as: [CaseRow].self) { cases in
            var table = TextTable([
                ("case", .right), ("kind", .left), ("kiosk", .left), ("order", .left),
                ("opened", .left), ("closed", .left), ("text", .left),
            ])
            for each in cases {
                table.add([
                    "\(each.id)", each.kind, each.kiosk, each.order ?? "",
                    clockText(each.openedAt), each.closedAt.map(clockText) ?? "open", each.text,
                ])
            }
            return table.lines(empty: "no cases")
        }
    }
}

struct Ledger: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The books: each account, in total and per kiosk, and whether they balance.")
    @OptionGroup var options: DeskOptions

    func run() async throws {
        try await options.show("ledger", as: OfficeLedgerReport.self) { report in
            let kiosks = report.kiosks.keys.sorted()
            var table = TextTable(
                [("account", .left), ("all, yuan", .right)] + kiosks.map { ($0, .right) })
            for (account, fen) in report.accounts.sorted(by: { $0.key < $1.key }) {
                let each = kiosks.map { yuanText(report.kiosks[$0]?[account] ?? 0) }
                table.add([account, yuanText(fen)] + each)
            }
            return table.lines(empty: "no accounts")
                + [report.balanced ? "balanced" : "NOT BALANCED"]
        }
    }
}

struct Accounts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "The accounts of the books.")
    @OptionGroup var options: DeskOptions

    private struct Content: Decodable { let accounts: [String: Int64] }

    func run() async throws {
        try await options.show("accounts", as: Content.self) { content in
            var table = TextTable([("account", .left), ("yuan", .right)])
            for (account, fen) in content.accounts.sorted(by: { $0.key < $1.key }) {
                table.add([account, yuanText(fen)])
            }
            return table.lines(empty: "no accounts")
        }
    }
}

/// "70.00".
private func yuanText(_ fen: Int64) -> String { Money(fen: fen).yuanText }
