import AsyncHTTPClient
import Foundation
import KioskModel
import Logging
import Machine
import NIOCore
import NIOHTTP1
import Office
import OfficeClient
import OfficeProtocol
import OfficeWeb
import ServiceLifecycle
import Testing
import WebAssets

/// The page and the JSON of the desk, fetched from a real office over a real socket.
@Suite struct DeskTests {
    private static let refusal = ScriptedServer.Reaction.answer(
        422, #"{"code":"E409","reason":"13800138000 is closed"}"#)

    /// An office with one order of 50 yuan that the billing system refused.
    private static func withRefusedOrder<Result: Sendable>(
        _ body: @escaping @Sendable (RunningOffice, OrderID) async throws -> Result
    ) async throws -> Result {
        try await RunningOffice.with(billing: { _ in refusal }) { running in
            var journey = try Journey(kiosk: running.kiosk)
            journey.topUp([.yuan(50)])
            let batch = try journey.batch()
            try await running.client().closing { client in
                _ = try await client.send(batch)
                // The kiosk's own poll says when the order is settled.
                _ = try await client.commands(epoch: batch.epoch, after: 0)
            }
            return try await body(running, journey.order(1))
        }
    }

    @Test(arguments: ["overview", "kiosks", "alarms", "orders", "ledger", "cases", "accounts"])
    func `everything is JSON, and no number is shown whole`(_ path: String) async throws {
        let answer = try await Self.withRefusedOrder { running, _ in
            try await exchange(nil, .GET, running.desk("/desk/api/\(path)"))
        }

        #expect(answer.status == 200)
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: answer.body) }
        #expect(!String(decoding: answer.body, as: UTF8.self).contains("13800138000"))
    }

    @Test func `orders are listed by state`() async throws {
        let (refused, queued, wrong) = try await Self.withRefusedOrder { running, _ in
            (
                try await exchange(nil, .GET, running.desk("/desk/api/orders?state=refused")),
                try await exchange(nil, .GET, running.desk("/desk/api/orders?state=queued")),
                try await exchange(nil, .GET, running.desk("/desk/api/orders?state=lost"))
            )
        }

        let rows = try JSONDecoder().decode([OrderRow].self, from: refused.body)
        #expect(rows.map(\.fen) == [5000] && rows.map(\.number) == ["138****8000"])
        #expect(try JSONDecoder().decode([OrderRow].self, from: queued.body).isEmpty)
        #expect(wrong.status == 400)
    }

    @Test func `a refund is booked once and closes its case`() async throws {
        let (first, second, ledger, cases) = try await Self.withRefusedOrder { running, order in
            let url = running.desk("/desk/api/orders/\(order)/refund")
            let json: HTTPHeaders = ["Content-Type": "application/json"]
            let body = #"{"clerk":"王芳"}"#
            return (
                try await exchange(nil, .POST, url, headers: json, body: body),
                try await exchange(nil, .POST, url, headers: json, body: body),
                await running.office.ledger(), await running.office.cases()
            )
        }

        #expect(first.status == 200 && second.status == 409)
        #expect(ledger.accounts["REFUNDED"] == 5000 && ledger.balanced)
        #expect(cases.allSatisfy { $0.closedAt != nil })
    }

    @Test(arguments: [
        ("application/json", #"{"clerk":""}"#, 400), ("application/json", #"{"clerk":7}"#, 400),
        ("application/json", "{", 400), ("application/json", #"{"clerk":"a\u0007"}"#, 400),
        ("application/json", #"{"clerk":"\#(String(repeating: "x", count: 65))"}"#, 400),
        ("application/json", #"{"clerk":"\#(String(repeating: "x", count: 2000))"}"#, 413),
        ("text/plain", #"{"clerk":"王芳"}"#, 415),
        ("application/x-www-form-urlencoded", "clerk=x", 415),
    ])
    func `a refund without a clerk, or as a form would send it, changes nothing`(
        _ type: String, _ body: String, _ status: UInt
    ) async throws {
        let (answer, ledger) = try await Self.withRefusedOrder { running, order in
            (
                try await exchange(
                    nil, .POST, running.desk("/desk/api/orders/\(order)/refund"),
                    headers: ["Content-Type": type], body: body),
                await running.office.ledger()
            )
        }

        #expect(answer.status == status)
        #expect(ledger.accounts["REFUND_DUE"] == 5000)
    }

    @Test func `an open page is told at once that there is something, and a stop ends it`()
        async throws
    {
        let text = try await RunningOffice.with { running in
            var text = ""
            let response = try await HTTPClient.shared.execute(
                HTTPClientRequest(url: running.desk("/desk/events")), timeout: .seconds(20))
            for try await part in response.body {
                text += String(buffer: part)
                await running.group.triggerGracefulShutdown()
            }
            return text
        }

        #expect(text.hasPrefix("event: change\ndata: "))
    }

    // Foreign pages

    @Test(
        arguments: [
            (["Origin": "http://evil.example"], 403), (["Origin": "null"], 403),
            (["Origin": "http://127.0.0.1:1"], 403), (["Sec-Fetch-Site": "cross-site"], 403),
            (["Host": "evil.example"], 421), (["Host": "127.0.0.1:1"], 421),
        ] as [(HTTPHeaders, UInt)])
    func `a foreign page, or a foreign name pointed here, gets nothing`(
        _ headers: HTTPHeaders, _ status: UInt
    ) async throws {
        let (read, refund, ledger) = try await Self.withRefusedOrder { running, order in
            var json = headers
            json.add(name: "Content-Type", value: "application/json")
            return (
                try await exchange(
                    nil, .GET, running.desk("/desk/api/orders"), headers: headers),
                try await exchange(
                    nil, .POST, running.desk("/desk/api/orders/\(order)/refund"), headers: json,
                    body: #"{"clerk":"x"}"#),
                await running.office.ledger()
            )
        }

        #expect(read.status == status && refund.status == status)
        #expect(read.headers["Access-Control-Allow-Origin"].isEmpty)
        #expect(ledger.accounts["REFUND_DUE"] == 5000)
    }

    @Test func `our own page may ask, and every answer forbids foreign scripts`() async throws {
        let (page, own, none, wrongMethod) = try await RunningOffice.with { running in
            let origin = "http://127.0.0.1:\(running.deskPort)"
            return (
                try await exchange(nil, .GET, running.desk("/desk")),
                try await exchange(
                    nil, .GET, running.desk("/desk/api/kiosks"),
                    headers: ["Origin": origin, "Sec-Fetch-Site": "same-origin"]),
                try await exchange(nil, .GET, running.desk("/etc/passwd")),
                try await exchange(nil, .DELETE, running.desk("/desk/api/kiosks"))
            )
        }

        #expect(page.status == 200 && own.status == 200)
        #expect(none.status == 404 && wrongMethod.status == 405)
        for answer in [page, own, none, wrongMethod] {
            let policy = answer.headers.first(name: "Content-Security-Policy")
            #expect(policy?.contains("script-src 'self'") == true)
            #expect(answer.headers.first(name: "X-Content-Type-Options") == "nosniff")
        }
        let text = String(decoding: page.body, as: UTF8.self)
        #expect(!text.contains("<script>") && !text.contains("style="))
    }

    @Test func `a desk that others could reach is refused`() async throws {
        try await RunningOffice.with { running in
            let everywhere = try ListenAddress("0.0.0.0:8481")
            #expect(throws: Fault.self) {
                _ = try Desk(
                    office: running.office, listen: everywhere, timekeeper: MachineTime(),
                    logger: Logger(label: "test"))
            }
        }
    }

    // Texts

    private func texts(_ language: String) throws -> [String: String] {
        let asset = try #require(webAssetNamed("texts/desk.\(language).json"))
        let bytes = Data(bytes: asset.pointee.bytes, count: Int(asset.pointee.length))
        return try JSONDecoder().decode([String: String].self, from: bytes)
    }

    @Test func `both languages say the same things, of every alarm, state and account`() throws {
        let (chinese, english) = (try texts("zh-Hans"), try texts("en"))

        #expect(Set(chinese.keys) == Set(english.keys))
        let needed =
            AlarmCode.allCases.flatMap { ["alarm.\($0.rawValue)", "repair.\($0.rawValue)"] }
            + OrderState.allCases.map { "state.\($0.rawValue)" }
            + KioskLedger.Account.allCases.filter { $0 != .stacker }
            .map { "account.\($0.rawValue)" }
        #expect(needed.filter { chinese[$0]?.isEmpty ?? true } == [])
        for code in AlarmCode.allCases {
            #expect(english["repair.\(code.rawValue)"] == code.repair)
        }
    }

    @Test func `every text the page asks for is there`() throws {
        let english = try texts("en")
        let asset = try #require(webAssetNamed("desk.js"))
        let script = String(
            decoding: UnsafeRawBufferPointer(
                start: asset.pointee.bytes, count: Int(asset.pointee.length)), as: UTF8.self)

        let asked = script.matches(of: /\bt\('([a-z.]+)'/).map { String($0.1) }

        #expect(asked.count > 20)
        #expect(asked.filter { english[$0] == nil } == [])
    }
}

extension RunningOffice {
    func desk(_ path: String) -> String { "http://127.0.0.1:\(deskPort)\(path)" }
}
