import Foundation
import Hummingbird
import HummingbirdTesting
import KioskScreen
import Logging

let quiet: Logger = {
    var log = Logger(label: "test")
    log.logLevel = .critical
    return log
}()

/// The routes without a socket.
func routes<Value: Sendable>(
    of panel: ScriptedPanel,
    _ test: @Sendable (any TestClientProtocol) async throws -> Value
) async throws -> Value {
    let server = ScreenServer(panel: panel, listen: ("127.0.0.1", 0), log: quiet)
    return try await server.application().test(.router, test)
}

/// The whole server on a free port, stopped at the end as the daemon stops it.
func served<Value: Sendable>(
    _ panel: ScriptedPanel, heartbeat: Duration = .seconds(15),
    _ test: (Int) async throws -> Value
) async throws -> Value {
    var server = ScreenServer(panel: panel, listen: ("127.0.0.1", 0), log: quiet)
    server.heartbeat = heartbeat
    let serving = server
    let (ports, mouth) = AsyncStream.makeStream(of: Int.self)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            defer { mouth.finish() }
            try await serving.run { mouth.yield($0) }
        }
        guard let port = await ports.first(where: { _ in true }) else {
            try await group.waitForAll()
            throw Wire.Closed()
        }
        let value = try await test(port)
        group.cancelAll()
        try await group.waitForAll()
        return value
    }
}

/// What a refusal says.
struct Refused: Decodable, Equatable {
    var code: String
    var reason: String
    var shown: Int?
}

extension TestResponse {
    var refused: Refused? {
        try? JSONDecoder().decode(Refused.self, from: Data(body.readableBytesView))
    }
}

extension TestClientProtocol {
    func post(_ text: String, headers: HTTPFields = [:]) async throws -> TestResponse {
        try await execute(
            uri: "/screen", method: .post, headers: headers, body: ByteBuffer(string: text))
    }
}
