import AsyncHTTPClient
import Foundation
import KioskModel
import NIOCore
import NIOHTTP1
import NIOSSL
import Office
import OfficeClient
import OfficeProtocol
import ServiceLifecycle
import Testing

/// Kiosks at the door of a real office.
@Suite struct KioskGatewayTests {
    // Who may come in

    @Test func `a kiosk's batch is in the books, and sent twice it is there once`() async throws {
        let (first, second, ledger) = try await RunningOffice.with { running in
            var journey = try Journey(kiosk: running.kiosk)
            journey.topUp([.yuan(50), .yuan(20)])
            let batch = try journey.batch()
            return try await running.client().closing { client in
                let first = try await client.send(batch)
                let second = try await client.send(batch)
                return (first, second, await running.office.ledger())
            }
        }

        #expect(first.acked == 11 && second.acked == 11)
        #expect(ledger.accounts["RECEIVED"] == 7000)
        #expect(ledger.balanced)
    }

    @Test func `a kiosk in another's name is refused on every route`() async throws {
        let faults = try await RunningOffice.with { running in
            let other = try kioskID("K0002")
            try running.certificates.make(other)
            var journey = try Journey(kiosk: running.kiosk)
            journey.topUp([.yuan(50)])
            let batch = try journey.batch()
            // K0002's certificate, K0001's path.
            func client() throws -> HTTPSOffice {
                try running.certificates.client(
                    port: running.gatewayPort, kiosk: running.kiosk, as: "K0002")
            }
            return await [
                try client().fault { office throws(OfficeFault) in _ = try await office.send(batch)
                },
                try client().fault { office throws(OfficeFault) in
                    _ = try await office.ask(.account(phone: journey.phone))
                },
                try client().fault { office throws(OfficeFault) in
                    _ = try await office.commands(epoch: batch.epoch, after: 99)
                },
            ]
        }

        for fault in faults {
            guard case .untrusted = fault else {
                Issue.record("\(String(describing: fault))")
                continue
            }
        }
    }

    @Test func `a certificate with the names of two kiosks is nobody's`() async throws {
        let fault = try await RunningOffice.with { running in
            try running.certificates.make(naming: ["K0001", "K0002"], as: "both")
            let client = try running.certificates.client(
                port: running.gatewayPort, kiosk: running.kiosk, as: "both")
            return await client.fault { office throws(OfficeFault) in
                _ = try await office.send(Batch(epoch: Epoch(bits: 1), lane: .money, events: []))
            }
        }

        guard case .untrusted = fault else {
            Issue.record("\(String(describing: fault))")
            return
        }
    }

    @Test func `an expired certificate gets in nowhere`() async throws {
        let fault = try await RunningOffice.with { running in
            try running.certificates.make(kioskID("K0003"), days: 30, age: 60)
            // The authority of 60 days ago would be another; the folder keeps the one that is valid.
            let client = try running.certificates.client(
                port: running.gatewayPort, kiosk: kioskID("K0003"))
            return await client.fault { office throws(OfficeFault) in
                _ = try await office.commands(epoch: Epoch(bits: 1), after: 0)
            }
        }

        #expect(isRefusedHandshake(fault), "\(String(describing: fault))")
    }

    @Test func `a certificate of a foreign authority gets in nowhere`() async throws {
        let fault = try await RunningOffice.with { running in
            let foreign = try Certificates(kiosk: running.kiosk)
            let client = try foreign.client(
                port: running.gatewayPort, kiosk: running.kiosk, trust: running.certificates)
            return await client.fault { office throws(OfficeFault) in
                _ = try await office.commands(epoch: Epoch(bits: 1), after: 0)
            }
        }

        #expect(isRefusedHandshake(fault), "\(String(describing: fault))")
    }

    @Test func `without a certificate, or in TLS 1.2, nobody gets in`() async throws {
        try await RunningOffice.with { running in
            var bare = TLSConfiguration.makeClientConfiguration()
            bare.trustRoots = .certificates(
                try NIOSSLCertificate.fromPEMFile(running.certificates.file("ca.pem")))
            var old = try running.identity("K0001")
            old.minimumTLSVersion = .tlsv12
            old.maximumTLSVersion = .tlsv12

            let url = "https://localhost:\(running.gatewayPort)/v1/kiosks/K0001/commands"
            for tls in [bare, old] {
                await #expect(throws: (any Error).self) { try await exchange(tls, .GET, url) }
            }
        }
    }

    // What may come in

    @Test(arguments: [
        ("POST", "batches", #"{"epoch":"00112233aabbccdd","lane":"money","events":[]}"#, 400),
        ("POST", "batches", "not JSON", 400), ("POST", "batches", "", 400),
        ("POST", "batches", #"{"epoch":1122,"lane":"money","events":{}}"#, 400),
        ("POST", "batches", #"{"epoch":"00112233aabbccdd","lane":"gold","events":[]}"#, 400),
        ("POST", "questions", #"{"account":{"phone":"#, 400),
        ("POST", "questions", #"{"password":{}}"#, 400),
        ("GET", "commands", "", 400), ("GET", "commands?epoch=xyz&after=0", "", 400),
        ("GET", "commands?epoch=00112233aabbccdd&after=-1", "", 400),
        ("GET", "commands?epoch=00112233aabbccdd&after=99", "", 422),
        ("GET", "batches", "", 405), ("DELETE", "commands", "", 405), ("PUT", "questions", "", 405),
        ("GET", "secrets", "", 404), ("GET", "commands/more", "", 404),
        ("POST", "questions", String(repeating: " ", count: 5000), 413),
        ("POST", "batches", String(repeating: " ", count: 600_000), 413),
    ])
    func `what is no request of ours is refused with its reason`(
        _ method: String, _ path: String, _ body: String, _ status: UInt
    ) async throws {
        let answer = try await RunningOffice.with { running in
            try await exchange(
                running.identity("K0001"), HTTPMethod(rawValue: method),
                "https://localhost:\(running.gatewayPort)/v1/kiosks/K0001/\(path)",
                headers: ["Idempotency-Key": "00112233aabbccdd:money:0-0"], body: body)
        }

        #expect(answer.status == status)
        let refusal = try JSONDecoder().decode(Refusal.self, from: answer.body)
        #expect(!refusal.reason.isEmpty)
    }

    @Test func `a key that is not the body's is a mismatch, and none is malformed`() async throws {
        let (wrong, none, ledger) = try await RunningOffice.with { running in
            var journey = try Journey(kiosk: running.kiosk)
            journey.topUp([.yuan(50)])
            let body = String(
                decoding: try JSONEncoder().encode(try journey.batch()), as: UTF8.self)
            let url = "https://localhost:\(running.gatewayPort)/v1/kiosks/K0001/batches"
            let identity = try running.identity("K0001")
            return (
                try await exchange(
                    identity, .POST, url,
                    headers: ["Idempotency-Key": "00112233aabbccdd:money:1-2"], body: body),
                try await exchange(identity, .POST, url, body: body),
                await running.office.ledger()
            )
        }

        #expect(wrong.status == 422 && none.status == 400)
        #expect(ledger.accounts["RECEIVED", default: 0] == 0)
    }

    @Test func `a batch that starts too late is told where to start`() async throws {
        let fault = try await RunningOffice.with { running in
            var journey = try Journey(kiosk: running.kiosk)
            journey.topUp([.yuan(50)])
            let whole = try journey.batch()
            let late = Batch(
                epoch: whole.epoch, lane: .money, events: Array(whole.events.dropFirst(3)))
            return await (try running.client()).fault { office throws(OfficeFault) in
                _ = try await office.send(late)
            }
        }

        guard case .refused(let refusal) = fault else {
            Issue.record("\(String(describing: fault))")
            return
        }
        #expect(refusal.code == .expected && refusal.seq == 1)
    }

    // Waiting

    @Test func `a settled order wakes the waiting kiosk`() async throws {
        let commands = try await RunningOffice.with(billing: { _ in
            .answer(201, #"{"id":"B1","status":"completed"}"#)
        }) { running in
            var journey = try Journey(kiosk: running.kiosk)
            journey.topUp([.yuan(50)])
            let batch = try journey.batch()
            return try await running.client().closing { client in
                async let waiting = client.commands(epoch: batch.epoch, after: 0)
                _ = try await client.send(batch)
                return try await waiting
            }
        }

        let order = OrderID(text: "K0001-00112233aabbccdd-1")
        #expect(commands.map(\.number) == [1])
        #expect(
            commands.map(\.body) == order.map { [.orderSettled(order: $0, state: .credited)] })
    }

    @Test func `stopping the office ends waiting polls`() async throws {
        // Without the end of polls at a stop this lasts 50 s, beyond the client's own deadline here.
        var deadlines = Deadlines()
        deadlines.commands = .seconds(30)

        let commands = try await RunningOffice.with { [deadlines] running in
            let batch = try Journey(kiosk: running.kiosk).batch()
            return try await running.client(deadlines: deadlines).closing { client in
                _ = try await client.send(batch)
                let heard = await running.office.kiosks().first?.lastHeardAt ?? 0
                async let waiting = client.commands(epoch: batch.epoch, after: 0)
                // The poll is at the office when the office has heard the kiosk again.
                while await running.office.kiosks().first?.lastHeardAt ?? 0 <= heard {
                    await Task.yield()
                }
                await running.group.triggerGracefulShutdown()
                return try await waiting
            }
        }

        #expect(commands.isEmpty)
    }

    private func isRefusedHandshake(_ fault: OfficeFault?) -> Bool {
        if case .untrusted = fault { return true }
        return false
    }
}

struct Exchanged: Sendable {
    let status: UInt
    let headers: HTTPHeaders
    let body: Data
}

/// One HTTP exchange without the kiosk's client.
@discardableResult
func exchange(
    _ tls: TLSConfiguration? = nil, _ method: HTTPMethod, _ url: String,
    headers: HTTPHeaders = [:], body: String = ""
) async throws -> Exchanged {
    var settings = HTTPClient.Configuration(
        tlsConfiguration: tls, redirectConfiguration: .disallow)
    settings.httpVersion = .http1Only
    settings.connectionPool.retryConnectionEstablishment = false
    let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
    do {
        var request = HTTPClientRequest(url: url)
        request.method = method
        request.headers = headers
        if !body.isEmpty { request.body = .bytes(Array(body.utf8)) }
        let response = try await client.execute(request, timeout: .seconds(20))
        let bytes = try await response.body.collect(upTo: 1 << 20)
        try await client.shutdown()
        return Exchanged(
            status: response.status.code, headers: response.headers,
            body: Data(bytes.readableBytesView))
    } catch {
        try await client.shutdown()
        throw error
    }
}

extension RunningOffice {
    func identity(_ name: String) throws -> TLSConfiguration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates(
            try NIOSSLCertificate.fromPEMFile(certificates.file("ca.pem")))
        tls.certificateChain = try NIOSSLCertificate.fromPEMFile(certificates.file("\(name).pem"))
            .map { .certificate($0) }
        tls.privateKey = .privateKey(
            try NIOSSLPrivateKey(file: certificates.file("\(name).key"), format: .pem))
        return tls
    }
}
