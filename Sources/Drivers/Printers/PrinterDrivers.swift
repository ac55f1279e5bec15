internal import DeviceKit

extension Drivers {
    /// Printer drivers by the profile's `driver` key, alphabetical.
    static let printers: [String: DriverList.MakePrinter] = [
        "escpos": { ESCPOSPrinter(profile: $0, link: $1, timekeeper: $2) }
    ]
    /// The quirks each printer driver knows.
    static let printerQuirks: [String: Set<String>] = ["escpos": []]
}
