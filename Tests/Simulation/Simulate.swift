internal import ArgumentParser
internal import CEscapeTrap
internal import Foundation
internal import KioskWorld
internal import Logging

/// Seeded lives of whole kiosks in virtual time, with everything that can go wrong.
@main
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kiosk-simulate", abstract: "Whole kiosks in virtual time.",
        subcommands: [Lives.self, Cuts.self, StormCommand.self, Work.self],
        defaultSubcommand: Lives.self)
}

struct Lives: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs seeded lives of a kiosk until so many sessions have passed.")

    @Option(help: "Sessions of customers, at least.")
    var sessions = 10_000

    @Option(help: "The same seed gives the same run.")
    var seed: UInt64 = 1

    @Option(help: "Runs only this episode.")
    var episode: Int?

    @Flag(help: "Prints what happens: virtual time, who, what.")
    var trace = false

    @Option(help: "Processes at the same time.")
    var workers = 2

    @Option(help: "The first episode.")
    var first = 0

    func run() throws {
        if let episode {
            try replay(episode)
        } else {
            let crew = Crew(seed: seed, sessions: sessions, workers: workers, first: first)
            guard try crew.run() else { throw ExitCode.failure }
        }
    }

    private func replay(_ episode: Int) throws {
        quiet()
        escape_trap_set()
        let outcome = try Episode(seed: seed, index: episode).run(
            onLine: trace ? { print($0) } : nil)
        print(try JSONEncoder.sorted.text(outcome.count))
        if let violation = outcome.violation {
            print("violation: \(violation)")
            throw ExitCode.failure
        }
        guard escape_trap_count() == 0 else {
            print("violation: \(escape_trap_count()) jobs left the scheduler")
            throw ExitCode.failure
        }
        print("digest \(String(outcome.digest, radix: 16)): every sentence holds")
    }
}

/// The product's log would drown the trace.
func quiet() { LoggingSystem.bootstrap { _ in SwiftLogNoOpLogHandler() } }

extension JSONEncoder {
    static var sorted: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }

    func text(_ value: some Encodable) throws -> String {
        String(decoding: try encode(value), as: UTF8.self)
    }
}
