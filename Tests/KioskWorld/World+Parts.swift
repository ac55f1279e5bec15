internal import DeviceKit
internal import Drivers
internal import Foundation
internal import KioskFlows
internal import KioskModel
internal import KioskRuntime
internal import KioskStore
internal import VirtualWorld

/// What the kiosk of this world is made of: as kioskd composes it.
extension World {
    /// Read once: profiles and texts are the same in every world.
    private struct Files {
        let acceptor: BillAcceptorProfile
        let printer: PrinterProfile
        let layout: ReceiptLayout

        init() throws {
            let profiles = try ProfileSet.load(directory: root + "/devices", drivers: Drivers.all)
            guard let acceptor = profiles.billAcceptor("bill-acceptors/cashcode-sm"),
                let printer = profiles.printer("printers/generic-80mm")
            else { preconditionFailure("no profile of the world's devices") }
            (self.acceptor, self.printer) = (acceptor, printer)
            layout = ReceiptLayout(
                texts: [
                    .chinese: try Files.texts("receipt.zh-Hans"),
                    .english: try Files.texts("receipt.en"),
                ], hotline: World.hotline)
        }

        private static func texts(_ name: String) throws -> [String: String] {
            let file = URL(fileURLWithPath: root + "/Sources/WebAssets/texts/\(name).json")
            return try JSONDecoder().decode([String: String].self, from: Data(contentsOf: file))
        }
    }

    private static let files = Result { try Files() }
    private static let hotline = "10086"

    func makeKiosk(_ journal: Journal, _ pulse: Pulse) throws -> Kiosk {
        let visit = VisitSettings(
            kiosk: .k1, epoch: journal.epoch, site: "Longyan, Jiuyi Road", hotline: World.hotline,
            languages: [.chinese, .english], grammar: .mainlandMobile, minimum: .yuan(10),
            maximum: .yuan(500), denominations: [10, 20, 50, 100].map { .yuan($0) },
            waits: VisitSettings.Waits())
        let files = try World.files.get()
        let dice = Dice(seed: time.dice.next())
        let surroundings = KioskSurroundings(
            timekeeper: time, layout: { files.layout.document(for: $0) }, onBeat: {}, onReady: {},
            random: { dice.fraction() })
        return try Kiosk(
            settings: KioskSettings(visit: visit, limits: settings.limits), journal: journal,
            devices: devices(files, pulse),
            office: NetworkLine(network: network, kiosk: .k1, pulse: pulse),
            surroundings: surroundings)
    }

    private func devices(_ files: Files, _ pulse: Pulse) -> KioskDevices {
        var (profile, paper) = (files.acceptor, files.printer)
        guard let makeUnit = Drivers.all.billAcceptors[profile.head.driver],
            let makePrinter = Drivers.all.printers[paper.head.driver]
        else { preconditionFailure("no driver of the world's devices") }
        (profile.polling.interval, paper.pollInterval) = (settings.polling, settings.polling * 4)
        let line = LifeLine(unit: acceptor, pulse: pulse, time: time)
        let patient = PatientTime(
            time: time, unit: acceptor, pause: settings.polling,
            longest: settings.patience ?? settings.polling)
        let driver = makeUnit(profile, line, patient)
        let paperState = PaperState()
        let queue = PaperLine(printer: printer, pulse: pulse, stage: stage, paper: paperState)
        let paperTime = PaperTime(
            time: time, state: paperState, pause: paper.pollInterval,
            longest: settings.patience ?? paper.pollInterval)
        return KioskDevices(
            acceptor: Fitted(
                name: DeviceName(.billAcceptor), profile: profile.head.name, link: "virtual line",
                device: WokenAcceptor(driver: driver, unit: acceptor)),
            printer: Fitted(
                name: DeviceName(.printer), profile: paper.head.name, link: "virtual queue",
                device: makePrinter(paper, queue, paperTime)))
    }
}

/// The project's folder.
private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path
