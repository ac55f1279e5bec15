import DeviceKit
import Drivers
import Foundation
import KioskModel
import Testing

struct ProfilesTests {
    static let root = #filePath.replacing("Tests/DriversTests/ProfilesTests.swift", with: "")

    private func profiles() throws -> ProfileSet {
        try ProfileSet.load(directory: Self.root + "devices", drivers: Drivers.all)
    }

    @Test func `every profile in devices loads`() throws {
        let profiles = try profiles()

        #expect(profiles.billAcceptors.count >= 4)
        #expect(
            profiles.billAcceptors.map(\.head.name).sorted()
                == profiles.billAcceptors.map(\.head.name))
    }

    @Test func `the SM takes the mainland notes and refuses other currencies`() throws {
        let sm = try #require(try profiles().billAcceptor("bill-acceptors/cashcode-sm"))

        #expect(sm.notes.map(\.value) == [1, 5, 10, 20, 50, 100].map(Money.yuan))
        #expect(sm.currencyCodes == ["CHN", "CNY"])
        #expect(sm.serial == SerialSettings(baud: 9600))
    }

    @Test func `every driver has a profile and every quirk of a profile is the driver's`() throws {
        let profiles = try profiles()
        let used = Set(
            profiles.billAcceptors.map(\.head.driver) + profiles.printers.map(\.head.driver))

        let all = Set(Drivers.all.billAcceptors.keys).union(Drivers.all.printers.keys)
        #expect(used == all)
    }

    @Test func `the udev rules are those of the profiles`() throws {
        let file = Self.root + "udev/60-kiosk.rules"
        let committed = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""

        let generated = UdevRules.text(for: try profiles())

        #expect(committed == generated, "udev/60-kiosk.rules is out of date: run `make udev`")
        #expect(generated.contains("# devices/bill-acceptors/cashcode-sm.yaml"))
    }
}
