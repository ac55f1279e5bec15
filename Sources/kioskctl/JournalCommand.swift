internal import ArgumentParser
internal import Foundation
internal import KioskModel
internal import KioskStore
internal import Terminal

struct JournalCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal", abstract: "What happened, entry by entry.",
        subcommands: [ListEntries.self, VerifyJournal.self], defaultSubcommand: ListEntries.self)
}

struct ListEntries: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "The entries after a position, oldest first.")
    @OptionGroup var options: ControlOptions

    @Option(help: "The position after which to begin.")
    var after: Int64 = 0

    @Option(help: "How many entries at most, 1 to 1000.")
    var limit = 100

    func validate() throws {
        guard after >= 0 else { throw ValidationError("--after: expected a position from 0") }
        guard (1...1000).contains(limit) else {
            throw ValidationError("--limit: expected 1 to 1000")
        }
    }

    func run() async throws {
        let path = "/journal?after=\(after)&limit=\(limit)"
        try await options.show(path, as: [EntryReport].self) { entries in
            guard let last = entries.last else { return ["no entries after \(after)"] }
            var table = TextTable([
                ("position", .right), ("time", .left), ("lane", .left), ("seq", .right),
                ("what", .left),
            ])
            for entry in entries {
                table.add([
                    "\(entry.position)", clockText(entry.at), entry.lane, "\(entry.seq)",
                    entry.text,
                ])
            }
            guard entries.count == limit else { return table.lines }
            return table.lines + ["", "Next: `kioskctl journal --after \(last.position)`"]
        }
    }
}

struct VerifyJournal: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Reads every entry again and names the first broken one.",
        discussion: "Exit code 1 when an entry is broken.")
    @OptionGroup var options: ControlOptions

    @Option(help: "Verify this file of a kioskd that does not run, instead of asking one.")
    var file: String?

    func run() async throws {
        guard let file else {
            return try await options.show(
                "/journal/verify", as: VerifyReport.self, trouble: { !$0.intact },
                VerifyJournal.lines)
        }
        let (report, lines) = try VerifyJournal.report(on: file)
        if options.json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            Output.line(String(decoding: try encoder.encode(report), as: UTF8.self))
        } else {
            for line in lines { Output.line(line) }
        }
        if !report.intact { throw ExitCode(ControlOptions.Exit.trouble.rawValue) }
    }

    /// Looking changes nothing: a journal that is not there is not made.
    private static func report(on file: String) throws -> (VerifyReport, [String]) {
        guard FileManager.default.fileExists(atPath: file) else {
            throw ValidationError("--file: expected a journal, got no file at \(file)")
        }
        do {
            let found = try Journal.verify(path: file, timekeeper: StandingTime())
            let report = VerifyReport(
                intact: found.firstBroken == nil, entries: found.entries,
                firstBroken: found.firstBroken)
            return (report, lines(report))
        } catch {
            // A file that does not open (a running kioskd has it, it is no journal) is not one with a broken entry.
            let report = VerifyReport(intact: false, entries: 0, firstBroken: "\(error)")
            return (report, ["not verified: " + TextTable.printable("\(error)")])
        }
    }

    private static func lines(_ report: VerifyReport) -> [String] {
        guard let broken = report.firstBroken else {
            return ["intact: \(report.entries) entries, every one holds to the one before it"]
        }
        return [
            "BROKEN after \(report.entries) entries that hold",
            TextTable.printable(broken),
            "",
            "Next: copy the journal away before anything else, count the cassette, tell the office.",
        ]
    }
}

/// Verifying reads no clock and waits for nothing.
private struct StandingTime: Timekeeper {
    var now: Timestamp {
        Timestamp(wall: WallTime(milliseconds: 0), monotonicNs: 0, bootID: "none")
    }
    func sleep(for duration: Duration) async throws { try Task.checkCancellation() }
}
