internal import ArgumentParser
internal import CEscapeTrap
internal import Foundation
internal import KioskWorld

/// The fleet comes back to one office at the same moment.
struct StormCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "storm",
        abstract: "A fleet that had no office for hours gets it back, all at the same moment.")

    @Option(help: "Kiosks of the fleet.")
    var kiosks = 10_000

    @Option(help: "Hours without an office.")
    var hours = 8

    @Option(help: "The same seed gives the same run.")
    var seed: UInt64 = 1

    @Option(
        help:
            "full; jitter: the office names no moments; none: nor do the kiosks spread their retries."
    )
    var pacing = Storm.Pacing.full.rawValue

    @Option(
        help: "Virtual minutes before the office's return from which on the kiosks look for it.")
    var lookout = 15

    @Option(help: "Virtual microseconds in which the office reads, checks and books one event.")
    var event = 100

    @Flag(help: "Prints every answer: seconds since the office's return, kiosk, answer.")
    var trace = false

    func run() throws {
        quiet()
        escape_trap_set()
        var settings = Storm.Settings()
        (settings.kiosks, settings.hours, settings.seed) = (kiosks, hours, seed)
        guard let pacing = Storm.Pacing(rawValue: pacing) else {
            throw ValidationError("expected --pacing full, jitter or none, got \(pacing)")
        }
        (settings.pacing, settings.lookout) = (pacing, .seconds(lookout * 60))
        settings.speed.event = .microseconds(event)
        settings.onProgress = { line in
            let text = "\(line), \(StormCommand.megabytes) MB\n"
            FileHandle.standardError.write(Data(text.utf8))
        }
        if trace { settings.onLine = { print($0) } }
        var report = try Storm(settings).run()
        for line in report.histogram { print(line) }
        report.histogram = []
        if escape_trap_count() > 0 {
            report.violations.append("\(escape_trap_count()) jobs left the scheduler")
        }
        for violation in report.violations { print("violation: \(violation)") }
        print(try JSONEncoder.sorted.text(report))
        guard report.violations.isEmpty else { throw ExitCode.failure }
    }

    /// What this process holds now.
    private static var megabytes: Int {
        let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?
            .split(separator: " ").dropFirst().first.flatMap { Int($0) }
        return (pages ?? 0) * 4096 / 1_000_000
    }
}
