import DeviceKit
import KioskModel
import Testing

@testable import Links

/// What a device says of itself is read with suspicion.
struct USBFitTests {
    private static let bulkIn = USBDescription.Endpoint(
        address: 0x81, attributes: 2, packetSize: 64)
    private static let bulkOut = USBDescription.Endpoint(
        address: 0x02, attributes: 2, packetSize: 64)
    private static let bulk = [bulkIn, bulkOut]
    private static let notice = USBDescription.Endpoint(
        address: 0x83, attributes: 3, packetSize: 16)

    private func interface(
        _ number: UInt8 = 0, class interfaceClass: UInt8 = 0xFF, subclass: UInt8 = 0,
        with endpoints: [USBDescription.Endpoint] = bulk, extra: [UInt8] = []
    ) -> USBDescription.Interface {
        USBDescription.Interface(
            number: number, interfaceClass: interfaceClass, interfaceSubclass: subclass,
            endpoints: endpoints, extra: extra)
    }

    private func device(
        _ vendor: UInt16 = 0x0403, _ product: UInt16 = 0x6001, release: UInt16 = 0x0600,
        having interfaces: [USBDescription.Interface]
    ) -> USBDescription {
        USBDescription(
            port: "1-2", vendor: vendor, product: product, release: release, deviceClass: 0,
            packetSize0: 64, interfaces: interfaces)
    }

    @Test(arguments: [
        (0x0403, 0x6001, USBBridgeKind.ftdi), (0x10C4, 0xEA60, .cp210x), (0x0BED, 0x1100, .cp210x),
        (0x1A86, 0x7523, .ch340), (0x067B, 0x2303, .pl2303), (0x067B, 0x23A3, .pl2303),
    ]) func `a bridge is known by its numbers`(vendor: Int, product: Int, kind: USBBridgeKind) {
        let device = device(UInt16(vendor), UInt16(product), having: [interface()])

        #expect(USBFit.recognise(device) == kind)
    }

    @Test func `the serial class is known by its interface, and its two interfaces are claimed`()
        throws
    {
        // Header, abstract control with line coding, union of 0 and 1.
        let extra: [UInt8] = [5, 0x24, 0, 0x10, 1, 4, 0x24, 2, 2, 5, 0x24, 6, 0, 1]
        let device = device(
            0x191C, 0x4104,
            having: [
                interface(0, class: 2, subclass: 2, with: [Self.notice], extra: extra),
                interface(1, class: 0x0A),
            ])

        let fit = try USBFit(device, kind: nil)

        #expect(fit.interfaces == [0, 1])
        #expect(fit.input == 0x81)
        #expect(fit.output == 0x02)
        #expect((fit.bridge as? CDCACM)?.hasLineCoding == true)
    }

    @Test func `a serial unit with everything on one interface, and one that says nothing, work`()
        throws
    {
        let single = device(
            0x1234, 1,
            having: [interface(0, class: 2, subclass: 2, with: [Self.notice] + Self.bulk)])
        let silent = device(
            0x1234, 1,
            having: [interface(0, class: 2, subclass: 2, with: []), interface(1, class: 0x0A)])

        #expect(try USBFit(single, kind: nil).interfaces == [0])
        #expect(try USBFit(silent, kind: nil).interfaces == [0, 1])
    }

    @Test func `a bridge with a maker's own numbers needs its kind from the profile`() throws {
        let device = device(0x1234, 0x5678, having: [interface()])

        let fault = #expect(throws: Fault.self) { try USBFit(device, kind: nil) }
        #expect(fault?.remedy.contains("`bridge`") == true)

        #expect(try USBFit(device, kind: .ftdi).bridge is FTDI)
    }

    @Test(arguments: 0..<9) func `a description that cannot be true is refused with what is wrong`(
        lie: Int
    ) {
        let lies: [(USBDescription, String)] = [
            (device(having: []), "a configuration with interfaces"),
            (device(having: [interface(with: [])]), "an interface with endpoints"),
            (
                device(having: [interface(with: [Self.bulkIn])]),
                "a bulk OUT endpoint in interface 0"
            ),
            (device(having: [interface(with: [Self.bulkOut, Self.notice])]), "a bulk IN endpoint"),
            (device(having: [interface(with: [packets(0), Self.bulkOut])]), "packets of 8"),
            (device(having: [interface(with: [packets(65_535), Self.bulkOut])]), "packets of 8"),
            (device(having: [interface(), interface()]), "each interface once"),
            (
                device(
                    0x1234, 1,
                    having: [
                        interface(0, class: 2, subclass: 2, with: [], extra: [5, 0x24, 6, 0, 7])
                    ]),
                "the data interface 7"
            ),
            (
                device(having: [interface(with: [Self.bulkIn, packets(32), Self.bulkOut])]),
                "a bulk IN endpoint in interface 0"
            ),
        ]

        let fault = #expect(throws: Fault.self) { try USBFit(lies[lie].0, kind: nil) }

        #expect(fault?.expected.contains(lies[lie].1) == true, "\(String(describing: fault))")
        #expect(fault?.operation.contains("1-2") == true)
        #expect(fault?.kind == .hardware)
    }

    private func packets(_ size: Int) -> USBDescription.Endpoint {
        USBDescription.Endpoint(address: 0x81, attributes: 2, packetSize: size)
    }

    @Test(arguments: [
        [], [0], [1, 0x24], [0, 0x24, 6], [9, 0x24, 6, 0, 1], [3, 0x24, 6], [255],
    ])
    func `class descriptors with false lengths tell nothing`(extra: [UInt8]) {
        let functions = CDCFunctions(interface(extra: extra))

        #expect(functions.dataInterface == nil)
        #expect(!functions.hasLineCoding)
    }
}
