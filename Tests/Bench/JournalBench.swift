import Foundation
import Glibc
import KioskModel
import KioskStore

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
    }

    func run() throws -> Figures {
        let path = folder + "/bench.sqlite"
        let journal = try Journal(
            path: path, kiosk: KioskID(rawValue: "BENCH") ?? { preconditionFailure() }(),
            newEpoch: 0x0123_4567_89AB_CDEF,
            timekeeper: MachineTime())
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
            ratio: rawSeconds / journalSeconds)
    }

    private func seconds(_ work: () throws -> Void) rethrows -> Double {
        let start = ContinuousClock.now
        try work()
        let spent = ContinuousClock.now - start
        return Double(spent.components.seconds) + Double(spent.components.attoseconds) / 1e18
    }
}

/// The machine's clocks; nothing here waits.
struct MachineTime: Timekeeper {
    var now: Timestamp {
        var wall = timespec()
        clock_gettime(CLOCK_REALTIME, &wall)
        var boot = timespec()
        clock_gettime(CLOCK_BOOTTIME, &boot)
        return Timestamp(
            wall: WallTime(
                milliseconds: Int64(wall.tv_sec) * 1000 + Int64(wall.tv_nsec) / 1_000_000),
            monotonicNs: Int64(boot.tv_sec) * 1_000_000_000 + Int64(boot.tv_nsec), bootID: "bench")
    }

    func sleep(for duration: Duration) async throws { preconditionFailure("a bench does not wait") }
}
