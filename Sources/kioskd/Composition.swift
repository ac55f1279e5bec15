internal import DeviceKit
internal import Drivers
internal import KioskFlows
internal import KioskModel
internal import KioskRuntime
internal import KioskScreen
internal import KioskStore
internal import Links
internal import Logging
internal import Machine
internal import OfficeClient

/// The architecture's picture, top to bottom: profiles, devices, journal, office, kiosk, screen.
struct Composition {
    let configuration: KioskConfiguration
    let timekeeper = MachineTime()
    let log = Logger(label: "kioskd")

    init(_ configuration: KioskConfiguration) { self.configuration = configuration }

    /// - Throws: `Refused` when a person must correct something first; the text says what.
    func run() async throws {
        let devices = try Fitting(configuration, timekeeper: timekeeper).devices()
        let office = try connection()
        let end: Result<Void, any Error>
        do { end = .success(try await work(devices, office)) } catch { end = .failure(error) }
        await office.shutdown()
        try end.get()
    }

    private func work(_ devices: KioskDevices, _ office: HTTPSOffice) async throws {
        let kiosk: Kiosk
        do { kiosk = try openKiosk(devices, office) } catch {
            return try await stayClosed(error, devices)
        }
        let screen = configuration.screen
        log.notice(
            "kiosk \(configuration.kiosk): recovered; screen on \(screen.host):\(screen.port)")
        try await serve(panel: kiosk, desk: kiosk) { try await kiosk.run() }
    }

    private func connection() throws -> HTTPSOffice {
        let way = configuration.office
        do {
            return try HTTPSOffice(
                url: way.url, kiosk: configuration.kiosk, certificate: way.certificate,
                key: way.key, trust: way.trust)
        } catch { throw Refused("office: \(error)") }
    }

    private func openKiosk(_ devices: KioskDevices, _ office: HTTPSOffice) throws(JournalFault)
        -> Kiosk
    {
        let journal = try Journal(
            path: configuration.state + "/journal.sqlite", kiosk: configuration.kiosk,
            newEpoch: UInt64.random(in: 0...UInt64.max), timekeeper: timekeeper)
        let layout = ReceiptLayout(texts: Texts.receipts(), hotline: configuration.hotline)
        return try Kiosk(
            settings: configuration.settings(epoch: journal.epoch), journal: journal,
            devices: devices, office: office,
            surroundings: KioskSurroundings(
                timekeeper: timekeeper, layout: { layout.document(for: $0) },
                onBeat: { ServiceManager.alive() }, onReady: { ServiceManager.ready() },
                random: { Double.random(in: 0...1) }))
    }

    /// Runs the parts side by side until one ends or a signal comes; then ends the others.
    private func serve(
        panel: any CustomerPanel, desk: any ControlDesk,
        beside work: @escaping @Sendable () async throws -> Void
    ) async throws {
        let listen = (host: configuration.screen.host, port: configuration.screen.port)
        let screen = ScreenServer(
            panel: panel, listen: listen, log: log, site: configuration.site,
            hotline: configuration.hotline)
        let control = ControlServer(desk: desk, path: configuration.control, log: log)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await work() }
            group.addTask { try await screen.run() }
            group.addTask { try await control.run() }
            group.addTask { await StopSignal.wait() }
            let first = await group.nextResult()
            ServiceManager.stopping()
            group.cancelAll()
            while let end = await group.nextResult() {
                if case .failure(let error) = end, !(error is CancellationError) {
                    log.warning("while stopping: \(error)")
                }
            }
            try first?.get()
        }
    }

    /// A journal that cannot be trusted takes no money. The screen says so for a while; then the service manager starts us
    /// again, and the journal is tried anew: a full disk may have room by then, a broken one stays as closed as before.
    private func stayClosed(_ fault: JournalFault, _ devices: KioskDevices) async throws {
        log.critical(
            "no cash is taken; journal: expected one that opens and commits, got \(fault)")
        let closed = ClosedKiosk(
            settings: configuration.settings(epoch: Epoch(bits: 0)).visit, fault: fault,
            since: timekeeper.now.wall)
        ServiceManager.ready()
        try await serve(panel: closed, desk: closed) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await closed.keepShut(devices.acceptor?.device) }
                defer { group.cancelAll() }
                for _ in 0..<12 {
                    try await timekeeper.sleep(for: .seconds(5))
                    ServiceManager.alive()
                }
                throw Refused("journal: \(fault)")
            }
        }
    }
}
