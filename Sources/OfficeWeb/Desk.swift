internal import Hummingbird
internal import HummingbirdCore
public import KioskModel
public import Logging
internal import NIOCore
public import Office
public import ServiceLifecycle

/// The page and the JSON for the people of the office: plain HTTP, reached from this machine only.
///
/// There are no log-ins yet, so it refuses to listen where others could reach it.
public struct Desk: Service {
    static let connectionsMax = 128
    static let idleLimit: Duration = .seconds(75)

    private let routes: DeskRoutes
    private let listen: ListenAddress
    private let logger: Logger
    private let onRunning: @Sendable (Int) async -> Void

    /// - Parameter onRunning: told the port once, when browsers can connect.
    /// - Throws: a `Fault` when `listen` is not a loopback address.
    public init(
        office: Office, listen: ListenAddress, timekeeper: any Timekeeper, logger: Logger,
        onRunning: @escaping @Sendable (Int) async -> Void = { _ in }
    ) throws(Fault) {
        guard listen.isLoopback else {
            throw Fault(
                .software, .configuration, operation: "open the desk",
                expected: "127.0.0.1 or localhost, for there are no log-ins yet",
                got: "got \(listen.host)",
                remedy: "Correct office.desk; reach it from elsewhere through an SSH tunnel.")
        }
        routes = DeskRoutes(office: office, timekeeper: timekeeper)
        (self.listen, self.logger, self.onRunning) = (listen, logger, onRunning)
    }

    public func run() async throws {
        let routes = self.routes
        let onRunning = self.onRunning
        let application = Application(
            responder: CallbackResponder { (request: Request, context: DeskContext) in
                var response = await routes.respond(to: request, port: context.port)
                for field in DeskRoutes.securityHeaders {
                    response.headers[field.name] = field.value
                }
                return response
            },
            server: .http1(
                configuration: .init(
                    idleTimeout: TimeAmount(Desk.idleLimit),
                    httpDecoderConfiguration: HeaderLimits.decoder)),
            configuration: .init(
                address: .hostname(listen.host, port: listen.port),
                availableConnectionsDelegate: MaximumAvailableConnections(Desk.connectionsMax)),
            onServerRunning: { await onRunning($0.localAddress?.port ?? 0) }, logger: logger)
        try await listening(on: listen) { try await application.run() }
    }
}

/// A request and the port it came in by, which a right Host names.
struct DeskContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let port: Int

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        port = source.channel.localAddress?.port ?? 0
    }
}
