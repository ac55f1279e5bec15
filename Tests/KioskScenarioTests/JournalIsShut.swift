import DeviceKit
import Drivers
import Foundation
import KioskFlows
import KioskModel
import KioskRuntime
import KioskStore
import Testing
import VirtualWorld

struct JournalIsShut {
    private static let devices = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "devices").path

    @Test func `a note that goes in comes back, and the screen says that nothing works`() throws {
        let scheduler = VirtualScheduler(seed: 1)
        let settings = try VisitSettings(
            kiosk: #require(KioskID(rawValue: "K0001")), epoch: Epoch(bits: 1), site: "Hall",
            hotline: "10086", languages: [.chinese], grammar: .mainlandMobile,
            minimum: .yuan(10), maximum: .yuan(500), denominations: [.yuan(50)],
            waits: VisitSettings.Waits())
        try scheduler.run {
            let line = VirtualSerialLine(validator: VirtualValidator(), timekeeper: scheduler)
            let profile = try #require(
                ProfileSet.load(directory: JournalIsShut.devices, drivers: Drivers.all)
                    .billAcceptor("bill-acceptors/cashcode-sm"))
            let make = try #require(Drivers.all.billAcceptors[profile.head.driver])
            let closed = ClosedKiosk(
                settings: settings, fault: .broken("a flipped bit"),
                since: scheduler.now.wall)

            await withTaskGroup(of: Void.self) { group in
                group.addTask { await closed.keepShut(make(profile, line, scheduler)) }
                try? await scheduler.sleep(for: .seconds(30))
                _ = try? await line.say("notes 50")
                try? await scheduler.sleep(for: .seconds(30))
                group.cancelAll()
            }

            var screens = await closed.screens().makeAsyncIterator()
            #expect(await screens.next()?.screen.name == .outOfService)
            #expect(await closed.alarms().map(\.code) == ["journalTrouble"])
            #expect(await line.truth().cassetteFen == 0)
            #expect(await line.truth().inPath.isEmpty)
        }
    }
}
