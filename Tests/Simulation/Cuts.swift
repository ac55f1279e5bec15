internal import ArgumentParser
internal import CEscapeTrap
internal import Foundation
internal import KioskWorld

/// The power cut at every moment of every incident.
struct Cuts: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Cuts the power at every moment and disk operation of every incident, in every way.")

    @Option(help: "Only incidents with this in their name.")
    var incident: String?

    @Option(help: "Only this cut, as a finding names it.")
    var only: String?

    @Option(help: "One cut in so many.")
    var oneIn = 1

    @Option(help: "Processes at the same time.")
    var workers = 2

    @Option(help: .hidden)
    var share: Int?

    @Flag(help: "Prints what happens in the one cut.")
    var trace = false

    @Flag(help: "Prints the incidents' names and does nothing.")
    var list = false

    func run() throws {
        quiet()
        if list { return incidents.forEach { print($0.name) } }
        if let only { return try replay(only) }
        if let share { return try work(share) }
        try lead()
    }

    private var incidents: [Incident] {
        Incident.all.filter { incident == nil || $0.name.contains(incident ?? "") }
    }

    private func replay(_ text: String) throws {
        guard let cut = CutRun(text), let incident = incidents.first else {
            throw ValidationError("expected --incident NAME and --only VICTIM:moment|disk:N:WAY")
        }
        let found = incident.run(cut, onLine: trace ? { print($0) } : nil)
        print(found.map { "violation: \($0)" } ?? "every sentence holds")
        if found != nil { throw ExitCode.failure }
    }

    /// One worker's share: every so many-th cut of each incident.
    private func work(_ share: Int) throws {
        escape_trap_set()
        for incident in incidents {
            let begun = Date()
            var (done, found) = (0, 0)
            let cuts = incident.cuts(try incident.size())
            for (place, cut) in cuts.enumerated()
            where place % (workers * oneIn) == share * oneIn {
                done += 1
                print("at --incident '\(incident.name)' --only \(cut)")
                fflush(nil)
                guard let violation = incident.run(cut) else { continue }
                found += 1
                print("violation: \(violation)")
                print(
                    "replay: kiosk-simulate cuts --incident '\(incident.name)' --only \(cut) --trace"
                )
            }
            let seconds = Int(Date().timeIntervalSince(begun))
            print("\(done) cuts, \(found) findings, \(seconds) s: \(incident.name)")
            fflush(nil)
        }
        guard escape_trap_count() == 0 else {
            print("violation: \(escape_trap_count()) jobs left the scheduler")
            throw ExitCode.failure
        }
    }

    private func lead() throws {
        let begun = Date()
        let crew = (0..<workers).map { share in
            let process = Process()
            process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
            process.arguments =
                ["cuts", "--share", "\(share)", "--workers", "\(workers)", "--one-in", "\(oneIn)"]
                + (incident.map { ["--incident", $0] } ?? [])
            return Worker(process)
        }
        for worker in crew { try worker.start() }
        // Side by side: a worker whose words nobody reads stands still.
        DispatchQueue.concurrentPerform(iterations: crew.count) { crew[$0].listen() }
        let (cuts, findings) = crew.reduce((0, 0)) { ($0.0 + $1.cuts, $0.1 + $1.findings) }
        print(
            #"{"incidents":\#(incidents.count),"cuts":\#(cuts),"findings":\#(findings),"#
                + #""seconds":\#(Int(Date().timeIntervalSince(begun)))}"#)
        guard findings == 0, crew.allSatisfy(\.hasSucceeded) else { throw ExitCode.failure }
    }

    /// A process with a share, and what it has said. `@unchecked Sendable`: one thread listens, then the others read.
    private final class Worker: @unchecked Sendable {
        private let process: Process
        private let pipe = Pipe()
        private(set) var (cuts, findings) = (0, 0)
        /// The cut that was begun last.
        private var begun = ""

        init(_ process: Process) { self.process = process }

        func start() throws {
            process.standardOutput = pipe
            try process.run()
        }

        var hasSucceeded: Bool { process.terminationStatus == 0 }

        /// Passes on what it says as it comes, until it ends.
        func listen() {
            var rest = Data()
            while case let more = pipe.fileHandleForReading.availableData, !more.isEmpty {
                rest += more
                while let end = rest.firstIndex(of: 0x0A) {
                    hear(String(decoding: rest[rest.startIndex..<end], as: UTF8.self))
                    rest = Data(rest[(end + 1)...])
                }
            }
            process.waitUntilExit()
            guard !hasSucceeded else { return }
            print("a worker stopped with status \(process.terminationStatus)")
            print("replay: kiosk-simulate cuts \(begun) --trace")
        }

        private func hear(_ line: String) {
            if line.hasPrefix("at ") { return begun = String(line.dropFirst(3)) }
            print(line)
            fflush(nil)
            guard let match = line.firstMatch(of: /^(\d+) cuts, (\d+) findings/) else { return }
            cuts += Int(match.1) ?? 0
            findings += Int(match.2) ?? 0
        }
    }
}
