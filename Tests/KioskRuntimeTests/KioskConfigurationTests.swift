import DeviceKit
import KioskFlows
import KioskModel
import KioskRuntime
import Testing

struct KioskConfigurationTests {
    static let good = """
        kiosk:
          id: K0001
          site: Hall
          hotline: "10086"
          languages: [zh-Hans, en]
        payment: { minYuan: 10, maxYuan: 300, denominationsYuan: [10, 50] }
        limits: { offlineCashYuan: 5000, idleSeconds: 15 }
        state: /var/lib/kiosk
        profiles: /usr/share/kiosk/devices
        devices:
          - class: billAcceptor
            profile: bill-acceptors/cashcode-sm
            link: { serial: /dev/kiosk/bill }
          - class: printer
            profile: printers/generic-80mm
            link: { cups: receipt }
        screen: { listen: "127.0.0.1:8480" }
        control: /run/kiosk/control.sock
        office:
          url: https://office.example:8443
          certificate: a.pem
          key: a.key
          trust: ca.pem
        """

    private func read(_ text: String, override: @escaping StrictYAML.Override = { _ in nil })
        throws -> KioskConfiguration
    {
        try KioskConfiguration(StrictYAML(text: text, file: "kioskd.yaml", override: override))
    }

    @Test func `a good file is read to the last key`() throws {
        let configuration = try read(Self.good)

        #expect(configuration.kiosk.rawValue == "K0001")
        #expect(configuration.denominations == [.yuan(10), .yuan(50)])
        #expect(configuration.maximum == .yuan(300))
        #expect(configuration.limits.offlineCash == .yuan(5000))
        #expect(configuration.waits.idle == .seconds(15))
        #expect(
            configuration.devices.map(\.link) == [
                .serial(path: "/dev/kiosk/bill"), .cups(queue: "receipt"),
            ])
    }

    @Test(arguments: [
        ("auto", USBSelector.auto),
        (
            "{ vendor: 0x0403, product: 0x6001 }",
            USBSelector(match: .init(vendor: 0x0403, product: 0x6001))
        ),
        ("{ port: 1-2.3 }", USBSelector(port: USBPort("1-2.3"))),
        (
            "{ vendor: 0x1234, product: 1, bridge: ftdi, port: 2-1 }",
            USBSelector(
                match: .init(vendor: 0x1234, product: 1, bridge: .ftdi), port: USBPort("2-1"))
        ),
    ])
    func `an acceptor hangs on USB by itself, by its numbers or by its port`(
        text: String, selector: USBSelector
    ) throws {
        let configuration = try read(
            Self.good.replacing("serial: /dev/kiosk/bill", with: "usb: \(text)"))

        #expect(configuration.devices.first?.link == .usb(selector))
    }

    @Test func `the environment stands above the file`() throws {
        let configuration = try read(Self.good) { $0 == "screen.listen" ? "127.0.0.1:9000" : nil }

        #expect(configuration.screen.port == 9000)
    }

    /// What is wrong -> the beginning of the sentence, with path, line and key.
    static let wrongs: [(from: String, to: String, says: String)] = [
        ("  site: Hall", "  site: Hall\n  sight: x", "kioskd.yaml:4: kiosk.sight: no such key"),
        ("  id: K0001", "  id: k1", "kioskd.yaml:2: kiosk.id: expected 1 to 24 of A-Z"),
        ("  id: K0001", "  id: [1]", "kioskd.yaml:2: kiosk.id: expected text, got a list"),
        ("  id: K0001", "  id: K1\n  id: K2", "kioskd.yaml:"),
        ("maxYuan: 300", "maxYuan: much", "kioskd.yaml:6: payment.maxYuan: expected an integer"),
        ("maxYuan: 300", "maxYuan: 5", "kioskd.yaml:6: payment.maxYuan: expected at least minYuan"),
        (
            "idleSeconds: 15", "idleSeconds: 25",
            "kioskd.yaml:7: limits.moreTimeSeconds: expected idle"
        ),
        ("https://office", "http://office", "kioskd.yaml:20: office.url: expected https://"),
        (
            "127.0.0.1:8480", "0.0.0.0:8480",
            "kioskd.yaml:17: screen.listen: expected 127.0.0.1:PORT"
        ),
        ("127.0.0.1:8480", "127.0.0.1:+8480", "kioskd.yaml:17: screen.listen: expected 127"),
        ("[10, 50]", "[10, +50]", "kioskd.yaml:6: payment.denominationsYuan: expected each value"),
        ("class: printer", "class: toaster", "kioskd.yaml:14: devices[1].class: expected one of"),
        (
            "class: printer", "class: billAcceptor",
            "kioskd.yaml:14: devices[1].class: expected one bill"
        ),
        ("[zh-Hans, en]", "[zh-Hans, fr]", "kioskd.yaml:5: kiosk.languages: expected each once of"),
        (
            "{ cups: receipt }", "{ cups: a/b }",
            "kioskd.yaml:16: devices[1].link.cups: expected a queue"
        ),
        (
            "serial: /dev/kiosk/bill", "usb: yes",
            "kioskd.yaml:13: devices[0].link.usb: expected auto or {"
        ),
        (
            "serial: /dev/kiosk/bill", "usb: { vendor: 0x0403 }",
            "kioskd.yaml:13: devices[0].link.usb.product: expected an integer"
        ),
        (
            "serial: /dev/kiosk/bill", "usb: {}",
            "kioskd.yaml:13: devices[0].link.usb.vendor: expected an integer"
        ),
        (
            "serial: /dev/kiosk/bill", "usb: { port: 12 }",
            "kioskd.yaml:13: devices[0].link.usb.port: expected bus and ports"
        ),
        (
            "serial: /dev/kiosk/bill", "usb: { port: 1-2, speed: 3 }",
            "kioskd.yaml:13: devices[0].link.usb.speed: no such key"
        ),
        (
            "serial: /dev/kiosk/bill", "usb: { vendor: 1, product: 2, bridge: x }",
            "kioskd.yaml:13: devices[0].link.usb.bridge: expected one of cdc-acm, ftdi"
        ),
        (
            "serial: /dev/kiosk/bill", "serial: a, usb: auto",
            "kioskd.yaml:13: devices[0].link.serial: expected `serial` or `usb`, got both"
        ),
        (
            "serial: /dev/kiosk/bill", "cups: a",
            "kioskd.yaml:13: devices[0].link.serial: expected `serial: PATH` or `usb: auto`"
        ),
        ("state: /var/lib/kiosk\n", "", "kioskd.yaml:1: state: expected text, got nothing"),
    ]

    @Test(arguments: wrongs)
    func `a wrong file is refused with path, line, key and what would be right`(
        from: String, to: String, says: String
    ) throws {
        let text = Self.good.replacing(from, with: to, maxReplacements: 1)

        #expect(text != Self.good)
        let fault = #expect(throws: YAMLFault.self) { try read(text) }
        #expect(fault?.description.hasPrefix(says) == true, "\(String(describing: fault))")
    }
}
