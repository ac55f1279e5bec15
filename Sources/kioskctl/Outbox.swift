internal import ArgumentParser
internal import Terminal

struct Outbox: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What the office does not have yet.")
    @OptionGroup var options: ControlOptions

    func run() async throws {
        try await options.show("/outbox", as: [LaneReport].self) { lanes in
            var table = TextTable([
                ("lane", .left), ("entries", .right), ("at the office", .right),
                ("waiting", .right), ("oldest since", .left),
            ])
            for lane in lanes {
                table.add([
                    lane.lane, "\(lane.last)", "\(lane.acked)", "\(lane.last - lane.acked)",
                    lane.oldestWaitingAt.map(clockText) ?? "-",
                ])
            }
            let waiting = lanes.contains { $0.last > $0.acked }
            return table.lines
                + (waiting ? ["", "Next: `kioskctl status` says whether the office answers."] : [])
        }
    }
}
