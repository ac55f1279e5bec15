internal import DeviceKit
internal import KioskModel
internal import OfficeWeb

/// What the configuration file says. Every scalar can be overridden: office.listen by KIOSK_OFFICE_LISTEN,
/// billing.url by KIOSK_OFFICE_BILLING_URL.
struct OfficeSettings {
    let listen: ListenAddress
    let desk: ListenAddress
    let database: String
    let certificate: String
    let key: String
    let trust: String
    let billing: String

    /// - Throws: `YAMLFault` naming path, line, key and what would be right.
    static func read(file: String, environment: [String: String]) throws(YAMLFault)
        -> OfficeSettings
    {
        let top = try StrictYAML.read(file: file) { environment[variable(for: $0)] }
        let office = try top.mapping("office")
        let billing = try top.mapping("billing")
        let settings = OfficeSettings(
            listen: try address("listen", in: office), desk: try address("desk", in: office),
            database: try office.text("database"),
            certificate: try office.text("certificate"), key: try office.text("key"),
            trust: try office.text("trust"), billing: try billing.text("url"))
        guard settings.desk.isLoopback else {
            throw office.wrong(
                "desk",
                "expected 127.0.0.1 or localhost, for there are no log-ins yet; use an SSH tunnel")
        }
        try office.end()
        try billing.end()
        try top.end()
        return settings
    }

    static func variable(for key: String) -> String {
        let name = key.hasPrefix("office.") ? String(key.dropFirst("office.".count)) : key
        return "KIOSK_OFFICE_"
            + name.uppercased().split(separator: ".", omittingEmptySubsequences: false)
            .joined(separator: "_")
    }

    private static func address(_ key: String, in office: StrictYAML) throws(YAMLFault)
        -> ListenAddress
    {
        let text = try office.text(key)
        do {
            return try ListenAddress(text)
        } catch {
            throw office.wrong(key, "expected \(error.expected), \(error.got)")
        }
    }
}
