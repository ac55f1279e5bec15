import Foundation
import KioskModel
import OfficeClient
import OfficeProtocol
import Testing

/// The kiosk's client against offices that answer wrongly, late, or not at all, over real TLS.
@Suite struct HTTPSOfficeTests {
    private let kiosk: KioskID
    private let certificates: Certificates
    private let batch: Batch

    init() throws {
        kiosk = try kioskID("K0001")
        certificates = try Certificates(kiosk: kiosk)
        var journey = try Journey(kiosk: kiosk)
        journey.topUp([.yuan(50)])
        batch = try journey.batch()
    }

    /// Sends a batch to an office that reacts so, and says what went wrong.
    private func fault(
        _ reaction: ScriptedServer.Reaction, deadlines: Deadlines = Deadlines()
    ) async throws -> OfficeFault? {
        let server = try await ScriptedServer.start(tls: certificates.serverTLS()) { _ in reaction }
        let client = try certificates.client(
            port: server.port, kiosk: kiosk, deadlines: deadlines)
        let fault = await client.fault { office throws(OfficeFault) in
            _ = try await office.send(batch)
        }
        try await server.stop()
        return fault
    }

    private func isUnreachable(_ fault: OfficeFault?) -> Bool {
        if case .unreachable = fault { return true }
        return false
    }

    @Test func `a batch goes out with its key, and the acknowledgement comes back`() async throws {
        let expected = batch
        let server = try await ScriptedServer.start(tls: certificates.serverTLS()) { request in
            let lines = request.lowercased()
            let isRight =
                lines.hasPrefix("post /v1/kiosks/k0001/batches http/1.1")
                && lines.contains("idempotency-key: \(expected.idempotencyKey)\r\n")
            return isRight ? .answer(200, #"{"acked":9,"nextAfterMs":20}"#) : .answer(400, "")
        }

        let answer = try await certificates.client(port: server.port, kiosk: kiosk).closing {
            try await $0.send(expected)
        }

        #expect(answer == BatchAnswer(acked: 9, nextAfterMs: 20))
        try await server.stop()
    }

    @Test(
        arguments: [
            .answer(200, "acknowledged"), .answer(200, #"{"acked":"nine","nextAfterMs":1}"#),
            .answer(200, ""), .answer(500, #"{"code":"busy","reason":"x"}"#),
            .answer(502, "<html>"),
            .answer(503, "no pause named"), .answer(404, "<html>"), .answer(302, ""),
            .send("HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n{\"acked\":9,"),
            .send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"ack"),
            .send("SSH-2.0-OpenSSH_9.2\r\n"), .send(""), .cut,
        ] as [ScriptedServer.Reaction])
    func `garbage, server errors and half an answer mean unreachable`(
        _ reaction: ScriptedServer.Reaction
    ) async throws {
        let fault = try await fault(reaction)

        #expect(isUnreachable(fault), "\(String(describing: fault))")
    }

    @Test func `an office that keeps silent is given up at the deadline`() async throws {
        var deadlines = Deadlines()
        deadlines.batch = .milliseconds(200)

        let fault = try await fault(.silence, deadlines: deadlines)

        guard case .unreachable(let text) = fault else {
            Issue.record("\(String(describing: fault))")
            return
        }
        #expect(text.contains("within 0.2 seconds"))
    }

    @Test func `an answer larger than any of ours is not taken`() async throws {
        let body = #"{"acked":9,"nextAfterMs":1,"x":""# + String(repeating: "x", count: 300_000)

        let fault = try await fault(.answer(200, body + #""}"#))

        #expect(isUnreachable(fault))
    }

    @Test func `a busy office is believed, up to five minutes`() async throws {
        let refusal = #"{"code":"busy","reason":"full"}"#

        let short = try await fault(.answer(503, refusal, headers: ["Retry-After": "7"]))
        let long = try await fault(.answer(429, refusal, headers: ["Retry-After": "86400"]))
        let unreadable = try await fault(.answer(429, refusal, headers: ["Retry-After": "soon"]))

        #expect(short == .busy(retryAfter: .seconds(7)))
        #expect(long == .busy(retryAfter: .seconds(300)))
        #expect(unreadable == .busy(retryAfter: .seconds(5)))
    }

    @Test func `a refusal arrives as it was written`() async throws {
        let fault = try await fault(
            .answer(409, #"{"code":"expected","reason":"send from 4","seq":4}"#))

        #expect(fault == .refused(Refusal(.expected, "send from 4", seq: 4)))
    }

    @Test(arguments: [("forbidden", 403), ("expected", 409)])
    func `a refusal's reason is bounded, whoever sends it`(_ code: String, _ status: Int)
        async throws
    {
        let reason = String(repeating: "x", count: 3000)

        let fault = try await fault(
            .answer(status, #"{"code":"\#(code)","reason":"\#(reason)","seq":1}"#))

        #expect(String(describing: fault).utf8.count < 1000)
    }

    @Test func `nobody listening is unreachable`() async throws {
        let port = try ClosedPort()

        let fault = await (try certificates.client(port: port.number, kiosk: kiosk)).fault {
            office throws(OfficeFault) in _ = try await office.send(batch)
        }

        #expect(isUnreachable(fault))
    }

    @Test func `an office of another authority is untrusted`() async throws {
        let others = try Certificates(kiosk: kiosk)
        let server = try await ScriptedServer.start(tls: others.serverTLS()) { _ in .cut }

        let fault = await (try certificates.client(port: server.port, kiosk: kiosk)).fault {
            office throws(OfficeFault) in _ = try await office.send(batch)
        }

        guard case .untrusted = fault else {
            Issue.record("\(String(describing: fault))")
            return
        }
        try await server.stop()
    }

    @Test func `an office without TLS gets nothing`() async throws {
        let server = try await ScriptedServer.start(greeting: "HTTP/1.1 200 OK\r\n\r\n") { _ in .cut
        }

        let fault = await (try certificates.client(port: server.port, kiosk: kiosk)).fault {
            office throws(OfficeFault) in _ = try await office.send(batch)
        }

        #expect(isUnreachable(fault))
        try await server.stop()
    }

    @Test(arguments: [
        #"{"commands":[{"number":3,"body":{"orderSettled":{"order":"K0001-00112233aabbccdd-1","state":"credited"}}}]}"#,
        #"{"commands":[{"number":7,"body":{"levelHouse":{}}}]}"#,
        #"{"commands":{}}"#,
    ])
    func `commands that do not rise or are unknown are not obeyed`(_ body: String) async throws {
        let server = try await ScriptedServer.start(tls: certificates.serverTLS()) { _ in
            .answer(200, body)
        }

        let fault = await (try certificates.client(port: server.port, kiosk: kiosk)).fault {
            office throws(OfficeFault) in
            _ = try await office.commands(epoch: Epoch(bits: 1), after: 3)
        }

        #expect(isUnreachable(fault))
        try await server.stop()
    }

    @Test(arguments: ["http://office:8443", "https://", "office", "https://a/b", "https://u@a"])
    func `a wrong URL is refused with what would be right`(_ url: String) throws {
        let fault = #expect(throws: Fault.self) {
            _ = try HTTPSOffice(
                url: url, kiosk: kiosk, certificate: certificates.file("K0001.pem"),
                key: certificates.file("K0001.key"), trust: certificates.file("ca.pem"))
        }

        #expect(fault?.expected.contains("https://office.example:8443") == true)
    }

    @Test func `files that are missing, or no pair, are named at the start`() throws {
        try certificates.make(kioskID("K0002"))

        let missing = #expect(throws: Fault.self) {
            _ = try certificates.client(port: 1, kiosk: kiosk, as: "K0009")
        }
        let noPair = #expect(throws: Fault.self) {
            _ = try HTTPSOffice(
                url: "https://localhost:1", kiosk: kiosk,
                certificate: certificates.file("K0001.pem"), key: certificates.file("K0002.key"),
                trust: certificates.file("ca.pem"))
        }

        #expect(missing?.operation.contains("K0009.pem") == true)
        #expect(noPair?.expected.contains("key that belongs") == true)
    }
}
