import Foundation
import KioskModel
import KioskRuntime
import KioskScreen
import Testing

/// The technician's tool as a program of its own, against a real control socket.
struct KioskctlTests {
    private let path = "/tmp/kiosk-control-\(UUID().uuidString.prefix(8)).sock"

    private struct Ended: Sendable {
        var code: Int32
        var said: String
        var complained: String
    }

    /// Runs kioskctl to its end, with a kiosk at the other end of its socket if one is given.
    private func kioskctl(_ arguments: String..., desk: ScriptedDesk? = nil) async throws -> Ended {
        guard let desk else { return try await KioskctlTests.run(arguments, path) }
        let server = ControlServer(desk: desk, path: path, log: quiet)
        let (starts, mouth) = AsyncStream.makeStream(of: Void.self)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { mouth.finish() }
                try await server.run { mouth.yield() }
            }
            guard await starts.first(where: { true }) != nil else { throw Wire.Closed() }
            let ended = try await KioskctlTests.run(arguments, path)
            group.cancelAll()
            try await group.waitForAll()
            return ended
        }
    }

    /// The program lies beside the test bundle.
    private static func run(_ arguments: [String], _ socket: String) async throws -> Ended {
        let process = Process()
        process.executableURL = Bundle.main.executableURL?.deletingLastPathComponent()
            .appending(path: "kioskctl")
        process.arguments = arguments
        process.environment = ["KIOSK_CONTROL": socket, "TZ": "UTC"]
        let (said, complained) = (Pipe(), Pipe())
        (process.standardOutput, process.standardError) = (said, complained)
        return try await withCheckedThrowingContinuation { done in
            Thread.detachNewThread {
                done.resume(
                    with: Result {
                        try process.run()
                        let out = said.fileHandleForReading.readDataToEndOfFile()
                        let err = complained.fileHandleForReading.readDataToEndOfFile()
                        process.waitUntilExit()
                        return Ended(
                            code: process.terminationStatus,
                            said: String(decoding: out, as: UTF8.self),
                            complained: String(decoding: err, as: UTF8.self))
                    })
            }
        }
    }

    @Test func `status says what is not offered and where to look, and ends with 1`() async throws {
        let ended = try await kioskctl("status", desk: ScriptedDesk())

        #expect(ended.code == 1)
        #expect(ended.said.contains("kiosk            K0001, Test hall\n"))
        #expect(ended.said.contains("takes cash       yes\n"))
        #expect(ended.said.contains("prints receipts  no: paperOut\n"))
        #expect(ended.said.contains("Next: `kioskctl alarms`"))
    }

    @Test func `devices that are all online end with 0`() async throws {
        let ended = try await kioskctl("devices", desk: ScriptedDesk())

        #expect(ended.code == 0)
        #expect(ended.said.contains("billAcceptor/0  online  SM"))
    }

    @Test func `an alarm comes with its repair`() async throws {
        let ended = try await kioskctl("alarms", desk: ScriptedDesk())

        #expect(ended.code == 1)
        #expect(ended.said.hasPrefix("MAJOR  printer/0  paperOut  since 1970-01-01 00:00:00\n"))
        #expect(ended.said.contains("repair          Put in a new paper roll.\n"))
    }

    @Test func `json is what the kiosk says, in fen`() async throws {
        let ended = try await kioskctl("ledger", "--json", desk: ScriptedDesk())

        let ledger = try JSONDecoder().decode(LedgerReport.self, from: Data(ended.said.utf8))
        #expect(ledger == ScriptedDesk().ledger())
        #expect(ended.code == 0)
    }

    @Test func `amounts are yuan for people`() async throws {
        let ended = try await kioskctl("ledger", desk: ScriptedDesk())

        #expect(ended.said.contains("STACKER     0.00 yuan  cash in the cassette\n"))
    }

    @Test func `the outbox says what waits`() async throws {
        let ended = try await kioskctl("outbox", desk: ScriptedDesk())

        #expect(ended.code == 0)
        #expect(
            ended.said.contains("money        9              7        2  1970-01-01 00:00:00\n"))
    }

    @Test func `the journal is listed, and says how to go on`() async throws {
        let ended = try await kioskctl(
            "journal", "--after", "3", "--limit", "2", desk: ScriptedDesk())

        #expect(ended.code == 0)
        #expect(ended.said.contains("5  1970-01-01 00:00:00  money    1  cassetteRemoved\n"))
        #expect(ended.said.hasSuffix("Next: `kioskctl journal --after 5`\n"))
    }

    @Test func `a broken journal names its first broken entry and ends with 1`() async throws {
        let ended = try await kioskctl("journal", "verify", desk: ScriptedDesk())

        #expect(ended.code == 1)
        #expect(ended.said.contains("position 3: another hash"))
    }

    @Test func `a refusal of the kiosk is said as it is`() async throws {
        let ended = try await kioskctl("journal", desk: ScriptedDesk(journalFails: true))

        #expect(ended.code == 1)
        #expect(ended.complained.contains("read journal: expected entries, got none."))
    }

    @Test func `without a kiosk it says what to check and ends with 69`() async throws {
        let ended = try await kioskctl("receipts")

        #expect(ended.code == 69)
        #expect(ended.complained.contains("got no such socket. Start kioskd"))
        #expect(ended.said.isEmpty)
    }

    @Test func `wrong usage ends with 64`() async throws {
        #expect(try await kioskctl("journal", "--limit", "0").code == 64)
        #expect(try await kioskctl("journal", "verify", "--file", "/nowhere").code == 64)
        #expect(try await kioskctl("open", "sesame").code == 64)
    }

    @Test func `a file that is no journal is not verified, and stays as it is`() async throws {
        let file = "/tmp/kiosk-journal-\(UUID().uuidString.prefix(8))"
        let content = Data("no journal at all, but long enough to be one".utf8)
        try content.write(to: URL(filePath: file))
        defer { try? FileManager.default.removeItem(atPath: file) }

        let ended = try await kioskctl("journal", "verify", "--file", file, "--json")
        let told = try await kioskctl("journal", "verify", "--file", file)

        #expect(ended.code == 1 && told.code == 1)
        #expect(told.said.hasPrefix("not verified: "))
        let report = try JSONDecoder().decode(VerifyReport.self, from: Data(ended.said.utf8))
        #expect(!report.intact)
        #expect(FileManager.default.contents(atPath: file) == content)
    }

    @Test func `udev rules are printed and written alike`() async throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let profiles = root.appending(path: "devices").path
        let file = "/tmp/kiosk-udev-\(UUID().uuidString.prefix(8)).rules"
        defer { try? FileManager.default.removeItem(atPath: file) }

        let printed = try await kioskctl("udev", "--profiles", profiles)
        let written = try await kioskctl("udev", "--profiles", profiles, "--write", file)
        let missing = try await kioskctl("udev", "--profiles", "/nowhere")

        #expect(printed.code == 0 && written.code == 0)
        #expect(printed.said.contains("SUBSYSTEM==\"tty\""))
        #expect(FileManager.default.contents(atPath: file) == Data(printed.said.utf8))
        #expect(missing.code == 1)
    }
}
