import Foundation
import KioskModel
import Office
import OfficeWeb
import Testing

/// The billing client against a real HTTP server that answers, refuses, loses and garbles.
@Suite struct TMF654BillingSystemTests {
    private let order: OrderID
    private let phone: PhoneNumber

    init() throws {
        let kiosk = try kioskID("K0001")
        order = OrderID(kiosk: kiosk, epoch: Epoch(bits: 1), session: SessionID(42))
        phone = try PhoneGrammar.mainlandMobile.read("13800138000")
    }

    private func with<Result: Sendable>(
        limit: Duration = .seconds(10),
        _ react: @escaping @Sendable (String) -> ScriptedServer.Reaction,
        _ body: (TMF654BillingSystem) async throws -> Result
    ) async throws -> Result {
        let server = try await ScriptedServer.start(react)
        let billing = try TMF654BillingSystem(
            url: "http://127.0.0.1:\(server.port)", limit: limit)
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(billing))
        } catch {
            result = .failure(error)
        }
        await billing.shutdown()
        try await server.stop()
        return try result.get()
    }

    private func topUp(
        fen: Int64 = 7000, limit: Duration = .seconds(10), _ reaction: ScriptedServer.Reaction
    ) async throws -> Result<PostingAnswer, BillingFault> {
        try await with(limit: limit, { _ in reaction }) { billing in
            do throws(BillingFault) {
                return .success(
                    try await billing.topUp(order, phone: phone, amount: Money(fen: fen)))
            } catch {
                return .failure(error)
            }
        }
    }

    private func isUnknown(_ result: Result<PostingAnswer, BillingFault>) -> Bool {
        if case .failure(.unknown) = result { return true }
        return false
    }

    // Posting

    @Test(arguments: [
        (7, "0.07"), (435, "4.35"), (7000, "70.00"), (9_999_999_999, "99999999.99"), (1, "0.01"),
    ])
    func `a top-up is written as the standard says, the amount exactly`(
        _ fen: Int64, _ text: String
    ) async throws {
        let expected = """
            {"amount":{"amount":\(text),"units":"CNY"},"usageType":"monetary",\
            "bucket":{"id":"13800138000"},"partyAccount":{"id":"13800138000"},\
            "logicalResource":[{"id":"13800138000","value":"13800138000"}],\
            "payment":[{"id":"K0001-0000000000000001-42"}],"@type":"TopupBalance"}
            """
        let answer = try await with({ request in
            let lines = request.components(separatedBy: "\r\n")
            let isRight =
                lines.first
                == "POST /tmf-api/prepayBalanceManagement/v4/topupBalance HTTP/1.1"
                && lines.contains("Idempotency-Key: K0001-0000000000000001-42")
                && lines.last == expected
            return isRight
                ? .answer(201, #"{"id":"B7","status":"completed"}"#)
                : .answer(400, #"{"code":"20","reason":"another request"}"#)
        }) { try await $0.topUp(order, phone: phone, amount: Money(fen: fen)) }

        #expect(answer == .completed(reference: "B7"))
    }

    @Test func `each status of the standard has its meaning`() async throws {
        let created = try await topUp(.answer(201, #"{"id":"B7","status":"created"}"#))
        let failed = try await topUp(
            .answer(201, #"{"id":"B7","status":"failed","reason":"number closed"}"#))
        let invented = try await topUp(.answer(201, #"{"id":"B7","status":"confirmed"}"#))

        #expect(created == .success(.inProgress))
        #expect(failed == .success(.refused(reason: "number closed")))
        #expect(isUnknown(invented))
    }

    @Test func `a clear no is a refusal, and its words show no number`() async throws {
        let result = try await topUp(
            .answer(422, #"{"code":"E409","reason":"号码 13800138000 已销户"}"#))

        #expect(result == .success(.refused(reason: "E409: 号码 138****8000 已销户")))
    }

    @Test(
        arguments: [
            .answer(500, #"{"code":"1","reason":"x"}"#), .answer(503, ""), .answer(404, "<html>"),
            .answer(401, #"{"code":"41","reason":"who are you"}"#),
            .answer(409, #"{"code":"9","reason":"in flight"}"#), .answer(200, "{}"),
            .answer(201, ""), .answer(201, "[]"), .answer(201, #"{"id":"B7"}"#),
            .answer(201, #"{"id":"B7","status":"completed","payment":[{"id":"K0002-1"}]}"#),
            .answer(201, #"{"id":"B7","status":"completed","amount":{"amount":7.00}}"#),
            .answer(201, #"{"id":"B7","status":"completed","amount":{"amount":70.001}}"#),
            .answer(302, ""), .cut,
            .send("HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n{\"id\":\"B7\","),
            .send("220 mail.example ESMTP\r\n"),
        ] as [ScriptedServer.Reaction])
    func `what is not clearly said is unknown, to be asked about`(
        _ reaction: ScriptedServer.Reaction
    ) async throws {
        let result = try await topUp(reaction)

        #expect(isUnknown(result), "\(result)")
    }

    @Test func `no answer in time is unknown`() async throws {
        let result = try await topUp(limit: .milliseconds(200), .silence)

        #expect(isUnknown(result))
    }

    @Test func `without a connection nothing was sent`() async throws {
        let port = try ClosedPort()
        let billing = try TMF654BillingSystem(url: "http://127.0.0.1:\(port.number)")

        let fault = await #expect(throws: BillingFault.self) {
            try await billing.topUp(order, phone: phone, amount: .yuan(70))
        }

        await billing.shutdown()
        guard case .notSent = fault else {
            Issue.record("\(String(describing: fault))")
            return
        }
    }

    // Asking

    @Test func `a posting is asked for by the order's own id`() async throws {
        let answers = try await with({ request in
            let path = "/tmf-api/prepayBalanceManagement/v4/topupBalance"
            guard request.hasPrefix("GET \(path)?payment.id=K0001-0000000000000001-42 ") else {
                return .answer(200, "[]")
            }
            return .answer(
                200,
                #"[{"id":"B7","status":"completed","payment":[{"id":"K0001-0000000000000001-42"}]}]"#
            )
        }) { billing in
            let other = OrderID(
                kiosk: try kioskID("K0001"), epoch: Epoch(bits: 1), session: SessionID(43))
            return [try await billing.posting(of: order), try await billing.posting(of: other)]
        }

        #expect(answers == [.completed(reference: "B7"), nil])
    }

    @Test(arguments: [
        #"[{"id":"B7","status":"completed","payment":[{"id":"K0001-0000000000000001-41"}]}]"#,
        #"[{"id":"B7","status":"completed"},{"id":"B8","status":"completed"}]"#,
        #"[{"id":"B7","status":"completed"}]"#, #"[{"id":"B7"}]"#,
        #"{"id":"B7","status":"completed"}"#, "none",
    ])
    func `a list that is not about the order says nothing`(_ body: String) async throws {
        await #expect(throws: BillingFault.self) {
            try await with({ _ in .answer(200, body) }) { try await $0.posting(of: order) }
        }
    }

    // Accounts

    @Test(arguments: [
        ("35.20", 3520), ("0.07", 7), ("-12.50", -1250), ("99999999.99", 9_999_999_999),
    ])
    func `an account is its masked name and exact balance, arrears negative`(
        _ text: String, _ fen: Int64
    ) async throws {
        let body = """
            [{"id":"1","name":"main","remainingValue":{"amount":\(text),"units":"CNY"},\
            "partyAccount":{"name":"张*明"}}]
            """
        let answer = try await with({ request in
            request.hasPrefix(
                "GET /tmf-api/prepayBalanceManagement/v4/bucket?logicalResource.id=13800138000 ")
                ? .answer(200, body) : .answer(404, "")
        }) { try await $0.account(of: phone) }

        #expect(answer == .found(name: "张*明", balance: Money(fen: fen)))
    }

    @Test func `an account nobody has is not found`() async throws {
        let answer = try await with({ _ in .answer(200, "[]") }) {
            try await $0.account(of: phone)
        }

        #expect(answer == .notFound)
    }

    @Test(arguments: [
        "1.005", "1e2", "\"12.50\"", "NaN", "1234567890123456.00", "12.", ".5", "007",
    ])
    func `an amount that is no exact number of fen is not believed`(_ text: String) async throws {
        let body = """
            [{"remainingValue":{"amount":\(text),"units":"CNY"},"partyAccount":{"name":"张*明"}}]
            """

        let fault = await #expect(throws: BillingFault.self) {
            try await with({ _ in .answer(200, body) }) { try await $0.account(of: phone) }
        }

        guard case .unknown(let words) = fault else {
            Issue.record("\(String(describing: fault))")
            return
        }
        #expect(!words.contains("13800138000"))
    }
}
