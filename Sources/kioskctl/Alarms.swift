internal import ArgumentParser
internal import KioskModel
internal import Terminal

struct Alarms: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Open alarms, worst first, each with its repair.",
        discussion: "Exit code 1 when an alarm is open.")
    @OptionGroup var options: ControlOptions

    func run() async throws {
        try await options.show(
            "/alarms", as: [AlarmReport].self, trouble: { !$0.isEmpty }, Alarms.lines)
    }

    private static func lines(_ alarms: [AlarmReport]) -> [String] {
        guard !alarms.isEmpty else { return ["no open alarms"] }
        // The severities stand in the standard's order, the worst first.
        let order = PerceivedSeverity.allCases.map(\.rawValue)
        let sorted = alarms.sorted {
            (order.firstIndex(of: $0.severity) ?? 0, $0.raisedAt, $0.object)
                < (order.firstIndex(of: $1.severity) ?? 0, $1.raisedAt, $1.object)
        }
        return Array(sorted.map(paragraph).joined(separator: [""]))
    }

    private static func paragraph(_ alarm: AlarmReport) -> [String] {
        let head =
            "\(alarm.severity.uppercased())  \(alarm.object)  \(alarm.code)  "
            + "since \(clockText(alarm.raisedAt))"
        var table = TextTable([("", .left), ("", .left), ("", .left)])
        table.add(["", "what", alarm.evidence])
        table.add(["", "repair", alarm.repair])
        table.add(["", "goes away when", alarm.clearsWhen])
        return [TextTable.printable(head)] + table.lines
    }
}
