internal import Foundation
internal import Hummingbird
internal import KioskModel
internal import NIOCore
internal import Office
internal import OfficeProtocol
internal import ServiceLifecycle

/// `POST …/batches`, `POST …/questions`, `GET …/commands` under /v1/kiosks/{id}.
struct GatewayRoutes: Sendable {
    /// How long a body may take to arrive: a full batch at 64 kbit/s.
    static let bodyLimit: Duration = .seconds(45)
    /// `Retry-After` of a busy office that names no moment, seconds.
    static let busySeconds = 5
    /// `Retry-After` of a poll that finds no room: commands can wait, entries cannot.
    static let pollSeconds = 60

    let office: Office
    private let admission = Admission()

    init(office: Office) { self.office = office }

    func respond(to request: Request, context: GatewayContext) async -> Response {
        do {
            return try await answer(request, context)
        } catch let refusal as Refusal {
            return refusal.response
        } catch let fault as HTTPFault {
            return fault.response
        } catch is CancellationError {
            return Refusal(.busy, "The office is stopping. Come again later.").response
        } catch {
            return Refusal(.malformed, "expected a whole request, got \(error)").response
        }
    }

    private func answer(_ request: Request, _ context: GatewayContext) async throws -> Response {
        guard let kiosk = await context.kiosk() else {
            throw Refusal(
                .forbidden, "expected a certificate with one urn:kiosk:ID, got none. Renew it.")
        }
        let path = request.uri.path.split(separator: "/", omittingEmptySubsequences: false)
        guard path.count == 5, path.starts(with: ["", "v1", "kiosks"]) else { throw HTTPFault.none }
        guard path[3] == kiosk.rawValue else {
            throw Refusal(
                .forbidden,
                "expected the path of \(kiosk), whose certificate this is, got another's. Correct kiosk.id."
            )
        }
        switch (path[4], request.method) {
        case ("batches", .post):
            return try await admitted(kiosk, .work) { try await takeBatch(request, kiosk) }
        case ("questions", .post):
            return try await admitted(kiosk, .work) { try await takeQuestion(request, kiosk) }
        case ("commands", .get):
            return try await admitted(kiosk, .poll) { try await giveCommands(request, kiosk) }
        case ("batches", _), ("questions", _): throw HTTPFault.only(.post)
        case ("commands", _): throw HTTPFault.only(.get)
        default: throw HTTPFault.none
        }
    }

    private func admitted(
        _ kiosk: KioskID, _ kind: Admission.Kind, _ work: () async throws -> Response
    ) async throws -> Response {
        guard let response = try await admission.admit(kiosk, kind, work) else {
            let wait: Duration =
                kind == .work ? office.nextTurn() : .seconds(GatewayRoutes.pollSeconds)
            throw Refusal(
                .busy, "The office is at its limit of requests. Come again later.",
                retryAfterMs: Int(wait / .milliseconds(1)))
        }
        return response
    }

    private func takeBatch(_ request: Request, _ kiosk: KioskID) async throws -> Response {
        guard let key = request.headers.only("idempotency-key") else {
            throw Refusal(.malformed, "expected one header Idempotency-Key, got none or several")
        }
        // Events are text in JSON in JSON: each quote of a body takes two bytes on the wire.
        let batch: Batch = try await read(request, upTo: 2 * Limits.batchBytes)
        try batch.validate()
        guard key == batch.idempotencyKey else {
            throw Refusal(
                .mismatch,
                "expected Idempotency-Key \(batch.idempotencyKey), which the body gives, got another"
            )
        }
        return .json(try await office.take(batch, from: kiosk))
    }

    private func takeQuestion(_ request: Request, _ kiosk: KioskID) async throws -> Response {
        let question: Question = try await read(request, upTo: Limits.questionBytes)
        return .json(await office.answer(question, from: kiosk))
    }

    private func giveCommands(_ request: Request, _ kiosk: KioskID) async throws -> Response {
        let query = request.uri.queryParameters
        guard let epoch = query["epoch"].flatMap({ Epoch(hex: String($0)) }),
            let after = query["after"].flatMap({ Int64($0) }), after >= 0
        else {
            throw Refusal(
                .malformed, "expected ?epoch=<16 hex digits>&after=<number>, got something else")
        }
        let office = self.office
        // Nobody waits at a door that closes, and nobody for a kiosk that has hung up.
        let commands = try await request.body.consumeWithCancellationOnInboundClose { _ in
            try await cancelWhenGracefulShutdown {
                try await office.commands(
                    for: kiosk, epoch: epoch, after: after, within: Limits.longPoll)
            }
        }
        return .json(Commands(commands: commands))
    }

    private func read<Message: Decodable & Sendable>(_ request: Request, upTo limit: Int)
        async throws -> Message
    {
        let body = request.body
        let declared = request.headers[.contentLength].flatMap { Int($0) } ?? 0
        do {
            guard declared <= limit else { throw NIOTooManyBytesError(maxBytes: limit) }
            let bytes = try await within(GatewayRoutes.bodyLimit) {
                try await body.collect(upTo: limit)
            }
            return try JSONDecoder().decode(Message.self, from: Data(bytes.readableBytesView))
        } catch is NIOTooManyBytesError {
            throw Refusal(.tooLarge, "expected at most \(limit) bytes, got more. Send less.")
        } catch is DecodingError {
            // The error's own text may quote what was sent.
            throw Refusal(
                .malformed, "expected the JSON of a \(Message.self), got something else")
        } catch is DeadlinePassed {
            throw HTTPFault.slow
        }
    }
}
