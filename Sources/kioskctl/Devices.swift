internal import ArgumentParser
internal import Terminal

struct Devices: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Each device: identity, conditions, last fault with its remedy.",
        discussion: "Exit code 1 when a device is not online.")
    @OptionGroup var options: ControlOptions

    func run() async throws {
        try await options.show(
            "/devices", as: [DeviceReport].self,
            trouble: { $0.contains { $0.status != "online" } }, Devices.lines)
    }

    private static func lines(_ devices: [DeviceReport]) -> [String] {
        guard !devices.isEmpty else {
            return ["no devices: the configuration names none (key devices)"]
        }
        var table = TextTable([
            ("device", .left), ("status", .left), ("model", .left), ("serial", .left),
            ("firmware", .left), ("link", .left), ("profile", .left),
        ])
        for device in devices {
            let identity = device.identity
            table.add([
                device.name, device.status, identity?.model ?? "-", identity?.serial ?? "-",
                identity?.firmware ?? "-", device.link, device.profile,
            ])
        }
        return table.lines + devices.flatMap(trouble)
    }

    private static func trouble(_ device: DeviceReport) -> [String] {
        var lines: [String] = []
        if !device.conditions.isEmpty {
            lines.append("\(device.name): \(device.conditions.joined(separator: ", "))")
        }
        if let fault = device.fault { lines.append("\(device.name): \(fault)") }
        guard !lines.isEmpty else { return [] }
        return [""] + lines.map(TextTable.printable)
    }
}
