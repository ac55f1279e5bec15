import Foundation
import Glibc
import Hummingbird
import HummingbirdTesting
import KioskModel
import KioskRuntime
import KioskScreen
import Testing

struct ControlServerTests {
    private let path = "/tmp/kiosk-control-\(UUID().uuidString.prefix(8)).sock"

    /// The server on its socket, stopped at the end as the daemon stops it.
    private func served<Value: Sendable>(
        _ test: (String) async throws -> Value
    ) async throws -> Value {
        let server = ControlServer(desk: ScriptedDesk(), path: path, log: quiet)
        let (starts, mouth) = AsyncStream.makeStream(of: Void.self)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { mouth.finish() }
                try await server.run { mouth.yield() }
            }
            guard await starts.first(where: { true }) != nil else {
                try await group.waitForAll()
                throw Wire.Closed()
            }
            let value = try await test(path)
            group.cancelAll()
            try await group.waitForAll()
            return value
        }
    }

    private func routes(
        _ path: String, method: HTTPRequest.Method = .get, desk: ScriptedDesk = ScriptedDesk()
    ) async throws -> TestResponse {
        try await ControlServer(desk: desk, path: self.path, log: quiet).application()
            .test(.router) { try await $0.execute(uri: path, method: method) }
    }

    private func decoded<Value: Decodable>(_ response: TestResponse) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(response.body.readableBytesView))
    }

    @Test func `a status goes round through the socket`() async throws {
        let answer = try await served { try await Wire(path: $0).get("/status") }

        #expect(answer.status == "HTTP/1.1 200")
        let status = try JSONDecoder().decode(StatusReport.self, from: answer.body)
        #expect(status == ScriptedDesk().status())
    }

    @Test func `every report has its path`() async throws {
        let desk = ScriptedDesk()

        #expect(try await decoded(routes("/devices")) == desk.devices())
        #expect(try await decoded(routes("/alarms")) == desk.alarms())
        #expect(try await decoded(routes("/ledger")) == desk.ledger())
        #expect(try await decoded(routes("/outbox")) == desk.outbox())
        #expect(try await decoded(routes("/receipts")) == desk.receipts())
        #expect(try await decoded(routes("/journal/verify")) == desk.verifyJournal())
    }

    @Test func `the journal is read from a position, as much as asked for`() async throws {
        let entries: [EntryReport] = try await decoded(routes("/journal?after=3&limit=2"))
        let usual: [EntryReport] = try await decoded(routes("/journal"))

        #expect(entries.map(\.position) == [4, 5])
        #expect(usual.count == 100)
    }

    @Test(arguments: [
        "after=-1", "after=x", "after=", "limit=0", "limit=1001", "limit=1.5", "drop=1",
    ])
    func `a wrong question for the journal is malformed`(query: String) async throws {
        let answer = try await routes("/journal?\(query)")

        #expect(answer.status == .badRequest)
        #expect(answer.refused?.code == "malformed")
    }

    @Test func `a journal that cannot be read says so`() async throws {
        let answer = try await routes("/journal", desk: ScriptedDesk(journalFails: true))

        #expect(answer.status == .serviceUnavailable)
        #expect(
            answer.refused?.reason == "read journal: expected entries, got none. Change the disk.")
    }

    @Test func `there is nothing else, and nothing is written`() async throws {
        let unknown = try await routes("/screen")
        let posted = try await routes("/status", method: .post)

        #expect(unknown.status == .notFound)
        #expect(posted.status == .methodNotAllowed)
        #expect(posted.headers[.allow] == "GET")
    }

    @Test func `owner and group may ask, others may not, and the file goes with the daemon`()
        async throws
    {
        let mode = try await served { path in
            var status = stat()
            try #require(stat(path, &status) == 0)
            return status.st_mode & 0o777
        }

        #expect(mode == 0o660)
        #expect(access(path, F_OK) != 0)
    }

    @Test func `a stale socket file is replaced`() async throws {
        leaveStaleSocket()

        let answer = try await served { try await Wire(path: $0).get("/status") }

        #expect(answer.status == "HTTP/1.1 200")
    }

    @Test func `a second daemon is refused and the first goes on`() async throws {
        let (fault, answer) = try await served { path in
            let second = ControlServer(desk: ScriptedDesk(), path: path, log: quiet)
            let fault = await #expect(throws: Fault.self) { try await second.run() }
            return (fault, try await Wire(path: path).get("/status"))
        }

        #expect(fault?.got == "another kioskd answers there")
        #expect(answer.status == "HTTP/1.1 200")
    }

    @Test func `a file that is not a socket is left alone`() async throws {
        try Data("mine".utf8).write(to: URL(filePath: path))
        defer { unlink(path) }
        let server = ControlServer(desk: ScriptedDesk(), path: path, log: quiet)

        await #expect(throws: Fault.self) { try await server.run() }

        #expect(FileManager.default.contents(atPath: path) == Data("mine".utf8))
    }

    @Test func `a path that no socket can have is a fault`() async throws {
        let long = "/tmp/" + String(repeating: "x", count: 120)

        await #expect(throws: Fault.self) {
            try await ControlServer(desk: ScriptedDesk(), path: long, log: quiet).run()
        }
    }

    /// What a killed daemon leaves: a bound file that nobody listens on.
    private func leaveStaleSocket() {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { Glibc.close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let bound = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
        }
        #expect(bound == 0)
    }
}
