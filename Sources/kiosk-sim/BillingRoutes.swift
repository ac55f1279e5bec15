internal import Glibc
internal import Hummingbird
internal import KioskModel
internal import Machine
internal import NIOCore
internal import VirtualWorld

/// The billing system over HTTP. Source: TMF654 Prepay Balance Management API v4.0.0, topupBalance and bucket.
struct BillingRoutes: Sendable {
    /// A request that knows its connection: to be able to cut it.
    struct Context: RequestContext {
        var coreContext: CoreRequestContextStorage
        let channel: any Channel

        init(source: ApplicationRequestContextSource) {
            coreContext = .init(source: source)
            channel = source.channel
        }
    }

    private static let base = "/tmf-api/prepayBalanceManagement/v4"
    private static let bodyMax = 16 * 1024

    let book: BillingBook

    var router: Router<Context> {
        let router = Router(context: Context.self)
        router.post("\(Self.base)/topupBalance") { request, context in
            try await topUp(request, context)
        }
        router.get("\(Self.base)/topupBalance") { request, _ in try await topUps(request) }
        router.get("\(Self.base)/bucket") { request, _ in try await buckets(request) }
        router.get("/control/ledger") { _, _ in Self.answer(.ok, book.ledger) }
        return router
    }

    private func topUp(_ request: Request, _ context: Context) async throws -> Response {
        try await slowDown()
        let body = try await request.body.collect(upTo: Self.bodyMax)
        let order: TopUpRequest
        do {
            order = try TopUpRequest(Array(body.readableBytesView))
        } catch {
            return Self.refuse(.badRequest, "malformed", error.description)
        }
        if let key = request.headers[.init("Idempotency-Key") ?? .accept], key != order.id {
            return Self.refuse(.badRequest, "malformed", "Idempotency-Key and payment.id differ")
        }
        let outcome: VirtualBilling.Outcome
        do {
            outcome = try book.post(order: order.id, number: order.number, amount: order.amount)
        } catch {
            // What is on the disk is not known any more: only a new start can tell.
            Terminal.remark("bss: \(error)")
            exit(74)
        }
        switch outcome {
        case .answered(let answer): return Self.response(to: answer)
        case .notReached, .cut:
            try? await context.channel.close()
            throw Trouble("bss: the connection is cut")
        }
    }

    private static func response(to answer: VirtualBilling.Answer) -> Response {
        switch answer {
        case .completed(let posting): Self.answer(.created, resource(posting))
        case .refused(let reason): refuse(.unprocessableContent, "refused", reason)
        case .unknownNumber: refuse(.notFound, "notFound", "no account with this number")
        case .conflict:
            refuse(.conflict, "conflict", "this payment is booked with another number or amount")
        }
    }

    private func topUps(_ request: Request) async throws -> Response {
        try await slowDown()
        guard let order = request.uri.queryParameters["payment.id"] else {
            return Self.refuse(.badRequest, "malformed", "expected payment.id")
        }
        let posting = book.billing.posting(of: String(order))
        return Self.list(posting.map { [Self.resource($0)] } ?? [])
    }

    private func buckets(_ request: Request) async throws -> Response {
        try await slowDown()
        guard let digits = request.uri.queryParameters["logicalResource.id"] else {
            return Self.refuse(.badRequest, "malformed", "expected logicalResource.id")
        }
        guard let number = try? PhoneGrammar.mainlandMobile.read(String(digits)),
            let account = book.billing.account(of: number)
        else { return Self.list([]) }
        return Self.list([
            .object([
                ("id", .string(number.clear)), ("name", .string(account.maskedName)),
                ("remainingValue", Self.amount(account.balance)),
                (
                    "partyAccount",
                    .object([
                        ("id", .string(number.clear)), ("name", .string(account.maskedName)),
                    ])
                ),
                ("usageType", .string("monetary")), ("@type", .string("Bucket")),
            ])
        ])
    }

    private func slowDown() async throws {
        if book.mode == .slow { try await MachineTime().sleep(for: VirtualBilling.slowness) }
    }

    private static func resource(_ posting: VirtualBilling.Posting) -> JSONValue {
        let number = JSONValue.string(posting.number.clear)
        return .object([
            ("id", .string(posting.reference)),
            ("href", .string("\(base)/topupBalance/\(posting.reference)")),
            ("status", .string("completed")), ("amount", amount(posting.amount)),
            ("usageType", .string("monetary")), ("bucket", .object([("id", number)])),
            ("partyAccount", .object([("id", number)])),
            ("logicalResource", .array([.object([("id", number), ("value", number)])])),
            ("payment", .array([.object([("id", .string(posting.order))])])),
            ("@type", .string("TopupBalance")),
        ])
    }

    private static func amount(_ money: Money) -> JSONValue {
        .object([("amount", .number(money.yuanText)), ("units", .string(Money.currency))])
    }

    private static func list(_ items: [JSONValue]) -> Response {
        var response = answer(.ok, .array(items))
        for name in ["X-Total-Count", "X-Result-Count"] {
            guard let field = HTTPFields.Element.Name(name) else { continue }
            response.headers[field] = String(items.count)
        }
        return response
    }

    private static func refuse(_ status: HTTPResponse.Status, _ code: String, _ reason: String)
        -> Response
    {
        answer(status, .object([("code", .string(code)), ("reason", .string(reason))]))
    }

    private static func answer(_ status: HTTPResponse.Status, _ json: JSONValue) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json;charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(string: json.text)))
    }
}
