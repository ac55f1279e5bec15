internal import ArgumentParser
internal import DeviceKit
internal import Drivers
internal import Foundation

struct Udev: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The udev rules that follow from the device profiles.")
    /// Where the package puts the profiles.
    static let usualProfiles = "/usr/share/kiosk/devices"

    @Option(help: "The directory of the profiles.")
    var profiles = Udev.usualProfiles

    @Option(help: "Write the rules into this file instead of printing them.")
    var write: String?

    func run() throws {
        let rules = try UdevRules.text(for: read())
        guard let write else { return Output.line(String(rules.dropLast())) }
        do {
            try Data(rules.utf8).write(to: URL(filePath: write), options: .atomic)
        } catch {
            throw ControlOptions.exit(
                "write udev rules: expected \(write) to be writable, got "
                    + "\(error.localizedDescription)", .trouble)
        }
    }

    private func read() throws -> ProfileSet {
        do { return try ProfileSet.load(directory: profiles, drivers: Drivers.all) } catch {
            throw ControlOptions.exit("read profiles: \(error)", .trouble)
        }
    }
}
