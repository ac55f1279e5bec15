internal import Glibc

/// What the kernel knows of a USB device.
///
/// Source: Linux, Documentation/ABI/testing/sysfs-bus-usb.
enum SysfsText {
    /// A string descriptor has at most 126 characters of two bytes (USB 2.0 9.6.7), at most three bytes each as UTF-8.
    private static let lengthMax = 512

    /// The first line of an attribute; nil if there is none.
    static func read(_ attribute: String, of port: String) -> String? {
        let file = open("/sys/bus/usb/devices/\(port)/\(attribute)", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: lengthMax)
        let count = bytes.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
        guard count > 0 else { return nil }
        let line = bytes.prefix(count).prefix { $0 != 0x0A }
        return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
    }
}
