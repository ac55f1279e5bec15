internal import KioskModel

/// Reads one profile file strictly. The order of the keys is part of the format: a technician checks a profile line by
/// line against the vendor's manual, and every profile reads alike.
struct ProfileReader {
    let yaml: StrictYAML
    /// "bill-acceptors/cashcode-sm".
    let name: String
    let drivers: DriverList

    private enum StatusWord: String, CaseIterable { case supported, shouldWork, unsupported }

    func deviceClass() throws(YAMLFault) -> DeviceClass {
        let found = try yaml.choice("deviceClass", of: DeviceClass.self)
        let folder = name.split(separator: "/").first.map(String.init) ?? ""
        let expected = [DeviceClass.billAcceptor: "bill-acceptors", .printer: "printers"][found]
        guard let expected else {
            throw yaml.wrong("deviceClass", "expected billAcceptor or printer, got \(found)")
        }
        guard folder == expected else {
            throw yaml.wrong(
                "deviceClass", "expected the file of a \(found) in \(expected)/, got \(folder)/")
        }
        return found
    }

    func billAcceptor() throws(YAMLFault) -> BillAcceptorProfile {
        let head = try head(known: Set(drivers.billAcceptors.keys))
        let matches = try matches()
        let serial = try serial(yaml.mapping("serial"))
        let polling = try polling(yaml.mapping("poll"))
        let currency = try yaml.text("currency")
        guard currency == Money.currency else {
            throw yaml.wrong("currency", "expected \(Money.currency), got `\(currency)`")
        }
        let codes = try currencyCodes()
        let notes = try notes()
        let identity = try yaml.optionalText("identityContains")
        try finish(Self.billAcceptorKeys)
        return BillAcceptorProfile(
            head: head, matches: matches, serial: serial, polling: polling, currencyCodes: codes,
            notes: notes, identityContains: identity)
    }

    func printer() throws(YAMLFault) -> PrinterProfile {
        let head = try head(known: Set(drivers.printers.keys))
        let columns = try yaml.integer("columns", in: 16...132)
        let chinese = try boolean("chinese")
        let cuts = try boolean("cuts")
        let job = try yaml.integer("jobTimeoutMs", in: 1000...600_000)
        let poll = try yaml.integer("pollIntervalMs", in: 100...60_000)
        try finish(Self.printerKeys)
        return PrinterProfile(
            head: head, columns: columns, chinese: chinese, cuts: cuts,
            jobTimeout: .milliseconds(job), pollInterval: .milliseconds(poll))
    }

    // The format's keys in their order.
    private static let headKeys = ["driver", "deviceClass", "make", "model", "status", "why"]
    private static let billAcceptorKeys =
        headKeys + [
            "match", "serial", "poll", "currency", "currencyCodes", "notes", "identityContains",
            "quirks",
        ]
    private static let printerKeys =
        headKeys + ["columns", "chinese", "cuts", "jobTimeoutMs", "pollIntervalMs", "quirks"]

    private func head(known: Set<String>) throws(YAMLFault) -> ProfileHead {
        let driver = try yaml.text("driver")
        guard known.contains(driver) else {
            let names = known.isEmpty ? "(none built in)" : known.sorted().joined(separator: ", ")
            throw yaml.wrong("driver", "expected one of \(names), got `\(driver)`")
        }
        let make = try yaml.text("make")
        let model = try yaml.text("model")
        let status = try status()
        let quirks = try quirks(of: driver)
        return ProfileHead(
            name: name, driver: driver, make: make, model: model, status: status, quirks: quirks)
    }

    private func status() throws(YAMLFault) -> ProfileHead.Status {
        let word = try yaml.choice("status", of: StatusWord.self)
        let why = try yaml.optionalText("why")
        switch (word, why) {
        case (.supported, nil): return .supported
        case (.shouldWork, nil): return .shouldWork
        case (.unsupported, .some(let why)): return .unsupported(why: why)
        case (.unsupported, nil):
            throw yaml.wrong("why", "expected the reason for `status: unsupported`, got nothing")
        case (.supported, .some), (.shouldWork, .some):
            throw yaml.wrong("why", "expected only with `status: unsupported`; remove it")
        }
    }

    private func quirks(of driver: String) throws(YAMLFault) -> Set<String> {
        let known = drivers.quirks[driver] ?? []
        var quirks: Set<String> = []
        for quirk in try yaml.texts("quirks") {
            guard known.contains(quirk) else {
                let names =
                    known.isEmpty ? "none exist" : known.sorted().joined(separator: ", ")
                throw yaml.wrong(
                    "quirks", "expected quirks of driver \(driver) (\(names)), got `\(quirk)`")
            }
            guard quirks.insert(quirk).inserted else {
                throw yaml.wrong("quirks", "expected each quirk once, got `\(quirk)` again")
            }
        }
        return quirks
    }

    private func matches() throws(YAMLFault) -> [BillAcceptorProfile.USBMatch] {
        var matches: [BillAcceptorProfile.USBMatch] = []
        for item in try yaml.mappings("match") {
            let usb = try item.mapping("usb")
            let match = try BillAcceptorProfile.USBMatch(usb)
            try usb.end()
            try item.end()
            guard !matches.contains(match) else {
                throw item.wrong("usb", "expected each match once, got it again")
            }
            matches.append(match)
        }
        return matches
    }

    private func serial(_ yaml: StrictYAML) throws(YAMLFault) -> SerialSettings {
        let bauds = [1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200]
        let baud = try yaml.integer("baud", in: 1200...115_200)
        guard bauds.contains(baud) else {
            let allowed = bauds.map(String.init).joined(separator: ", ")
            throw yaml.wrong("baud", "expected one of \(allowed), got \(baud)")
        }
        let settings = SerialSettings(
            baud: baud, dataBits: try yaml.integer("dataBits", in: 7...8),
            parity: try yaml.choice("parity", of: SerialSettings.Parity.self),
            stopBits: try yaml.integer("stopBits", in: 1...2),
            dtr: try yaml.optionalBoolean("dtr") ?? false,
            rts: try yaml.optionalBoolean("rts") ?? false)
        try yaml.end()
        return settings
    }

    private func polling(_ yaml: StrictYAML) throws(YAMLFault) -> BillAcceptorProfile.Polling {
        let polling = BillAcceptorProfile.Polling(
            interval: .milliseconds(try yaml.integer("intervalMs", in: 20...5000)),
            replyTimeout: .milliseconds(try yaml.integer("replyTimeoutMs", in: 5...5000)),
            missedMax: try yaml.integer("missedMax", in: 1...100),
            initializeTimeout: .milliseconds(
                try yaml.integer("initializeTimeoutMs", in: 1000...300_000)))
        try yaml.end()
        return polling
    }

    private func currencyCodes() throws(YAMLFault) -> [String] {
        let codes = try yaml.texts("currencyCodes")
        guard !codes.isEmpty, Set(codes).count == codes.count else {
            throw yaml.wrong("currencyCodes", "expected at least one code, each once")
        }
        for code in codes {
            guard code.utf8.count == 3, code.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) else {
                throw yaml.wrong(
                    "currencyCodes", "expected three capital letters, got `\(code)`")
            }
        }
        return codes
    }

    private func notes() throws(YAMLFault) -> [BillAcceptorProfile.Note] {
        var notes: [BillAcceptorProfile.Note] = []
        for item in try yaml.mappings("notes") {
            let code = try item.integer("code", in: 0...255)
            let value = try item.integer("valueMinor", in: 1...10_000_000)
            try item.end()
            guard !notes.contains(where: { $0.code == code }) else {
                throw item.wrong("code", "expected each note code once, got \(code) again")
            }
            notes.append(
                BillAcceptorProfile.Note(code: UInt8(code), value: Money(fen: Int64(value))))
        }
        return notes
    }

    private func boolean(_ key: String) throws(YAMLFault) -> Bool {
        guard let value = try yaml.optionalBoolean(key) else {
            throw yaml.wrong(key, "expected true or false, got nothing: the key is missing")
        }
        return value
    }

    private func finish(_ order: [String]) throws(YAMLFault) {
        try yaml.end()
        var last = -1
        for key in yaml.keys {
            guard let place = order.firstIndex(of: key) else { continue }
            guard place > last else {
                throw yaml.wrong(
                    key,
                    "expected before `\(order[last])`; the order is "
                        + order.joined(separator: ", "))
            }
            last = place
        }
    }
}
