internal import Foundation
package import Hummingbird
public import KioskModel
public import KioskRuntime
public import Logging
internal import NIOCore

/// The customer's screen over HTTP: the page, its event stream, and the inputs it sends. Loopback only.
public struct ScreenServer: Sendable {
    /// Pages that watch at once: the screen itself, a technician beside it, a test. More are told to come later.
    package static let watchersMax = 8
    /// Connections at once; further ones wait unaccepted.
    static let connectionsMax = 64
    /// How long a connection may be silent outside an answer.
    static let idleMax = TimeAmount.seconds(60)

    let panel: any CustomerPanel
    let listen: (host: String, port: Int)
    let log: Logger
    let site: String
    let hotline: String
    /// Between two signs of life on a stream: a reader that hears nothing for longer knows that kioskd is gone.
    package var heartbeat: Duration = .seconds(15)

    /// - Parameters:
    ///   - listen: a name of this machine (127.0.0.1, localhost, ::1) and a port; 0 takes a free one.
    ///   - site: where the kiosk stands, in the page's header; may be empty.
    ///   - hotline: whom the customer may call, in the page's footer; may be empty.
    public init(
        panel: any CustomerPanel, listen: (host: String, port: Int), log: Logger,
        site: String = "", hotline: String = ""
    ) {
        (self.panel, self.listen, self.log) = (panel, listen, log)
        (self.site, self.hotline) = (site, hotline)
    }

    /// Serves until the task is cancelled; then answers what has been asked and ends.
    ///
    /// - Throws: `Fault` when the address cannot be served; the daemon ends with its text.
    public func run() async throws(Fault) { try await run { _ in } }

    /// - Parameter onRunning: told the port once connections are accepted.
    package func run(onRunning: @escaping @Sendable (Int) async -> Void) async throws(Fault) {
        let name = listen.host.contains(":") ? "[\(listen.host)]" : listen.host
        guard Loopback.names.contains(name) else {
            throw fault(got: "\(listen.host) is a name of the network")
        }
        do {
            try await application(onRunning: onRunning).run()
        } catch {
            if Task.isCancelled { return }
            throw fault(got: "\(error)")
        }
    }

    private func fault(got: String) -> Fault {
        Fault(
            .software, .configuration,
            operation: "serve the screen on \(listen.host):\(listen.port)",
            expected: "a free port of 127.0.0.1, localhost or ::1", got: "got \(got)",
            remedy: "Correct screen.listen, or stop the program that has the port.")
    }

    package func application(
        onRunning: @escaping @Sendable (Int) async -> Void = { _ in }
    ) -> Application<RouteTable> {
        Application(
            responder: routes,
            server: .http1(configuration: .init(idleTimeout: ScreenServer.idleMax)),
            configuration: .init(
                address: .hostname(listen.host, port: listen.port),
                availableConnectionsDelegate: .maximum(ScreenServer.connectionsMax, logger: log)),
            onServerRunning: { await onRunning($0.localAddress?.port ?? 0) },
            logger: log.quiet)
    }

    private var routes: RouteTable {
        let seats = Seats(most: ScreenServer.watchersMax)
        let stream = ScreenStream(panel: panel, heartbeat: heartbeat)
        let panel = panel
        return RouteTable(
            routes: [
                "/": [
                    .get: PageFiles.serve(
                        "screen.html", fill: ["site": site, "hotline": hotline])
                ],
                "/screen.css": [.get: PageFiles.serve("screen.css")],
                "/screen.js": [.get: PageFiles.serve("screen.js")],
                "/texts/zh-Hans.json": [.get: PageFiles.serve("texts/zh-Hans.json")],
                "/texts/en.json": [.get: PageFiles.serve("texts/en.json")],
                "/screen": [
                    .get: { try ScreenServer.watch(stream, seats, $0) },
                    .post: { try await ScreenServer.submit($0, to: panel) },
                ],
            ], admit: Loopback.admit)
    }

    private static func watch(
        _ stream: ScreenStream, _ seats: Seats, _ request: Request
    ) throws -> Response {
        guard let seat = seats.seat() else {
            throw Refusal(
                status: .serviceUnavailable, code: "unavailable",
                reason: "watch screen: expected at most \(seats.most) watchers at once")
        }
        return Response(
            status: .ok, headers: [.contentType: "text/event-stream"],
            body: ResponseBody { writer in
                defer { withExtendedLifetime(seat) {} }
                try await request.body.consumeWithCancellationOnInboundClose { _ in
                    try await stream.write(to: &writer)
                }
                try await writer.finish(nil)
            })
    }

    private static func submit(
        _ request: Request, to panel: any CustomerPanel
    ) async throws -> Response {
        let message = try InputMessage.read(try await body(of: request))
        switch await panel.submit(message.input, on: message.screen) {
        case .accepted:
            return Response(status: .noContent)
        case .gone(let shown):
            throw Refusal(
                status: .conflict, code: "gone",
                reason: "submit input: that screen is no longer shown", shown: shown)
        case .unknownInput(let reason):
            throw Refusal(status: .unprocessableContent, code: "unknownInput", reason: reason)
        case .unavailable(let reason):
            throw Refusal(status: .serviceUnavailable, code: "unavailable", reason: reason)
        }
    }

    private static func body(of request: Request) async throws -> Data {
        do {
            let body = try await request.body.collect(upTo: InputMessage.bytesMax)
            return Data(body.readableBytesView)
        } catch is NIOTooManyBytesError {
            throw Refusal(
                status: .contentTooLarge, code: "tooLarge",
                reason: "read input: expected at most \(InputMessage.bytesMax) bytes, got more")
        }
    }
}
