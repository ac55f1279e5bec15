import DeviceKit
import Foundation
import KioskModel
import Testing

struct ProfileSetTests {
    static let drivers = DriverList(
        billAcceptors: ["ccnet": { _, _, _ in preconditionFailure("never made here") }],
        printers: ["escpos": { _, _, _ in preconditionFailure("never made here") }],
        quirks: ["ccnet": ["deafAfterReset"], "escpos": []])

    static let good = """
        driver: ccnet
        deviceClass: billAcceptor
        make: Example
        model: Mark One
        status: supported
        match:
          - usb: { vendor: 0x1234, product: 0x0001 }
        serial: { baud: 9600, dataBits: 8, parity: none, stopBits: 1 }
        poll:
          intervalMs: 100
          replyTimeoutMs: 60
          missedMax: 5
          initializeTimeoutMs: 3000
        currency: CNY
        currencyCodes: [CHN]
        notes:
          - { code: 2, valueMinor: 1000 }
          - { code: 3, valueMinor: 2000 }
        identityContains: EX
        quirks: [deafAfterReset]

        """

    static let printer = """
        driver: escpos
        deviceClass: printer
        make: Example
        model: Paper One
        status: unsupported
        why: no cutter command is known
        columns: 48
        chinese: true
        cuts: false
        jobTimeoutMs: 20000
        pollIntervalMs: 500
        quirks: []

        """

    /// Loads files by their path below the directory.
    private func load(_ files: [String: String]) throws -> ProfileSet {
        let folder = FileManager.default.temporaryDirectory.path + "/profiles-\(UUID())"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (path, text) in files.sorted(by: { $0.key < $1.key }) {
            let url = URL(filePath: folder + "/" + path)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
        }
        return try ProfileSet.load(directory: folder, drivers: Self.drivers)
    }

    private func fault(_ text: String, at path: String = "bill-acceptors/example.yaml")
        -> YAMLFault?
    {
        do {
            _ = try load([path: text])
            return nil
        } catch { return error as? YAMLFault }
    }

    @Test func `a profile is read with all it says`() throws {
        let profiles = try load([
            "bill-acceptors/example-one.yaml": Self.good, "printers/paper.yaml": Self.printer,
            "README.md": "not a profile",
        ])

        let acceptor = try #require(profiles.billAcceptor("bill-acceptors/example-one"))
        #expect(acceptor.head.status == .supported && acceptor.head.has("deafAfterReset"))
        #expect(acceptor.matches == [.init(vendor: 0x1234, product: 1)])
        #expect(acceptor.polling.interval == .milliseconds(100) && acceptor.polling.missedMax == 5)
        #expect(acceptor.notes.map(\.value) == [.yuan(10), .yuan(20)])
        #expect(acceptor.identityContains == "EX" && acceptor.serial.baud == 9600)
        let printer = try #require(profiles.printer("printers/paper"))
        #expect(printer.head.status == .unsupported(why: "no cutter command is known"))
        #expect(printer.columns == 48 && printer.chinese && !printer.cuts)
        #expect(profiles.billAcceptor("printers/paper") == nil)
    }

    @Test(arguments: [
        ("driver: ccnet", "driver: ssp", 1, "driver", "expected one of ccnet"),
        ("deviceClass: billAcceptor", "deviceClass: toaster", 2, "deviceClass", "expected one of"),
        ("deviceClass: billAcceptor", "deviceClass: printer", 2, "deviceClass", "printers/"),
        ("make: Example\n", "", 1, "make", "missing"),
        ("status: supported", "status: perhaps", 5, "status", "expected one of supported"),
        ("status: supported", "status: unsupported", 1, "why", "reason"),
        ("status: supported", "status: supported\nwhy: x", 6, "why", "only with"),
        ("vendor: 0x1234", "vendor: 0x12345", 7, "match[0].usb.vendor", "from 1 to 65535"),
        ("vendor: 0x1234", "vender: 0x1234", 7, "match[0].usb.vendor", "missing"),
        ("baud: 9600", "baud: 9601", 8, "serial.baud", "expected one of 1200"),
        ("parity: none", "parity: mark", 8, "serial.parity", "none, odd, even"),
        ("stopBits: 1", "stopBits: 1, flow: x", 8, "serial.flow", "no such key"),
        ("intervalMs: 100", "intervalMs: soon", 10, "poll.intervalMs", "from 20 to 5000"),
        ("missedMax: 5", "missedMax: 0", 12, "poll.missedMax", "from 1 to 100"),
        ("currency: CNY", "currency: USD", 14, "currency", "expected CNY"),
        ("[CHN]", "[]", 15, "currencyCodes", "at least one"),
        ("[CHN]", "[chn]", 15, "currencyCodes", "capital"),
        ("code: 3", "code: 2", 18, "notes[1].code", "again"),
        ("code: 3", "code: 256", 18, "notes[1].code", "from 0 to 255"),
        ("valueMinor: 2000", "valueMinor: 0", 18, "notes[1].valueMinor", "from 1"),
        ("valueMinor: 2000", "valueMinor: -5", 18, "notes[1].valueMinor", "from 1"),
        ("[deafAfterReset]", "[deafAfterLunch]", 20, "quirks", "deafAfterReset"),
        ("[deafAfterReset]", "[deafAfterReset, deafAfterReset]", 20, "quirks", "once"),
        (
            "identityContains: EX\n", "identityContains: EX\ncolour: red\n", 20, "colour",
            "no such key"
        ),
        (
            "make: Example\nmodel: Mark One", "model: Mark One\nmake: Example", 4, "make",
            "expected before"
        ),
        ("make: Example", "make: Example\nmake: Again", 3, "make", "once"),
    ])
    func `a profile that is wrong is refused with line, key and what would be right`(
        _ old: String, _ new: String, _ line: Int, _ key: String, _ says: String
    ) throws {
        let text = Self.good.replacing(old, with: new)
        #expect(text != Self.good)

        let found = try #require(fault(text))

        #expect(found.line == line && found.key == key && found.problem.contains(says), "\(found)")
        #expect(found.file.hasSuffix("bill-acceptors/example.yaml"))
    }

    @Test func `a directory that is none, or holds no profile, is refused`() {
        #expect(throws: YAMLFault.self) {
            try ProfileSet.load(directory: "/nonexistent/devices", drivers: Self.drivers)
        }
        #expect(throws: YAMLFault.self) { try load(["notes.txt": "nothing"]) }
        #expect(throws: YAMLFault.self) { try load(["bill-acceptors/x.yml": Self.good]) }
        #expect(throws: YAMLFault.self) { try load(["toasters/x.yaml": Self.good]) }
    }

    @Test func `udev rules cite their profiles, one rule for an identity that several name`() throws
    {
        let unsupported = Self.good.replacing("0x0001", with: "0x0002")
            .replacing("status: supported", with: "status: unsupported\nwhy: it lies")
        let profiles = try load([
            "bill-acceptors/a.yaml": Self.good, "bill-acceptors/b.yaml": Self.good,
            "bill-acceptors/c.yaml": unsupported,
        ])

        let text = UdevRules.text(for: profiles)

        #expect(
            text.contains(
                "# devices/bill-acceptors/a.yaml\n# devices/bill-acceptors/b.yaml\nSUBSYSTEM"))
        #expect(text.split(separator: "\n").filter { $0.hasPrefix("SUBSYSTEM") }.count == 2)
        #expect(text.contains(#"ATTRS{idVendor}=="1234", ATTRS{idProduct}=="0001""#))
        #expect(!text.contains("0002"))
    }
}
