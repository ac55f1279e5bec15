internal import CLibUSB
public import KioskModel

/// The machine's USB, through one libusb context and its one event thread. All USB links of a program share it.
public final class USBBus: Sendable {
    let thread: USBThread

    /// - Throws: the machine has no USB, or no file descriptors are left; the program cannot serve its USB devices.
    public init() throws(Fault) { thread = try USBThread() }
}

/// What is plugged in now, as libusb lists it.
struct USBListing {
    /// A device, referenced for as long as the value lives.
    final class Device {
        let pointer: OpaquePointer
        let description: USBDescription
        /// From the kernel: reading it asks nothing of the device.
        let serial: String?

        var candidate: USBSearch.Candidate { .init(description: description, serial: serial) }

        fileprivate init(_ pointer: OpaquePointer, _ description: USBDescription, serial: String?) {
            (self.pointer, self.description, self.serial) = (pointer, description, serial)
            libusb_ref_device(pointer)
        }

        deinit { libusb_unref_device(pointer) }
    }

    /// Everything that hangs on a port, sorted by port; the interfaces are read only where `wanted` says so.
    static func devices(_ context: OpaquePointer, wanted: (UInt16, UInt16) -> Bool) -> [Device] {
        var list: UnsafeMutablePointer<OpaquePointer?>?
        let count = libusb_get_device_list(context, &list)
        guard count >= 0, let list else { return [] }
        defer { libusb_free_device_list(list, 1) }
        let devices = (0..<count).compactMap { list[$0] }.compactMap { device($0, wanted) }
        return devices.sorted { $0.description.port < $1.description.port }
    }

    private static func device(_ pointer: OpaquePointer, _ wanted: (UInt16, UInt16) -> Bool)
        -> Device?
    {
        var head = libusb_device_descriptor()
        guard libusb_get_device_descriptor(pointer, &head) == 0, let port = port(pointer) else {
            return nil
        }
        let isWanted = wanted(head.idVendor, head.idProduct)
        let description = USBDescription(
            port: port, vendor: head.idVendor, product: head.idProduct, release: head.bcdDevice,
            deviceClass: head.bDeviceClass, packetSize0: head.bMaxPacketSize0,
            interfaces: isWanted ? interfaces(pointer) : [])
        let serial = isWanted && head.iSerialNumber != 0 ? SysfsText.read("serial", of: port) : nil
        return Device(pointer, description, serial: serial)
    }

    /// Nil for a root hub, which hangs on no port.
    private static func port(_ pointer: OpaquePointer) -> String? {
        // Source: USB 3.2 10.16.2.8: at most seven tiers.
        var ports = [UInt8](repeating: 0, count: 7)
        let count = Int(libusb_get_port_numbers(pointer, &ports, Int32(ports.count)))
        guard count > 0 else { return nil }
        let chain = ports.prefix(count).map(String.init).joined(separator: ".")
        return "\(libusb_get_bus_number(pointer))-\(chain)"
    }

    /// Empty when the device is not configured, or libusb cannot make sense of what it says.
    private static func interfaces(_ pointer: OpaquePointer) -> [USBDescription.Interface] {
        var configuration: UnsafeMutablePointer<libusb_config_descriptor>?
        guard libusb_get_active_config_descriptor(pointer, &configuration) == 0,
            let configuration
        else { return [] }
        defer { libusb_free_config_descriptor(configuration) }
        let list = UnsafeBufferPointer(
            start: configuration.pointee.interface,
            count: Int(configuration.pointee.bNumInterfaces))
        return list.compactMap { interface in
            guard interface.num_altsetting > 0, let first = interface.altsetting else { return nil }
            return self.interface(first.pointee)
        }
    }

    private static func interface(_ raw: libusb_interface_descriptor) -> USBDescription.Interface {
        let endpoints = UnsafeBufferPointer(start: raw.endpoint, count: Int(raw.bNumEndpoints))
        let extra = UnsafeBufferPointer(start: raw.extra, count: Int(max(raw.extra_length, 0)))
        return USBDescription.Interface(
            number: raw.bInterfaceNumber, interfaceClass: raw.bInterfaceClass,
            interfaceSubclass: raw.bInterfaceSubClass,
            endpoints: endpoints.map {
                USBDescription.Endpoint(
                    address: $0.bEndpointAddress, attributes: $0.bmAttributes,
                    packetSize: Int($0.wMaxPacketSize))
            }, extra: Array(extra))
    }
}
