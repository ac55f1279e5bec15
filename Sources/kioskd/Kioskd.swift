internal import ArgumentParser
internal import DeviceKit
internal import Foundation
internal import KioskRuntime
internal import Logging

/// The kiosk's daemon: reads its configuration, puts the parts together and runs until it is told to stop.
@main
struct Kioskd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kioskd",
        abstract: "Drives the devices of one kiosk and its customer's screen.")

    @Option(help: "The configuration file (YAML); docs/operator.md explains every key.")
    var config = "/etc/kiosk/kioskd.yaml"

    mutating func run() async throws {
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        let configuration: KioskConfiguration
        do {
            configuration = try KioskConfiguration(
                file: config, environment: ProcessInfo.processInfo.environment)
        } catch { throw Refused("\(error)") }
        try await Composition(configuration).run()
    }
}

/// Ends the program with a sentence on standard error.
struct Refused: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
