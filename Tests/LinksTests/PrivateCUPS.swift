import DeviceKit
import Drivers
import Foundation
import KioskModel
import Links
import Machine

/// A CUPS of the test's own with the virtual printer, started through scripts/cups as `make run` does it.
final class PrivateCUPS: Sendable {
    static let isInstalled = ["/usr/sbin/cupsd", "/sbin/cupsd"].contains {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    struct Trouble: Error { let what: String }

    private let folder: URL
    var socket: String { folder.appending(path: "cups/cups.sock").path }
    private var printer: URL { folder.appending(path: "printer") }

    /// Runs a test with it and leaves nothing behind.
    static func run<Result>(_ body: (PrivateCUPS) async throws -> Result) async throws -> Result {
        let cups = PrivateCUPS()
        do {
            try await cups.start()
            let result = try await body(cups)
            try await cups.end()
            return result
        } catch {
            try await cups.end()
            throw error
        }
    }

    private func end() async throws {
        try await script("stop", "\(folder.path)/cups")
        try FileManager.default.removeItem(at: folder)
    }

    private init() {
        let name = "kiosk-cups-\(UInt32.random(in: .min ... .max))"
        folder = FileManager.default.temporaryDirectory.appending(path: name)
    }

    func start() async throws { try await script("start", "\(folder.path)/cups", printer.path) }

    /// As a power cut ends it.
    func kill() throws {
        let file = folder.appending(path: "cups/cupsd.pid")
        let text = try String(contentsOf: file, encoding: .utf8)
        guard let pid = pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw Trouble(what: "no process number in \(file.path)")
        }
        Glibc.kill(pid, SIGKILL)
    }

    /// Runs one of CUPS's own tools against it.
    func tool(_ arguments: String...) async throws {
        try await run("/usr/bin/env", arguments, ["CUPS_SERVER": socket])
    }

    var link: CUPSLink { CUPSLink(queue: "receipt", server: socket) }

    func driver() throws -> any Printer {
        let profile = PrinterProfile(
            head: ProfileHead(
                name: "printers/test", driver: "escpos", make: "Test", model: "Test",
                status: .shouldWork, quirks: []),
            columns: 48, chinese: true, cuts: true, jobTimeout: .seconds(20),
            pollInterval: .milliseconds(50))
        guard let make = Drivers.all.printers["escpos"] else { throw Trouble(what: "no driver") }
        return make(profile, link, MachineTime())
    }

    /// What is wrong with the printer from now on.
    func set(_ conditions: String...) throws {
        try FileManager.default.createDirectory(at: printer, withIntermediateDirectories: true)
        try Data(conditions.joined(separator: "\n").utf8)
            .write(to: printer.appending(path: "conditions"), options: .atomic)
    }

    /// Everything that came out, the oldest first.
    func paper() throws -> [[UInt8]] {
        try FileManager.default.contentsOfDirectory(atPath: printer.path)
            .filter { $0.hasPrefix("job-") && $0.hasSuffix(".bin") }.sorted()
            .map { Array(try Data(contentsOf: printer.appending(path: $0))) }
    }

    /// The first state that ends a job; the suite's time limit is the deadline.
    func end(ofJob job: Int) async throws -> PrintJobState {
        while true {
            let state = try await link.state(ofJob: job)
            switch state {
            case .pending, .processing: continue
            case .held, .stopped, .canceled, .aborted, .completed, .unknown: return state
            }
        }
    }

    private func script(_ arguments: String...) async throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        try await run(root.appending(path: "scripts/cups").path, arguments, [:])
    }

    private func run(_ program: String, _ arguments: [String], _ environment: [String: String])
        async throws
    {
        try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
            Thread.detachNewThread {
                done.resume(
                    with: Result { try PrivateCUPS.runAndWait(program, arguments, environment) })
            }
        }
    }

    /// On a thread of its own: it blocks, and what it starts must be able to hear SIGTERM, which pool threads block.
    private static func runAndWait(
        _ program: String, _ arguments: [String], _ environment: [String: String]
    ) throws {
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        (process.standardInput, process.standardOutput) = (FileHandle.nullDevice, output)
        process.standardError = output
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let words = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
            throw Trouble(
                what: "\(program) \(arguments): code \(process.terminationStatus): \(words)")
        }
    }
}

/// Reports of a printer that is being watched, in order.
struct Reports {
    private var arriving: AsyncStream<Set<PrinterCondition>>.Iterator
    private(set) var all: [Set<PrinterCondition>] = []

    /// Watches for as long as the body runs.
    static func of(_ printer: any Printer, _ body: (inout Reports) async throws -> Void)
        async throws
    {
        let (stream, mouth) = AsyncStream.makeStream(of: Set<PrinterCondition>.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await printer.watch { mouth.yield($0) } }
            var reports = Reports(arriving: stream.makeAsyncIterator())
            try await body(&reports)
            group.cancelAll()
        }
    }

    /// Waits for a report of exactly these; the suite's time limit is the deadline.
    mutating func wait(for conditions: Set<PrinterCondition>) async {
        while let next = await arriving.next() {
            all.append(next)
            if next == conditions { return }
        }
    }
}
