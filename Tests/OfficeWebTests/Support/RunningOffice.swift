import Foundation
import KioskModel
import Logging
import Machine
import Office
import OfficeClient
import OfficeWeb
import ServiceLifecycle

/// A whole office on free ports: database, gateway, desk, and a billing system at the far end of a socket.
struct RunningOffice: Sendable {
    let office: Office
    let certificates: Certificates
    let kiosk: KioskID
    let gatewayPort: Int
    let deskPort: Int
    let group: ServiceGroup

    /// Runs an office for `body` and stops it afterwards.
    static func with<Result: Sendable>(
        billing react: @escaping @Sendable (String) -> ScriptedServer.Reaction = { _ in .cut },
        _ body: @escaping @Sendable (RunningOffice) async throws -> Result
    ) async throws -> Result {
        let bss = try await ScriptedServer.start(react)
        let billing = try TMF654BillingSystem(
            url: "http://127.0.0.1:\(bss.port)", limit: .seconds(5))
        let path = NSTemporaryDirectory() + "office-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        do {
            let result = try await run(billing, path, body)
            await billing.shutdown()
            try await bss.stop()
            return result
        } catch {
            await billing.shutdown()
            try await bss.stop()
            throw error
        }
    }

    private static func run<Result: Sendable>(
        _ billing: TMF654BillingSystem, _ path: String,
        _ body: @escaping @Sendable (RunningOffice) async throws -> Result
    ) async throws -> Result {
        let kiosk = try kioskID("K0001")
        let certificates = try Certificates(kiosk: kiosk)
        let office = try Office(
            database: path + "/office.sqlite", billing: billing, timekeeper: MachineTime(),
            random: { 0.5 })
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let (gatewayPorts, gatewayIsOpen) = AsyncStream.makeStream(of: Int.self)
        let (deskPorts, deskIsOpen) = AsyncStream.makeStream(of: Int.self)
        let anywhere = try ListenAddress("127.0.0.1:0")
        let gateway = try KioskGateway(
            office: office, listen: anywhere, certificate: certificates.file("office.pem"),
            key: certificates.file("office.key"), trust: certificates.file("ca.pem"),
            logger: logger
        ) { gatewayIsOpen.yield($0) }
        let desk = try Desk(
            office: office, listen: anywhere, timekeeper: MachineTime(), logger: logger
        ) { deskIsOpen.yield($0) }
        let services = ServiceGroup(
            services: [Posting(office: office), gateway, desk], logger: logger)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await services.run() }
            let running = RunningOffice(
                office: office, certificates: certificates, kiosk: kiosk,
                gatewayPort: await gatewayPorts.first { _ in true } ?? 0,
                deskPort: await deskPorts.first { _ in true } ?? 0, group: services)
            let result: Swift.Result<Result, any Error>
            do {
                result = .success(try await body(running))
            } catch {
                result = .failure(error)
            }
            await services.triggerGracefulShutdown()
            try await group.waitForAll()
            return try result.get()
        }
    }

    private struct Posting: Service {
        let office: Office
        func run() async throws { await cancelWhenGracefulShutdown { await office.run() } }
    }

    func client(deadlines: Deadlines = Deadlines()) throws -> HTTPSOffice {
        try certificates.client(port: gatewayPort, kiosk: kiosk, deadlines: deadlines)
    }
}
