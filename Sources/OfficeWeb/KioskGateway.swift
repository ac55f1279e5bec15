internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdTLS
public import KioskModel
public import Logging
internal import NIOCore
internal import NIOSSL
public import Office
public import ServiceLifecycle

/// The door for kiosks: HTTPS with mutual TLS 1.3 and nothing else.
///
/// A kiosk is who its certificate says, on every route. A stop ends waiting polls and lets running requests finish.
public struct KioskGateway: Service {
    /// A connection that says nothing for so long is closed: longer than a poll and than a kiosk keeps one.
    static let idleLimit: Duration = .seconds(75)

    private let routes: GatewayRoutes
    private let listen: ListenAddress
    private let tls: TLSConfiguration
    private let logger: Logger
    private let onRunning: @Sendable (Int) async -> Void

    /// Reads the PEM files; listens only in `run()`.
    ///
    /// - Parameters:
    ///   - trust: the authority that issues the kiosks' certificates.
    ///   - onRunning: told the port once, when kiosks can connect.
    /// - Throws: a `Fault` of the configuration.
    public init(
        office: Office, listen: ListenAddress, certificate: String, key: String, trust: String,
        logger: Logger, onRunning: @escaping @Sendable (Int) async -> Void = { _ in }
    ) throws(Fault) {
        routes = GatewayRoutes(office: office)
        tls = try KioskGateway.tls(certificate: certificate, key: key, trust: trust)
        (self.listen, self.logger, self.onRunning) = (listen, logger, onRunning)
    }

    public func run() async throws {
        let routes = self.routes
        let onRunning = self.onRunning
        let application = Application(
            responder: CallbackResponder { (request: Request, context: GatewayContext) in
                await routes.respond(to: request, context: context)
            },
            server: try .tls(
                .http1(
                    configuration: .init(
                        idleTimeout: TimeAmount(KioskGateway.idleLimit),
                        httpDecoderConfiguration: HeaderLimits.decoder)),
                tlsConfiguration: tls),
            configuration: .init(
                address: .hostname(listen.host, port: listen.port),
                availableConnectionsDelegate: MaximumAvailableConnections(
                    Admission.connectionsMax)),
            onServerRunning: { await onRunning($0.localAddress?.port ?? 0) }, logger: logger)
        try await listening(on: listen) { try await application.run() }
    }

    private static func tls(certificate: String, key: String, trust: String) throws(Fault)
        -> TLSConfiguration
    {
        do {
            var tls = TLSConfiguration.makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMFile(certificate)
                    .map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem)))
            tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(trust))
            tls.minimumTLSVersion = .tlsv13
            // Asks for a certificate, requires one, checks its chain and its dates; kiosks have no host names.
            tls.certificateVerification = .noHostnameVerification
            // Nobody need wait for the other's goodbye. Source: RFC 8446 6.1.
            tls.shutdownTimeout = .milliseconds(500)
            _ = try NIOSSLContext(configuration: tls)
            return tls
        } catch {
            throw Fault(
                .software, .configuration, operation: "load the office's certificate",
                expected: "PEM files \(certificate), \(key) that belong together, and \(trust)",
                got: "got \(error)", remedy: "Correct office.certificate, key and trust.")
        }
    }
}

/// Turns a port that cannot be had into a sentence.
func listening(on address: ListenAddress, _ run: () async throws -> Void) async throws {
    do {
        try await run()
    } catch let error as IOError {
        throw Fault(
            .software, .configuration, operation: "listen on \(address.host):\(address.port)",
            expected: "a free port", got: "got \(error)",
            remedy: "Stop the other program or configure another port.")
    }
}

/// What the two servers take of request heads: ours are a few hundred bytes.
enum HeaderLimits {
    static let decoder = HTTP1Channel.Configuration.DecoderConfiguration(
        maxHeaderFieldSize: 8 * 1024, maxHeaderListSize: 16 * 1024, maxHeaderFieldCount: 64)
}

extension TimeAmount {
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self = .nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
