internal import Foundation
internal import Hummingbird
internal import KioskModel
internal import NIOCore
internal import Office
internal import ServiceLifecycle
internal import WebAssets

/// `/desk` and what the page and `kiosk-office` fetch below it.
struct DeskRoutes: Sendable {
    static let ordersMax = 200
    static let bodyBytes = 1024
    static let clerkMax = 64

    let office: Office
    let timekeeper: any Timekeeper
    private let feeds = DeskFeeds()

    init(office: Office, timekeeper: any Timekeeper) {
        (self.office, self.timekeeper) = (office, timekeeper)
    }

    /// No script but our own files, no framing, nothing kept. Source: CSP Level 3; Fetch, CORP; HTML, COOP.
    static let securityHeaders: HTTPFields = [
        .contentSecurityPolicy:
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
            + "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        .xContentTypeOptions: "nosniff",
        .crossOriginResourcePolicy: "same-origin",
        .cacheControl: "no-store",
    ]

    func respond(to request: Request, port: Int) async -> Response {
        if let fault = DeskGuard.fault(of: request, port: port) { return fault.response }
        do {
            return try await answer(request)
        } catch let fault as DeskFault {
            return fault.response
        } catch {
            return DeskFault(.badRequest, "malformed", "expected a whole request, got \(error)")
                .response
        }
    }

    private func answer(_ request: Request) async throws -> Response {
        let path = request.uri.path
        if request.method == .get {
            if let page = page(path) { return page }
            if path == "/desk/events" { return try feeds.response(office: office) }
            if let response = try await read(path, request) { return response }
        }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count == 6, path.hasPrefix("/desk/api/orders/"), parts[5] == "refund" {
            guard request.method == .post else { throw DeskFault.only(.post) }
            return try await refund(String(parts[4]), request)
        }
        guard request.method == .get || !isKnown(path) else { throw DeskFault.only(.get) }
        throw DeskFault(.notFound, "notFound", "expected a page of the desk, got another path")
    }

    private static let readable = [
        "overview", "kiosks", "alarms", "orders", "ledger", "cases", "accounts",
    ].map { "/desk/api/\($0)" }

    private func isKnown(_ path: String) -> Bool {
        page(path) != nil || path == "/desk/events" || Self.readable.contains(path)
    }

    private func page(_ path: String) -> Response? {
        switch path {
        case "/":
            Response(status: .found, headers: [.location: "/desk"])
        case "/desk": asset("desk.html")
        case "/desk/desk.css": asset("desk.css")
        case "/desk/desk.js": asset("desk.js")
        case "/desk/texts/zh-Hans.json": asset("texts/desk.zh-Hans.json")
        case "/desk/texts/en.json": asset("texts/desk.en.json")
        default: nil
        }
    }

    private func asset(_ name: String) -> Response? {
        guard let asset = webAssetNamed(name) else { return nil }
        let bytes = UnsafeRawBufferPointer(
            start: asset.pointee.bytes, count: Int(asset.pointee.length))
        return Response(
            status: .ok, headers: [.contentType: String(cString: asset.pointee.mediaType)],
            body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    private func read(_ path: String, _ request: Request) async throws -> Response? {
        switch path {
        case "/desk/api/overview": .json(await overview(try state(of: request)))
        case "/desk/api/kiosks": .json(await office.kiosks())
        case "/desk/api/alarms": .json(await office.alarms())
        case "/desk/api/orders":
            .json(await office.orders(state: try state(of: request), limit: Self.ordersMax))
        case "/desk/api/ledger": .json(await office.ledger())
        case "/desk/api/cases": .json(await office.cases())
        case "/desk/api/accounts": .json(DeskAccounts(await office.ledger()))
        default: nil
        }
    }

    private func overview(_ state: OrderState?) async -> DeskOverview {
        DeskOverview(
            at: timekeeper.now.wall.milliseconds, kiosks: await office.kiosks(),
            alarms: await office.alarms(), counts: await office.orderCounts(),
            orders: await office.orders(state: state, limit: Self.ordersMax),
            ledger: await office.ledger(), cases: await office.cases())
    }

    private func state(of request: Request) throws -> OrderState? {
        guard let text = request.uri.queryParameters["state"].map(String.init) else { return nil }
        guard let state = OrderState(rawValue: text) else {
            let allowed = OrderState.allCases.map(\.rawValue).joined(separator: ", ")
            throw DeskFault(
                .badRequest, "malformed", "state: expected one of \(allowed), got another")
        }
        return state
    }

    private func refund(_ id: String, _ request: Request) async throws -> Response {
        guard let order = OrderID(text: id) else {
            throw DeskFault(.notFound, "notFound", "expected KIOSK-EPOCH-SESSION, got another id")
        }
        // A form of a foreign page cannot send this type without asking first.
        let type = request.headers[.contentType] ?? ""
        guard type.lowercased().hasPrefix("application/json") else {
            throw DeskFault(
                .unsupportedMediaType, "malformed", "expected application/json, got another type")
        }
        let body: Refund
        do {
            let bytes = try await request.body.collect(upTo: Self.bodyBytes)
            body = try JSONDecoder().decode(Refund.self, from: Data(bytes.readableBytesView))
        } catch is NIOTooManyBytesError {
            throw DeskFault(
                .contentTooLarge, "tooLarge", "expected at most \(Self.bodyBytes) bytes, got more")
        } catch is DecodingError {
            throw DeskFault(
                .badRequest, "malformed", #"expected {"clerk": "…"}, got something else"#)
        }
        let clerk = body.clerk.trimmingCharacters(in: .whitespaces)
        guard (1...Self.clerkMax).contains(clerk.count),
            clerk.unicodeScalars.allSatisfy({ !CharacterSet.controlCharacters.contains($0) })
        else {
            throw DeskFault(
                .badRequest, "malformed",
                "clerk: expected a name of 1 to \(Self.clerkMax) characters, got another")
        }
        do {
            try await office.refund(order, by: clerk)
        } catch .notPossible(let reason) {
            throw DeskFault(.conflict, "notPossible", reason)
        } catch {
            throw DeskFault(.internalServerError, "database", error.description)
        }
        return .json(Refunded(order: order.text, state: OrderState.refunded.rawValue))
    }

    private struct Refund: Decodable { let clerk: String }
    private struct Refunded: Encodable {
        let order: String
        let state: String
    }
}

/// Everything the page shows, of one moment.
struct DeskOverview: Encodable {
    /// The office's clock, milliseconds since 1970 UTC.
    let at: Int64
    let kiosks: [KioskRow]
    let alarms: [AlarmRow]
    let counts: [String: Int]
    let orders: [OrderRow]
    let ledger: OfficeLedgerReport
    let cases: [CaseRow]
}

struct DeskAccounts: Encodable {
    let currency: String
    let accounts: [String: Int64]

    init(_ report: OfficeLedgerReport) {
        (currency, accounts) = (report.currency, report.accounts)
    }
}
