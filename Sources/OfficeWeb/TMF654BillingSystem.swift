internal import AsyncHTTPClient
internal import Foundation
public import KioskModel
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL
public import Office

/// The operator's billing system behind the TM Forum prepay balance API. Call `shutdown()` at the end.
///
/// Whatever it does not clearly say is `.unknown`: the office then asks, and never posts blindly again.
/// Source: TMF654 Prepay Balance Management API v4.0.0, resources topupBalance and bucket.
public final class TMF654BillingSystem: BillingSystem {
    /// The largest answer taken.
    static let answerBytes = 64 * 1024
    static let basePath = "/tmf-api/prepayBalanceManagement/v4"

    private let client: HTTPClient
    private let root: String
    private let limit: Duration

    /// - Parameters:
    ///   - url: "http://127.0.0.1:8490" or https, without a path.
    ///   - limit: for one exchange, from the connection to the last byte.
    /// - Throws: a `Fault` of the configuration.
    public init(url: String, limit: Duration = .seconds(10)) throws(Fault) {
        guard let parts = URLComponents(string: url), ["http", "https"].contains(parts.scheme),
            let scheme = parts.scheme, let host = parts.host, !host.isEmpty,
            ["", "/"].contains(parts.path), parts.query == nil, parts.user == nil,
            parts.fragment == nil
        else {
            throw Fault(
                .software, .configuration, operation: "reach the billing system",
                expected: "a URL such as https://bss.example:443", got: "got `\(url)`",
                remedy: "Correct billing.url in the configuration.")
        }
        var settings = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: .seconds(5)))
        settings.httpVersion = .http1Only
        settings.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
        root = "\(scheme)://\(host)" + (parts.port.map { ":\($0)" } ?? "") + Self.basePath
        self.limit = limit
    }

    /// Ends the connections; calls under way end as unknown.
    public func shutdown() async {
        // The only error is a second call, which has nothing left to do.
        try? await client.shutdown()
    }

    public func topUp(_ order: OrderID, phone: PhoneNumber, amount: Money)
        async throws(BillingFault) -> PostingAnswer
    {
        precondition(amount > .zero, "\(order): a top-up of \(amount)")
        var request = HTTPClientRequest(url: root + "/topupBalance")
        request.method = .POST
        request.headers = [
            "Content-Type": "application/json;charset=utf-8", "Idempotency-Key": order.text,
        ]
        let number = JSONText.quoted(phone.clear)
        let body = """
            {"amount":{"amount":\(amount.yuanText),"units":"\(Money.currency)"},\
            "usageType":"monetary","bucket":{"id":\(number)},"partyAccount":{"id":\(number)},\
            "logicalResource":[{"id":\(number),"value":\(number)}],\
            "payment":[{"id":\(JSONText.quoted(order.text))}],"@type":"TopupBalance"}
            """
        request.body = .bytes(Array(body.utf8))
        let reply = try await exchange(request, "post \(order)")
        if reply.status == 201, let topUp = TopUp(reply.json), topUp.belongs(to: order),
            topUp.amount.map({ $0 == amount }) ?? true
        {
            return topUp.answer
        }
        if let refusal = reply.refusal { return .refused(reason: refusal) }
        throw reply.unclear
    }

    public func posting(of order: OrderID) async throws(BillingFault) -> PostingAnswer? {
        let request = HTTPClientRequest(url: root + "/topupBalance?payment.id=\(order.text)")
        let reply = try await exchange(request, "ask about \(order)")
        guard reply.isFound, let items = reply.json?.items else { throw reply.unclear }
        guard let item = items.first else { return nil }
        // Two, or another order's, means that the filter was not understood: then nothing here is ours to believe.
        guard items.count == 1, let topUp = TopUp(item), topUp.names(order) else {
            throw .unknown(
                "ask about \(order): expected its own top-up or none, got \(items.count) that do not name it"
            )
        }
        return topUp.answer
    }

    public func account(of phone: PhoneNumber) async throws(BillingFault) -> AccountAnswer {
        let request = HTTPClientRequest(url: root + "/bucket?logicalResource.id=\(phone.clear)")
        let reply = try await exchange(request, "ask for an account")
        guard reply.isFound, let items = reply.json?.items else { throw reply.unclear }
        guard let bucket = items.first else { return .notFound }
        guard let remaining = bucket["remainingValue"],
            remaining["units"]?.text == Money.currency, let balance = remaining["amount"]?.yuan,
            let name = bucket["partyAccount"]?["name"]?.text ?? bucket["name"]?.text
        else { throw reply.unclear }
        return .found(name: name.clipped(to: BillingReply.textMax), balance: balance)
    }

    /// One exchange, whole, inside the limit. The URL holds a phone number: it goes into no message.
    private func exchange(_ request: HTTPClientRequest, _ operation: String)
        async throws(BillingFault) -> BillingReply
    {
        let client = self.client
        do {
            return try await within(limit) {
                let response = try await client.execute(request, deadline: .distantFuture)
                let body = try await response.body.collect(upTo: TMF654BillingSystem.answerBytes)
                return BillingReply(
                    operation: operation, status: response.status.code,
                    json: JSONText(body.readableBytesView))
            }
        } catch {
            throw BillingFault(operation, error)
        }
    }
}
