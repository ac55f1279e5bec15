public import DeviceKit
public import KioskFlows
public import KioskModel

/// kioskd's configuration file, read strictly: every fault names path, line, key and what would be right.
/// docs/operator.md explains every key.
public struct KioskConfiguration: Sendable {
    public struct Device: Sendable, Hashable {
        public let deviceClass: DeviceClass
        /// "bill-acceptors/cashcode-sm".
        public let profile: String
        public let link: Link
        public let line: Int
    }

    /// Where a device hangs.
    public enum Link: Sendable, Hashable, CustomStringConvertible {
        case serial(path: String)
        case usb(USBSelector)
        case cups(queue: String)
        public var description: String {
            switch self {
            case .serial(let path): "serial \(path)"
            case .usb(let selector): "usb \(selector)"
            case .cups(let queue): "cups \(queue)"
            }
        }
    }

    /// The way to the central office and the certificates of both ends (PEM files).
    public struct Office: Sendable, Hashable {
        public let url: String
        public let certificate: String
        public let key: String
        public let trust: String
    }

    public struct Listen: Sendable, Hashable {
        public let host: String
        public let port: Int
    }

    public let file: String
    public let kiosk: KioskID
    public let site: String
    public let hotline: String
    public let languages: [Language]
    public let grammar: PhoneGrammar
    public let minimum: Money
    public let maximum: Money
    public let denominations: [Money]
    public let waits: VisitSettings.Waits
    public let limits: KioskSettings.Limits
    /// The folder of the journal.
    public let state: String
    /// The folder of the device profiles.
    public let profiles: String
    public let devices: [Device]
    public let screen: Listen
    /// Unix socket of the technician's tool.
    public let control: String
    public let office: Office

    /// - Parameter environment: a variable overrides a key of text or number: KIOSK_OFFICE_URL is `office.url`.
    /// - Throws: `YAMLFault`; the program ends with its text.
    public init(file: String, environment: [String: String]) throws(YAMLFault) {
        try self.init(
            StrictYAML.read(file: file, override: KioskConfiguration.override(environment)))
    }

    public init(_ top: StrictYAML) throws(YAMLFault) {
        file = top.file
        let about = try top.mapping("kiosk")
        kiosk = try KioskConfiguration.kioskID(about)
        site = try about.text("site")
        hotline = try about.text("hotline")
        languages = try KioskConfiguration.languages(about)
        grammar = try KioskConfiguration.grammar(about)
        try about.end()
        let payment = try top.optionalMapping("payment")
        (minimum, maximum, denominations) = try KioskConfiguration.payment(payment)
        let limits = try top.optionalMapping("limits")
        self.limits = try KioskConfiguration.limits(limits)
        waits = try KioskConfiguration.waits(limits)
        try limits?.end()
        state = try top.text("state")
        profiles = try top.text("profiles")
        devices = try KioskConfiguration.devices(top)
        let screen = try top.optionalMapping("screen")
        self.screen = try KioskConfiguration.listen(screen)
        try screen?.end()
        control = try top.optionalText("control") ?? "/run/kiosk/control.sock"
        office = try KioskConfiguration.office(top.mapping("office"))
        try top.end()
    }

    /// What a visit needs; the epoch is the journal's.
    public func settings(epoch: Epoch) -> KioskSettings {
        KioskSettings(
            visit: VisitSettings(
                kiosk: kiosk, epoch: epoch, site: site, hotline: hotline, languages: languages,
                grammar: grammar, minimum: minimum, maximum: maximum,
                denominations: denominations, waits: waits),
            limits: limits)
    }

    private static func override(_ environment: [String: String]) -> StrictYAML.Override {
        { key in
            let upper = key.uppercased().map { $0.isLetter || $0.isNumber ? $0 : "_" }
            return environment["KIOSK_" + String(upper)]
        }
    }
}

// The parts, in the order of the file.
extension KioskConfiguration {
    private static func kioskID(_ about: StrictYAML) throws(YAMLFault) -> KioskID {
        let text = try about.text("id")
        guard let id = KioskID(rawValue: text) else {
            throw about.wrong("id", "expected 1 to 24 of A-Z, 0-9 and -, got `\(text)`")
        }
        return id
    }

    private static func languages(_ about: StrictYAML) throws(YAMLFault) -> [Language] {
        var languages: [Language] = []
        for text in try about.texts("languages") {
            guard let language = Language(rawValue: text), !languages.contains(language) else {
                let allowed = Language.allCases.map(\.rawValue).joined(separator: ", ")
                throw about.wrong(
                    "languages", "expected each once of \(allowed), got `\(text)`")
            }
            languages.append(language)
        }
        return languages.isEmpty ? Language.allCases : languages
    }

    /// `phone: { length: 11, prefixes: ["13-19"] }`; without it mainland mobile numbers.
    private static func grammar(_ about: StrictYAML) throws(YAMLFault) -> PhoneGrammar {
        guard let phone = try about.optionalMapping("phone") else { return .mainlandMobile }
        let length = try phone.integer("length", in: 5...20)
        var prefixes: [ClosedRange<String>] = []
        for text in try phone.texts("prefixes") {
            let ends = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
            guard (1...2).contains(ends.count), let low = ends.first, let high = ends.last,
                low.utf8.count == high.utf8.count, (1...length).contains(low.utf8.count),
                (low + high).utf8.allSatisfy({ (0x30...0x39).contains($0) }), low <= high
            else {
                throw phone.wrong(
                    "prefixes", "expected beginnings like `13-19` or `861`, got `\(text)`")
            }
            prefixes.append(low...high)
        }
        guard !prefixes.isEmpty else {
            throw phone.wrong("prefixes", "expected at least one beginning like `13-19`, got none")
        }
        try phone.end()
        return PhoneGrammar(length: length, prefixes: prefixes)
    }

    private static func payment(_ payment: StrictYAML?) throws(YAMLFault)
        -> (Money, Money, [Money])
    {
        let usual: [Money] = [.yuan(10), .yuan(20), .yuan(50), .yuan(100)]
        guard let payment else { return (.yuan(10), .yuan(500), usual) }
        let minimum = try payment.optionalInteger("minYuan", in: 1...10_000) ?? 10
        let maximum = try payment.optionalInteger("maxYuan", in: 1...50_000) ?? 500
        guard minimum <= maximum else {
            throw payment.wrong(
                "maxYuan", "expected at least minYuan (\(minimum)), got \(maximum)")
        }
        var values: [Money] = []
        for text in try payment.texts("denominationsYuan") {
            guard let yuan = Int64(text), String(yuan) == text, (1...1000).contains(yuan),
                !values.contains(.yuan(yuan))
            else {
                throw payment.wrong(
                    "denominationsYuan", "expected each value once from 1 to 1000, got `\(text)`")
            }
            values.append(.yuan(yuan))
        }
        try payment.end()
        return (
            .yuan(Int64(minimum)), .yuan(Int64(maximum)), values.isEmpty ? usual : values.sorted()
        )
    }

    private static func limits(_ given: StrictYAML?) throws(YAMLFault) -> KioskSettings.Limits {
        var limits = KioskSettings.Limits()
        guard let given else { return limits }
        if let yuan = try given.optionalInteger("offlineCashYuan", in: 100...1_000_000) {
            limits.offlineCash = .yuan(Int64(yuan))
        }
        if let hours = try given.optionalInteger("offlineAgeHours", in: 1...720) {
            limits.offlineAge = .seconds(hours * 3600)
        }
        if let entries = try given.optionalInteger("moneyLaneEntries", in: 100...10_000_000) {
            limits.moneyLane = Int64(entries)
        }
        if let seconds = try given.optionalInteger("officeSilenceSeconds", in: 5...86_400) {
            limits.officeSilence = .seconds(seconds)
        }
        if let seconds = try given.optionalInteger("questionSeconds", in: 1...30) {
            limits.question = .seconds(seconds)
        }
        return limits
    }

    /// Personal data must leave the screen within 30 s, so the two short waits have a common limit.
    private static func waits(_ given: StrictYAML?) throws(YAMLFault) -> VisitSettings.Waits {
        var waits = VisitSettings.Waits()
        guard let given else { return waits }
        func read(_ key: String, _ range: ClosedRange<Int>, _ wait: inout Duration)
            throws(YAMLFault)
        {
            if let seconds = try given.optionalInteger(key, in: range) { wait = .seconds(seconds) }
        }
        try read("idleSeconds", 5...25, &waits.idle)
        try read("moreTimeSeconds", 3...25, &waits.moreTime)
        try read("idleWithNotesSeconds", 10...300, &waits.idleWithNotes)
        try read("moreTimeWithNotesSeconds", 5...120, &waits.moreTimeWithNotes)
        try read("noteSettlementSeconds", 20...300, &waits.noteSettlement)
        try read("settlementSeconds", 1...60, &waits.settlement)
        try read("lingerSeconds", 3...25, &waits.linger)
        guard waits.idle + waits.moreTime <= .seconds(30) else {
            throw given.wrong(
                "moreTimeSeconds",
                "expected idleSeconds + moreTimeSeconds of at most 30, "
                    + "got \((waits.idle + waits.moreTime).components.seconds)")
        }
        return waits
    }

    private static func devices(_ top: StrictYAML) throws(YAMLFault) -> [Device] {
        var devices: [Device] = []
        for item in try top.mappings("devices") {
            let deviceClass = try item.choice("class", of: DeviceClass.self)
            guard deviceClass != .cardReader else {
                throw item.wrong("class", "expected billAcceptor or printer, got `cardReader`")
            }
            guard !devices.contains(where: { $0.deviceClass == deviceClass }) else {
                throw item.wrong("class", "expected one \(deviceClass.rawValue), got a second one")
            }
            let profile = try item.text("profile")
            let link = try link(item.mapping("link"), of: deviceClass)
            try item.end()
            devices.append(
                Device(deviceClass: deviceClass, profile: profile, link: link, line: item.line))
        }
        return devices
    }

    private static func link(_ link: StrictYAML, of deviceClass: DeviceClass) throws(YAMLFault)
        -> Link
    {
        switch deviceClass {
        case .billAcceptor, .cardReader:
            return try acceptorLink(link)
        case .printer:
            let queue = try link.text("cups")
            guard queue.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x2F && $0 != 0x23 })
            else {
                throw link.wrong("cups", "expected a queue name without spaces, / and #")
            }
            try link.end()
            return .cups(queue: queue)
        }
    }

    /// `serial: PATH`, or `usb: auto`, or `usb: { vendor, product, port }`; one of them.
    private static func acceptorLink(_ link: StrictYAML) throws(YAMLFault) -> Link {
        guard link.has("usb") else {
            guard link.has("serial") else {
                throw link.wrong("serial", "expected `serial: PATH` or `usb: auto`, got neither")
            }
            let path = try link.text("serial")
            try link.end()
            return .serial(path: path)
        }
        guard !link.has("serial") else {
            throw link.wrong("serial", "expected `serial` or `usb`, got both")
        }
        let selector = try USBSelector(link)
        try link.end()
        return .usb(selector)
    }

    private static func listen(_ screen: StrictYAML?) throws(YAMLFault) -> Listen {
        guard let screen, let text = try screen.optionalText("listen") else {
            return Listen(host: "127.0.0.1", port: 8480)
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, ["127.0.0.1", "localhost"].contains(parts[0]),
            let port = Int(parts[1]), String(port) == parts[1], (1...65_535).contains(port)
        else {
            throw screen.wrong(
                "listen",
                "expected 127.0.0.1:PORT (the screen is never reachable from outside), got `\(text)`"
            )
        }
        return Listen(host: "127.0.0.1", port: port)
    }

    private static func office(_ office: StrictYAML) throws(YAMLFault) -> Office {
        let url = try office.text("url")
        guard url.hasPrefix("https://"), url.utf8.count > 8 else {
            throw office.wrong("url", "expected https://HOST:PORT, got `\(url)`")
        }
        let result = Office(
            url: url, certificate: try office.text("certificate"), key: try office.text("key"),
            trust: try office.text("trust"))
        try office.end()
        return result
    }
}
