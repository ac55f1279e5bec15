import DeviceKit
import Drivers
import Foundation
import KioskFlows
import KioskModel
import KioskRuntime
import KioskStore

/// What the kiosk of the scenarios is made of: as kioskd composes it.
extension KioskBench {
    func makeKiosk(_ journal: Journal) throws -> Kiosk {
        let visit = VisitSettings(
            kiosk: .k1, epoch: journal.epoch, site: "Longyan, Jiuyi Road", hotline: "10086",
            languages: [.chinese, .english], grammar: .mainlandMobile, minimum: .yuan(10),
            maximum: .yuan(500), denominations: [10, 20, 50, 100].map { .yuan($0) },
            waits: VisitSettings.Waits())
        let layout = ReceiptLayout(
            texts: [
                .chinese: try texts("receipt.zh-Hans"), .english: try texts("receipt.en"),
            ], hotline: visit.hotline)
        let surroundings = KioskSurroundings(
            timekeeper: time, layout: { layout.document(for: $0) }, onBeat: {}, onReady: {},
            random: { 0.5 })
        return try Kiosk(
            settings: KioskSettings(visit: visit, limits: limits), journal: journal,
            devices: try devices(), office: network, surroundings: surroundings)
    }

    private func devices() throws -> KioskDevices {
        let profiles = try ProfileSet.load(directory: root + "/devices", drivers: Drivers.all)
        guard var unit = profiles.billAcceptor("bill-acceptors/cashcode-sm"),
            var paper = profiles.printer("printers/generic-80mm"),
            let makeUnit = Drivers.all.billAcceptors[unit.head.driver],
            let makePrinter = Drivers.all.printers[paper.head.driver]
        else { preconditionFailure("no profile or driver of the scenarios' devices") }
        (unit.polling.interval, paper.pollInterval) = (polling, polling * 4)
        return KioskDevices(
            acceptor: Fitted(
                name: DeviceName(.billAcceptor), profile: unit.head.name, link: "virtual line",
                device: makeUnit(unit, line, time)),
            printer: Fitted(
                name: DeviceName(.printer), profile: paper.head.name, link: "virtual queue",
                device: makePrinter(paper, printer, time)))
    }

    private func texts(_ name: String) throws -> [String: String] {
        let file = URL(fileURLWithPath: root + "/Sources/WebAssets/texts/\(name).json")
        return try JSONDecoder().decode([String: String].self, from: Data(contentsOf: file))
    }

    private var root: String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
    }
}
