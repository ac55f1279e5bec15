/// What a device says of itself, as the host read it: nothing of it is trusted yet.
///
/// Source of the fields: USB 2.0 9.6.1 device, 9.6.5 interface, 9.6.6 endpoint.
struct USBDescription: Sendable, Hashable {
    struct Endpoint: Sendable, Hashable {
        /// Bit 7: from the device.
        var address: UInt8
        /// Bits 0 and 1: 0 control, 1 isochronous, 2 bulk, 3 interrupt.
        var attributes: UInt8
        /// wMaxPacketSize; bits 11 and 12 belong to other kinds than bulk.
        var packetSize: Int

        var isBulk: Bool { attributes & 3 == 2 }
        var isInput: Bool { address & 0x80 != 0 }
    }

    /// The first alternate setting of an interface.
    struct Interface: Sendable, Hashable {
        var number: UInt8
        var interfaceClass: UInt8
        var interfaceSubclass: UInt8
        var endpoints: [Endpoint]
        /// Class-specific descriptors behind the interface's own.
        var extra: [UInt8]
    }

    /// Bus and chain of ports, as the kernel names them: "1-2.3".
    var port: String
    var vendor: UInt16
    var product: UInt16
    /// bcdDevice.
    var release: UInt16
    var deviceClass: UInt8
    /// bMaxPacketSize0.
    var packetSize0: UInt8
    var interfaces: [Interface]

    /// "0403:6001 at port 1-2".
    var name: String { "\(USBText.hex(vendor)):\(USBText.hex(product)) at port \(port)" }
}
