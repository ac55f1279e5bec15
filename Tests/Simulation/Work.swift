internal import ArgumentParser
internal import CEscapeTrap
internal import Foundation
internal import KioskWorld

/// Some episodes in a process of their own: a stopped process is a finding like any other.
struct Work: ParsableCommand {
    static let configuration = CommandConfiguration(shouldDisplay: false)

    @Option var seed: UInt64
    @Option var first: Int
    @Option var count: Int

    /// One line of a worker: an episode begins, or has ended.
    struct Report: Codable {
        var episode: Int
        var count: Episode.Count?
        var violation: String?
    }

    func run() throws {
        quiet()
        escape_trap_set()
        for episode in first..<first + count {
            try say(Report(episode: episode))
            let outcome = try Episode(seed: seed, index: episode).run()
            let escaped = escape_trap_count()
            let violation =
                escaped == 0 ? outcome.violation : "\(escaped) jobs left the scheduler"
            try say(Report(episode: episode, count: outcome.count, violation: violation))
        }
    }

    private func say(_ report: Report) throws {
        let line = try JSONEncoder.sorted.text(report) + "\n"
        FileHandle.standardOutput.write(Data(line.utf8))
    }
}
