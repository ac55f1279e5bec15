internal import ArgumentParser
internal import Terminal

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What works, what does not, and why.",
        discussion: "Exit code 1 when a service is not offered.")
    @OptionGroup var options: ControlOptions

    func run() async throws {
        try await options.show(
            "/status", as: StatusReport.self,
            trouble: { $0.services.values.contains { !$0.isEmpty } }, Status.lines)
    }

    private static func lines(_ report: StatusReport) -> [String] {
        var table = TextTable([("", .left), ("", .left)])
        table.add(["kiosk", "\(report.kiosk), \(report.site)"])
        table.add(["up for", duration(report.uptimeSeconds)])
        let customer = report.openSession ? "a customer is being served" : "nobody is being served"
        table.add(["screen", "\(report.screen); \(customer)"])
        for (service, reasons) in report.services.sorted(by: { $0.key < $1.key }) {
            let offered = reasons.isEmpty ? "yes" : "no: " + reasons.joined(separator: ", ")
            table.add([name(service), offered])
        }
        table.add(["office", report.officeReachable ? "answers" : "does not answer"])
        table.add(["journal", "epoch \(report.epoch), synchronous \(report.journalSynchronous)"])
        let trouble = report.services.values.contains { !$0.isEmpty } || !report.officeReachable
        return table.lines
            + (trouble ? ["", "Next: `kioskctl alarms` says what to do."] : [])
    }

    private static func name(_ service: String) -> String {
        switch service {
        case "topUp": "takes cash"
        case "receipts": "prints receipts"
        default: service
        }
    }

    private static func duration(_ seconds: Int64) -> String {
        let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60)
        if days > 0 { return "\(days) d \(hours) h" }
        if hours > 0 { return "\(hours) h \(minutes) min" }
        return minutes > 0 ? "\(minutes) min \(seconds % 60) s" : "\(seconds) s"
    }
}
