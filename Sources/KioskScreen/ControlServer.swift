internal import Foundation
package import Hummingbird
public import KioskModel
public import KioskRuntime
public import Logging
internal import NIOCore

/// The technician's API, HTTP on a Unix socket: reading only. Who may open the socket file may ask.
public struct ControlServer: Sendable {
    /// Connections at once; further ones wait unaccepted.
    static let connectionsMax = 16
    static let idleMax = TimeAmount.seconds(60)
    /// Entries in one answer.
    static let entriesMax = 1000
    static let entriesUsual = 100

    let desk: any ControlDesk
    let socket: ControlSocket
    let log: Logger

    public init(desk: any ControlDesk, path: String, log: Logger) {
        (self.desk, self.log, socket) = (desk, log, ControlSocket(path: path))
    }

    /// Serves until the task is cancelled; then answers what has been asked, removes the socket file and ends.
    ///
    /// - Throws: `Fault` when the socket cannot be made, or another daemon answers on it; the daemon ends with its text.
    public func run() async throws(Fault) { try await run {} }

    /// - Parameter onRunning: called once connections are accepted.
    package func run(onRunning: @escaping @Sendable () async -> Void) async throws(Fault) {
        try socket.clear()
        defer { socket.remove() }
        do {
            try await application(onRunning: onRunning).run()
        } catch {
            if Task.isCancelled { return }
            throw socket.fault(got: "got \(error)")
        }
    }

    package func application(
        onRunning: @escaping @Sendable () async -> Void = {}
    ) -> Application<RouteTable> {
        let (socket, log) = (socket, log)
        return Application(
            responder: routes,
            server: .http1(configuration: .init(idleTimeout: ControlServer.idleMax)),
            configuration: .init(
                address: .unixDomainSocket(path: socket.path),
                availableConnectionsDelegate: .maximum(ControlServer.connectionsMax, logger: log)),
            onServerRunning: { _ in
                if let fault = socket.open() { log.error("\(fault)") }
                await onRunning()
            },
            logger: log.quiet)
    }

    private var routes: RouteTable {
        let desk = desk
        return RouteTable(
            routes: [
                "/status": [.get: { _ in .json(await desk.status()) }],
                "/devices": [.get: { _ in .json(await desk.devices()) }],
                "/alarms": [.get: { _ in .json(await desk.alarms()) }],
                "/ledger": [.get: { _ in .json(await desk.ledger()) }],
                "/outbox": [.get: { _ in .json(await desk.outbox()) }],
                "/receipts": [.get: { _ in .json(await desk.receipts()) }],
                "/journal": [.get: { try await ControlServer.journal($0, of: desk) }],
                "/journal/verify": [.get: { _ in .json(await desk.verifyJournal()) }],
            ], admit: { _ in })
    }

    private static func journal(
        _ request: Request, of desk: any ControlDesk
    ) async throws -> Response {
        var (position, limit) = (Int64(0), entriesUsual)
        for (name, value) in request.uri.queryParameters {
            switch name {
            case "after":
                guard let number = Int64(value), number >= 0 else {
                    throw malformed("after", "a position from 0")
                }
                position = number
            case "limit":
                guard let number = Int(value), (1...entriesMax).contains(number) else {
                    throw malformed("limit", "1 to \(entriesMax)")
                }
                limit = number
            default:
                throw malformed("the query", "after and limit only")
            }
        }
        do {
            return .json(try await desk.journal(after: position, limit: limit))
        } catch {
            throw Refusal(status: .serviceUnavailable, code: "unavailable", reason: "\(error)")
        }
    }

    private static func malformed(_ what: String, _ expected: String) -> Refusal {
        Refusal(
            status: .badRequest, code: "malformed",
            reason: "read journal: expected \(what) to be \(expected), got something else")
    }
}
