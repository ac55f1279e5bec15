import Foundation
import KioskModel
import Machine
import OfficeWeb
import Testing

/// The certificates of a kiosk and its office, made on the machine.
@Suite struct LocalAuthorityTests {
    private func prepare(
        _ folder: Certificates, _ kiosk: String, days: Int = 30, in later: Int = 0
    ) throws -> [String] {
        let now = MachineTime().now.wall.milliseconds + Int64(later) * 86_400_000
        return try LocalAuthority.prepare(
            directory: folder.path, kiosk: kioskID(kiosk), days: days,
            now: WallTime(milliseconds: now))
    }

    @Test func `what is valid is kept, and a second kiosk gets its own`() throws {
        let folder = try Certificates(kiosk: kioskID("K0001"))
        let before = try Data(contentsOf: URL(fileURLWithPath: folder.file("K0001.pem")))

        let again = try prepare(folder, "K0001")
        let second = try prepare(folder, "K0002")

        #expect(again.isEmpty && second == ["K0002"])
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file("K0001.pem"))) == before)
    }

    @Test func `what is about to end, damaged or of another authority is made anew`() throws {
        let folder = try Certificates(kiosk: kioskID("K0001"))

        let late = try prepare(folder, "K0001", in: 30)
        try Data("no key".utf8).write(to: URL(fileURLWithPath: folder.file("K0001.key")))
        let damaged = try prepare(folder, "K0001", in: 30)
        try FileManager.default.removeItem(atPath: folder.file("ca.pem"))
        let orphaned = try prepare(folder, "K0001", in: 30)

        #expect(late == ["office", "K0001"])
        #expect(damaged == ["K0001"])
        #expect(orphaned == ["ca", "office", "K0001"])
    }

    @Test(arguments: ["ca", "office", "K0001"])
    func `keys are readable by their owner only`(_ name: String) throws {
        let folder = try Certificates(kiosk: kioskID("K0001"))

        let rights = try FileManager.default.attributesOfItem(atPath: folder.file("\(name).key"))

        #expect(rights[.posixPermissions] as? Int == 0o600)
    }

    @Test func `a folder that cannot be is a fault with a remedy`() {
        let fault = #expect(throws: Fault.self) {
            try LocalAuthority.prepare(
                directory: "/dev/null/pki", kiosk: kioskID("K0001"), days: 30,
                now: WallTime(milliseconds: 0))
        }

        #expect(fault?.operation.contains("/dev/null/pki") == true)
    }
}
