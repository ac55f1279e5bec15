import Foundation
import Glibc
import KioskModel
import KioskStore
import Machine

/// How much of the disk's own speed the journal keeps: commits per second against bare appends, taken in turns in one run.
struct JournalBench {
    let folder: String
    let rounds: Int
    let commitsPerRound: Int

    struct Figures: Codable {
        let journalCommitsPerSecond: Double
        let rawAppendsPerSecond: Double
        /// Journal commits for each raw append + fdatasync; 1.0 would be free.
        let ratio: Double
        /// Entries verified and folded at a start.
        let entriesReadPerSecond: Double
    }

    /// Entries of the journal that is read.
    private static let entriesRead = 50_000

    func run() throws -> Figures {
        let journal = try journal("bench")
        let raw = open(folder + "/bench.raw", O_CREAT | O_WRONLY | O_APPEND, 0o600)
        guard raw >= 0 else { throw POSIXError(.EIO) }
        defer { close(raw) }
        var (journalSeconds, rawSeconds) = (0.0, 0.0)
        for round in 0..<rounds {
            journalSeconds += try seconds {
                for commit in 0..<commitsPerRound {
                    try journal.append([
                        .repeatIgnored(note: NoteID(Int64(round * commitsPerRound + commit + 1)))
                    ])
                }
            }
            rawSeconds += seconds {
                // The size of one journal row, so that both write the same news to the disk.
                let row = [UInt8](repeating: 0x20, count: 320)
                for _ in 0..<commitsPerRound {
                    _ = row.withUnsafeBytes { write(raw, $0.baseAddress, $0.count) }
                    fdatasync(raw)
                }
            }
        }
        let count = Double(rounds * commitsPerRound)
        return Figures(
            journalCommitsPerSecond: count / journalSeconds,
            rawAppendsPerSecond: count / rawSeconds,
            ratio: rawSeconds / journalSeconds,
            entriesReadPerSecond: try entriesReadPerSecond())
    }

    /// What a start costs: the whole journal is read, its chain verified, its entries folded.
    private func entriesReadPerSecond() throws -> Double {
        let journal = try journal("read")
        for first in stride(from: 1, to: JournalBench.entriesRead, by: 500) {
            try journal.append(
                (first..<first + 500).map { .repeatIgnored(note: NoteID(Int64($0))) })
        }
        return try Double(JournalBench.entriesRead) / seconds { _ = try journal.fold() }
    }

    private func journal(_ name: String) throws -> Journal {
        try Journal(
            path: "\(folder)/\(name).sqlite",
            kiosk: KioskID(rawValue: "BENCH") ?? { preconditionFailure() }(),
            newEpoch: 0x0123_4567_89AB_CDEF, timekeeper: MachineTime())
    }

    private func seconds(_ work: () throws -> Void) rethrows -> Double {
        let start = ContinuousClock.now
        try work()
        let spent = ContinuousClock.now - start
        return Double(spent.components.seconds) + Double(spent.components.attoseconds) / 1e18
    }
}
