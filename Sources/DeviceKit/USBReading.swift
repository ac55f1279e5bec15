extension BillAcceptorProfile.USBMatch {
    /// `{ vendor: 0x0403, product: 0x6001 }`, with `interfaceClass` and `bridge` where they are needed. The caller ends
    /// the mapping.
    public init(_ usb: StrictYAML) throws(YAMLFault) {
        let vendor = try usb.integer("vendor", in: 1...0xFFFF)
        let product = try usb.integer("product", in: 0...0xFFFF)
        let interfaceClass = try usb.optionalInteger("interfaceClass", in: 1...0xFF)
        let bridge =
            try usb.optionalText("bridge") == nil
            ? nil : try usb.choice("bridge", of: USBBridgeKind.self)
        self.init(
            vendor: UInt16(vendor), product: UInt16(product),
            interfaceClass: interfaceClass.map { UInt8($0) }, bridge: bridge)
    }
}

extension USBSelector {
    /// The value of `usb` in a device's `link`.
    public init(_ link: StrictYAML) throws(YAMLFault) {
        guard link.isMapping("usb") else {
            let word = try link.text("usb")
            guard word == "auto" else {
                throw link.wrong(
                    "usb", "expected auto or { vendor: …, product: …, port: … }, got `\(word)`")
            }
            self = .auto
            return
        }
        let usb = try link.mapping("usb")
        let port = try USBSelector.port(usb)
        // Without numbers it is the profile's device at that port.
        let numbered = usb.has("vendor") || usb.has("product") || port == nil
        let match = numbered ? try BillAcceptorProfile.USBMatch(usb) : nil
        try usb.end()
        self.init(match: match, port: port)
    }

    private static func port(_ usb: StrictYAML) throws(YAMLFault) -> USBPort? {
        guard let text = try usb.optionalText("port") else { return nil }
        guard let port = USBPort(text) else {
            throw usb.wrong(
                "port",
                "expected bus and ports like `1-2` or `1-2.3` (`lsusb -t`), got `\(text)`")
        }
        return port
    }
}
