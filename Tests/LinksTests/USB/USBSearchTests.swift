import DeviceKit
import KioskModel
import Testing

@testable import Links

/// Which of the devices on the bus is meant.
struct USBSearchTests {
    private func device(
        _ port: String, _ product: UInt16 = 1, serial: String? = nil,
        class interfaceClass: UInt8 = 2
    ) -> USBSearch.Candidate {
        USBSearch.Candidate(
            description: USBDescription(
                port: port, vendor: 0x1234, product: product, release: 0, deviceClass: 0,
                packetSize0: 64,
                interfaces: [
                    .init(
                        number: 0, interfaceClass: interfaceClass, interfaceSubclass: 0,
                        endpoints: [], extra: [])
                ]), serial: serial)
    }

    private let search = USBSearch(matches: [.init(vendor: 0x1234, product: 1)], port: nil)

    private func port(
        _ present: [USBSearch.Candidate], after binding: USBSearch.Binding? = nil
    ) throws -> String {
        present[try search.choose(among: present, after: binding).place].description.port
    }

    @Test func `the only one that fits is taken, wherever it is`() throws {
        let present = [device("1-1", 2), device("1-4"), device("2-1", 3)]

        #expect(try port(present) == "1-4")
        #expect(try port(present, after: .init(port: "1-2", serial: "A")) == "1-4")
    }

    @Test func `among several the one held before is taken: by its number, else by its place`()
        throws
    {
        let numbered = [device("1-1", serial: "A"), device("1-2", serial: "B")]
        #expect(try port(numbered, after: .init(port: "1-1", serial: "B")) == "1-2")

        let plain = [device("1-1"), device("1-2")]
        #expect(try port(plain, after: .init(port: "1-2", serial: nil)) == "1-2")

        // Makers that give every piece the same number.
        let same = [device("1-1", serial: "0001"), device("1-2", serial: "0001")]
        #expect(try port(same, after: .init(port: "1-2", serial: "0001")) == "1-2")
    }

    @Test func `several of which none was held before are named, and the cure`() throws {
        let strangers = [device("1-1", serial: "A"), device("1-2", serial: "B")]
        for binding in [
            nil, USBSearch.Binding(port: "1-1", serial: "C"), .init(port: "1-9", serial: nil),
        ] {
            let fault = #expect(throws: Fault.self) { try port(strangers, after: binding) }

            #expect(fault?.got == "got 2: at ports 1-1 and 1-2")
            #expect(fault?.action == .configuration)
        }
    }

    @Test func `numbers that kinds of device share are told apart by the interface's class`() throws
    {
        let narrow = USBSearch(
            matches: [.init(vendor: 0x1234, product: 1, interfaceClass: 2)], port: nil)
        let present = [device("1-1", class: 3), device("1-2", class: 2)]

        #expect(try narrow.choose(among: present, after: nil).place == 1)
    }

    @Test func `what is there is named when nothing fits`() throws {
        let fault = #expect(throws: Fault.self) { try port([device("1-3", 0x77)]) }
        #expect(fault?.expected == "1234:0001")
        #expect(fault?.got == "got only 1234:0077 at port 1-3")

        let unnamed = USBSearch(matches: [], port: USBPort("1-2"))
        let nameless = #expect(throws: Fault.self) {
            try unnamed.choose(among: [device("1-2")], after: nil)
        }
        #expect(nameless?.action == .configuration)
    }
}
