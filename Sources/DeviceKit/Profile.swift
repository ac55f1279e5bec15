public import KioskModel

/// What every profile says of its device model.
public struct ProfileHead: Sendable, Hashable {
    public enum Status: Sendable, Hashable {
        /// A transcript of it exists.
        case supported
        case shouldWork
        case unsupported(why: String)
    }
    /// "bill-acceptors/cashcode-sm": the path below devices/, without ".yaml".
    public var name: String
    public var driver: String
    public var make: String
    public var model: String
    public var status: Status
    public var quirks: Set<String>
    public init(
        name: String, driver: String, make: String, model: String, status: Status,
        quirks: Set<String>
    ) {
        (self.name, self.driver, self.make, self.model, self.status, self.quirks) = (
            name, driver, make, model, status, quirks
        )
    }
    public func has(_ quirk: String) -> Bool { quirks.contains(quirk) }
}

public struct BillAcceptorProfile: Sendable, Hashable {
    /// A USB device that may be this model.
    public struct USBMatch: Sendable, Hashable, CustomStringConvertible {
        public var vendor: UInt16
        public var product: UInt16
        /// The device must have an interface of this class: for numbers that several kinds of device share.
        public var interfaceClass: UInt8?
        /// The kind of bridge, where its numbers do not tell it.
        public var bridge: USBBridgeKind?
        public init(
            vendor: UInt16, product: UInt16, interfaceClass: UInt8? = nil,
            bridge: USBBridgeKind? = nil
        ) {
            (self.vendor, self.product) = (vendor, product)
            (self.interfaceClass, self.bridge) = (interfaceClass, bridge)
        }

        /// As `lsusb` prints it: "0403:6001".
        public var description: String { "\(USBMatch.hex(vendor)):\(USBMatch.hex(product))" }

        static func hex(_ number: UInt16) -> String {
            let digits = String(number, radix: 16)
            return String(repeating: "0", count: 4 - digits.count) + digits
        }
    }
    /// Waits and retries, each with its reason in the profile.
    public struct Polling: Sendable, Hashable {
        public var interval: Duration
        public var replyTimeout: Duration
        /// Polls without an answer until the unit counts as lost.
        public var missedMax: Int
        /// How long the unit may take from reset to ready.
        public var initializeTimeout: Duration
        public init(
            interval: Duration, replyTimeout: Duration, missedMax: Int, initializeTimeout: Duration
        ) {
            (self.interval, self.replyTimeout) = (interval, replyTimeout)
            (self.missedMax, self.initializeTimeout) = (missedMax, initializeTimeout)
        }
    }
    /// One type in the unit's own note table.
    public struct Note: Sendable, Hashable {
        public var code: UInt8
        public var value: Money
        public init(code: UInt8, value: Money) { (self.code, self.value) = (code, value) }
    }

    public var head: ProfileHead
    public var matches: [USBMatch]
    public var serial: SerialSettings
    public var polling: Polling
    /// Codes the unit uses for the currency in its own table ("CHN", "CNY").
    public var currencyCodes: [String]
    /// The note table the unit must report; checked before it is enabled. Empty: take the unit's word.
    public var notes: [Note]
    /// What identification must contain, if anything: the wrong unit behind the right cable is refused.
    public var identityContains: String?

    public init(
        head: ProfileHead, matches: [USBMatch], serial: SerialSettings, polling: Polling,
        currencyCodes: [String], notes: [Note],
        identityContains: String?
    ) {
        (self.head, self.matches, self.serial, self.polling) = (head, matches, serial, polling)
        (self.currencyCodes, self.notes, self.identityContains) = (
            currencyCodes, notes, identityContains
        )
    }
}

public struct PrinterProfile: Sendable, Hashable {
    public var head: ProfileHead
    /// Columns of half-width characters; a Chinese character takes two.
    public var columns: Int
    /// Prints GB18030 text by itself.
    public var chinese: Bool
    public var cuts: Bool
    /// How long a receipt may take from submit to completed.
    public var jobTimeout: Duration
    public var pollInterval: Duration

    public init(
        head: ProfileHead, columns: Int, chinese: Bool, cuts: Bool, jobTimeout: Duration,
        pollInterval: Duration
    ) {
        (self.head, self.columns, self.chinese, self.cuts) = (head, columns, chinese, cuts)
        (self.jobTimeout, self.pollInterval) = (jobTimeout, pollInterval)
    }
}
