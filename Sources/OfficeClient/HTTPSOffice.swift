internal import AsyncHTTPClient
internal import Foundation
public import KioskModel
internal import NIOCore
internal import NIOHTTP1
public import OfficeProtocol

/// The office behind HTTPS with mutual TLS 1.3. One per kiosk; call `shutdown()` at the end.
///
/// Every call has a deadline and every answer a largest size. Nothing is sent twice by itself: the caller decides.
public final class HTTPSOffice: OfficeConnection {
    /// The largest answer taken: a hundred commands are about 20 KiB.
    static let answerBytes = 256 * 1024

    private let client: HTTPClient
    private let root: String
    private let deadlines: Deadlines

    /// Reads the three PEM files; connects to nothing yet.
    ///
    /// - Parameters:
    ///   - url: "https://office.example:8443", without a path.
    ///   - certificate: the kiosk's chain, its SAN names urn:kiosk:ID.
    ///   - trust: the certificates that may have issued the office's; no others are trusted.
    /// - Throws: a `Fault` of the configuration; the program ends with its sentence.
    public init(
        url: String, kiosk: KioskID, certificate: String, key: String, trust: String,
        deadlines: Deadlines = Deadlines()
    ) throws(Fault) {
        let origin = try HTTPSOffice.origin(of: url)
        var settings = HTTPClient.Configuration(
            tlsConfiguration: try Credentials(certificate: certificate, key: key, trust: trust).tls,
            redirectConfiguration: .disallow,
            timeout: .init(connect: TimeAmount(deadlines.connect)))
        settings.httpVersion = .http1Only
        // The courier paces its own attempts; a refused certificate must not be tried for ten seconds in silence.
        settings.connectionPool.retryConnectionEstablishment = false
        // Shorter than the office's own idle limit, so that a kept connection is rarely found closed.
        settings.connectionPool.idleTimeout = .seconds(30)
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
        root = "\(origin)/v1/kiosks/\(kiosk.rawValue)"
        self.deadlines = deadlines
    }

    /// Ends the connections; calls under way fail as unreachable.
    public func shutdown() async {
        // The only error is a second call, which has nothing left to do.
        try? await client.shutdown()
    }

    public func send(_ batch: Batch) async throws(OfficeFault) -> BatchAnswer {
        let request = try post(
            "batches", batch, headers: [("Idempotency-Key", batch.idempotencyKey)])
        let answer = try await call(request, "send a batch", within: deadlines.batch)
        return try answer.decoded(as: BatchAnswer.self)
    }

    public func ask(_ question: Question) async throws(OfficeFault) -> Answer {
        let request = try post("questions", question, headers: [])
        let answer = try await call(request, "ask the office", within: deadlines.question)
        let decoded = try answer.decoded(as: Answer.self)
        switch (question, decoded) {
        case (.account, .account), (.claim, .claim): return decoded
        case (.account, .claim), (.claim, .account):
            throw .unreachable(
                "ask the office: expected an answer to the question, got one to another")
        }
    }

    public func commands(epoch: Epoch, after number: Int64) async throws(OfficeFault) -> [Command] {
        let request = HTTPClientRequest(
            url: "\(root)/commands?epoch=\(epoch.hex)&after=\(number)")
        let answer = try await call(request, "fetch commands", within: deadlines.commands)
        let commands = try answer.decoded(as: Commands.self).commands
        let numbers = [number] + commands.map(\.number)
        guard commands.count <= Limits.commandsPerAnswer,
            zip(numbers, numbers.dropFirst()).allSatisfy({ $0 < $1 })
        else {
            throw .unreachable(
                "fetch commands: expected at most \(Limits.commandsPerAnswer) rising from \(number), got others"
            )
        }
        return commands
    }

    private func post(_ path: String, _ body: some Encodable, headers: [(String, String)])
        throws(OfficeFault) -> HTTPClientRequest
    {
        var request = HTTPClientRequest(url: "\(root)/\(path)")
        request.method = .POST
        request.headers = HTTPHeaders([("Content-Type", "application/json")] + headers)
        do {
            request.body = .bytes(Array(try JSONEncoder().encode(body)))
        } catch {
            throw .unreachable("\(path): expected to write the request as JSON, got \(error)")
        }
        return request
    }

    /// One exchange, whole, inside its deadline.
    private func call(_ request: HTTPClientRequest, _ operation: String, within limit: Duration)
        async throws(OfficeFault) -> OfficeReply
    {
        let client = self.client
        do {
            let reply = try await withThrowingTaskGroup(of: OfficeReply.self) { group in
                group.addTask {
                    let response = try await client.execute(request, deadline: .distantFuture)
                    let body = try await response.body.collect(upTo: HTTPSOffice.answerBytes)
                    return OfficeReply(
                        operation: operation, status: response.status.code,
                        retryAfter: response.headers.first(name: "Retry-After"),
                        body: Data(body.readableBytesView))
                }
                // The client's own deadline ends with the head; an answer that trickles has to end as well.
                group.addTask {
                    try await ContinuousClock().sleep(for: limit)
                    throw DeadlinePassed(limit: limit)
                }
                defer { group.cancelAll() }
                guard let first = try await group.next() else { throw CancellationError() }
                return first
            }
            if let fault = reply.fault { throw fault }
            return reply
        } catch {
            throw OfficeFault(operation, error)
        }
    }

    private static func origin(of url: String) throws(Fault) -> String {
        guard let parts = URLComponents(string: url), parts.scheme == "https",
            let host = parts.host, !host.isEmpty, ["", "/"].contains(parts.path),
            parts.query == nil, parts.user == nil, parts.fragment == nil
        else {
            throw Fault(
                .software, .configuration, operation: "reach the office",
                expected: "a URL such as https://office.example:8443", got: "got `\(url)`",
                remedy: "Correct office.url in the configuration.")
        }
        return "https://\(host)" + (parts.port.map { ":\($0)" } ?? "")
    }
}

struct DeadlinePassed: Error {
    let limit: Duration
}

extension TimeAmount {
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self = .nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
