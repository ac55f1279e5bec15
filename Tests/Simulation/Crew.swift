internal import Foundation
internal import KioskWorld

/// Shares the episodes out to processes, adds up, and stops at the first sentence that does not hold.
final class Crew: @unchecked Sendable {
    private let seed: UInt64
    private let sessions: Int
    private let workers: Int
    private let lock = NSLock()
    private var next: Int
    private var total = Episode.Count()
    private var finding: (episode: Int, violation: String)?
    private let begun = Date()
    private var lastSaid = Date()
    /// Episodes that one process runs.
    private static let shift = 40

    init(seed: UInt64, sessions: Int, workers: Int, first: Int) {
        (self.seed, self.sessions, self.workers, next) = (seed, sessions, workers, first)
    }

    /// False when something was found.
    func run() throws -> Bool {
        let done = DispatchGroup()
        for _ in 0..<max(1, workers) {
            done.enter()
            let thread = Thread { [self] in
                while let first = takeShift() { work(first) }
                done.leave()
            }
            thread.start()
        }
        done.wait()
        print(summary)
        guard let finding else { return true }
        print("violation: \(finding.violation)")
        print(
            "replay: \(CommandLine.arguments[0]) --seed \(seed) --episode \(finding.episode) --trace"
        )
        return false
    }

    private func takeShift() -> Int? {
        lock.withLock {
            guard finding == nil, total.sessions < sessions else { return nil }
            defer { next += Crew.shift }
            return next
        }
    }

    private func work(_ first: Int) {
        let (process, pipe) = (Process(), Pipe())
        process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = [
            "work", "--seed", "\(seed)", "--first", "\(first)", "--count", "\(Crew.shift)",
        ]
        process.standardOutput = pipe
        var (rest, current) = (Data(), first)
        do { try process.run() } catch { return find(first, "start a worker: \(error)") }
        while case let more = pipe.fileHandleForReading.availableData, !more.isEmpty {
            rest += more
            while let end = rest.firstIndex(of: 0x0A) {
                if let episode = hear(rest[rest.startIndex..<end]) { current = episode }
                rest = Data(rest[(end + 1)...])
            }
            if lock.withLock({ finding != nil || total.sessions >= sessions }) {
                process.terminate()
            }
        }
        process.waitUntilExit()
        let isOver = lock.withLock { finding != nil || total.sessions >= sessions }
        if process.terminationStatus != 0, !isOver {
            find(current, "the process stopped with status \(process.terminationStatus)")
        }
    }

    private func hear(_ line: Data) -> Int? {
        guard let report = try? JSONDecoder().decode(Work.Report.self, from: line) else {
            return nil
        }
        if let count = report.count { add(count) }
        if let violation = report.violation { find(report.episode, violation) }
        return report.episode
    }

    private func add(_ count: Episode.Count) {
        let news: String? = lock.withLock {
            total += count
            guard Date().timeIntervalSince(lastSaid) >= 5 else { return nil }
            lastSaid = Date()
            return summary
        }
        if let news { FileHandle.standardError.write(Data((news + "\n").utf8)) }
    }

    private func find(_ episode: Int, _ violation: String) {
        lock.withLock { if finding == nil { finding = (episode, violation) } }
    }

    /// The one line.
    private var summary: String {
        let seconds = max(0.001, Date().timeIntervalSince(begun))
        let years = Double(total.virtualSeconds) / (365.25 * 86_400)
        return #"{"sessions":\#(total.sessions),"powerCuts":\#(total.powerCuts),"#
            + #""networkFaults":\#(total.networkFaults),"deviceFaults":\#(total.deviceFaults),"#
            + #""fenLost":\#(total.fenLost),"fenInvented":\#(total.fenInvented),"#
            + #""doubtful":\#(total.doubtful),"virtualYears":\#(String(format: "%.3f", years)),"#
            + #""sessionsPerSecond":\#(Int(Double(total.sessions) / seconds)),"seed":\#(seed)}"#
    }
}
