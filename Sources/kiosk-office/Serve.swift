internal import ArgumentParser
internal import Foundation
internal import KioskModel
internal import Logging
internal import Machine
internal import Office
internal import OfficeWeb
internal import ServiceLifecycle
internal import UnixSignals

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve kiosks and the desk until SIGTERM or SIGINT.")

    @Option(help: "The configuration file (YAML).")
    var config: String

    func run() async throws {
        let settings = try OfficeSettings.read(
            file: config, environment: ProcessInfo.processInfo.environment)
        LoggingSystem.bootstrap(StreamLogHandler.standardError)
        let logger = Logger(label: "kiosk-office")
        let billing = try TMF654BillingSystem(url: settings.billing)
        let result: Result<Void, any Error>
        do {
            result = .success(try await serve(settings, billing, logger))
        } catch {
            result = .failure(error)
        }
        await billing.shutdown()
        try result.get()
    }

    private func serve(
        _ settings: OfficeSettings, _ billing: TMF654BillingSystem, _ logger: Logger
    ) async throws {
        let office = try Office(
            database: settings.database, billing: billing, timekeeper: MachineTime(),
            random: { Double.random(in: 0..<1) })
        // Ready is told once both doors are open.
        let readiness = Readiness(doors: 2)
        let gateway = try KioskGateway(
            office: office, listen: settings.listen, certificate: settings.certificate,
            key: settings.key, trust: settings.trust, logger: logger
        ) { port in await readiness.opened("kiosks", port, logger) }
        let desk = try Desk(
            office: office, listen: settings.desk, timekeeper: MachineTime(), logger: logger
        ) { port in await readiness.opened("desk", port, logger) }
        // Stopped in reverse: doors first, then the posting.
        let group = ServiceGroup(
            services: [Posting(office: office), gateway, desk, Watchdog(office: office)],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        try await group.run()
    }
}

/// Posts and asks at the billing system until the doors are closed. A database that cannot be trusted any more ends the
/// program; the next start sees what the disk really holds.
private struct Posting: Service {
    let office: Office

    func run() async throws {
        await cancelWhenGracefulShutdown { await office.run() }
        if let trouble = await office.trouble { throw trouble }
    }
}

/// Tells systemd that we live while the office answers; a stuck one is killed and restarted.
private struct Watchdog: Service {
    /// Less than half of the unit's WatchdogSec of 30 s. Source: sd_watchdog_enabled(3).
    static let beat: Duration = .seconds(10)
    let office: Office

    func run() async throws {
        await withGracefulShutdownHandler {
            await cancelWhenGracefulShutdown {
                while !Task.isCancelled {
                    _ = await office.kiosks()
                    ServiceManager.alive()
                    // Cancelled is the only way it fails, and the loop sees that.
                    try? await ContinuousClock().sleep(for: Watchdog.beat)
                }
            }
        } onGracefulShutdown: {
            ServiceManager.stopping()
        }
    }
}

private actor Readiness {
    private var missing: Int

    init(doors: Int) { missing = doors }

    func opened(_ door: String, _ port: Int, _ logger: Logger) {
        logger.info("open for \(door) on port \(port)")
        missing -= 1
        if missing == 0 { ServiceManager.ready() }
    }
}
