internal import DeviceKit
internal import KioskModel

/// Which of the devices on the bus is meant. A plain value, so that every case can be tried without USB.
struct USBSearch: Sendable {
    struct Candidate: Sendable, Hashable {
        let description: USBDescription
        let serial: String?
    }

    /// What the link held last: the same device is looked for, first by its serial number, then by its place.
    struct Binding: Sendable, Hashable {
        let port: String
        let serial: String?
    }

    /// Devices named in a fault.
    private static let namedMax = 4

    let matches: [BillAcceptorProfile.USBMatch]
    let port: USBPort?

    func wants(_ vendor: UInt16, _ product: UInt16) -> Bool {
        matches.contains { $0.vendor == vendor && $0.product == product }
    }

    /// The place of the device in `present`, and the match that took it.
    ///
    /// - Throws: none fits, or several do and none is the one held before; a person plugs, or writes a port down.
    func choose(among present: [Candidate], after binding: Binding?) throws(Fault)
        -> (place: Int, match: BillAcceptorProfile.USBMatch)
    {
        let fitting = fitting(present)
        guard let first = fitting.first else { throw nothing(present) }
        guard fitting.count > 1 else { return first }
        if let binding {
            let alike =
                binding.serial == nil
                ? [] : fitting.filter { present[$0.place].serial == binding.serial }
            if alike.count == 1 { return alike[0] }
            let rest = alike.isEmpty && binding.serial == nil ? fitting : alike
            if let same = rest.first(where: {
                present[$0.place].description.port == binding.port
            }) {
                return same
            }
        }
        throw ambiguous(fitting.map { present[$0.place].description })
    }

    /// Every place that fits.
    func fitting(_ present: [Candidate]) -> [(place: Int, match: BillAcceptorProfile.USBMatch)] {
        present.indices.compactMap { place in
            match(present[place].description).map { (place: place, match: $0) }
        }
    }

    private func match(_ device: USBDescription) -> BillAcceptorProfile.USBMatch? {
        guard port == nil || port?.description == device.port else { return nil }
        return matches.first { match in
            match.vendor == device.vendor && match.product == device.product
                && (match.interfaceClass == nil
                    || device.interfaces.contains { $0.interfaceClass == match.interfaceClass })
        }
    }

    private var wanted: String {
        let numbers = matches.map(\.description).joined(separator: " or ")
        return "\(numbers.isEmpty ? "a USB device" : numbers)"
            + (port.map { " at port \($0)" } ?? "")
    }

    private func nothing(_ present: [Candidate]) -> Fault {
        guard !matches.isEmpty else {
            return Fault(
                .communication, .configuration, operation: "find USB device",
                expected: "a profile with USB numbers", got: "got one without any",
                remedy: "Write `link: { usb: { vendor: …, product: … } }`, as `lsusb` shows them.")
        }
        let names = present.prefix(USBSearch.namedMax).map(\.description.name)
        let more = present.count > USBSearch.namedMax ? " and others" : ""
        return Fault(
            .communication, .maintenance, operation: "find USB device", expected: wanted,
            got: names.isEmpty
                ? "got an empty bus" : "got only \(names.joined(separator: ", "))\(more)",
            remedy: "Check the device's power and cable; `lsusb` shows what is plugged in.")
    }

    private func ambiguous(_ devices: [USBDescription]) -> Fault {
        let ports = devices.prefix(USBSearch.namedMax).map(\.port)
        return Fault(
            .communication, .configuration, operation: "find USB device",
            expected: "one of \(wanted)",
            got: "got \(devices.count): at ports "
                + ports.joined(separator: " and "),
            remedy: "Unplug what does not belong here, or write the acceptor's port: "
                + "`link: { usb: { port: \(ports.first ?? "1-2") } }`.")
    }
}
