public import DeviceKit
public import KioskFlows
public import KioskModel

/// What the operator decides about a kiosk beyond a single visit; from the configuration file.
public struct KioskSettings: Sendable {
    public var visit: VisitSettings
    public var limits: Limits

    public init(visit: VisitSettings, limits: Limits) {
        (self.visit, self.limits) = (visit, limits)
    }

    /// How far a kiosk goes on its own word, and how long it waits for others.
    public struct Limits: Sendable, Hashable {
        /// Cash credited and not yet acknowledged by the office, until no more is taken.
        public var offlineCash: Money = .yuan(20_000)
        /// Age of the oldest unacknowledged entry of the money lane, until no more cash is taken.
        public var offlineAge: Duration = .seconds(72 * 3600)
        /// Entries of the money lane that may wait; at 90 % no more cash is taken.
        public var moneyLane: Int64 = 200_000
        /// How long the office must be silent until that is an alarm.
        public var officeSilence: Duration = .seconds(60)
        /// How long a customer waits for an account or claim answer.
        public var question: Duration = .seconds(6)
        /// Inputs waiting for the loop; more are answered "unavailable".
        public var waitingInputs = 16
        /// Questions to the office at once; more are answered "unavailable".
        public var questions = 8
        /// Pages that watch the screen at once; the oldest makes room for a new one.
        public var watchers = 32
        /// How often the loop shows that it moves, and looks at what only time changes.
        public var beat: Duration = .seconds(5)
        /// How long a broken journal leaves the acceptor to give the note back before the process ends.
        public var lastWords: Duration = .milliseconds(500)
        public init() {}
    }
}

/// A device as it is fitted in this kiosk: what it is and where it hangs.
public struct Fitted<Device: Sendable>: Sendable {
    public let name: DeviceName
    public let profile: String
    /// "serial /dev/kiosk/bill", "cups receipt": for people.
    public let link: String
    public let device: Device
    public init(name: DeviceName, profile: String, link: String, device: Device) {
        (self.name, self.profile, self.link, self.device) = (name, profile, link, device)
    }
}

/// The devices of a kiosk. A missing one is not an error: its services are not offered.
public struct KioskDevices: Sendable {
    public var acceptor: Fitted<any BillAcceptor>?
    public var printer: Fitted<any Printer>?
    public init(acceptor: Fitted<any BillAcceptor>?, printer: Fitted<any Printer>?) {
        (self.acceptor, self.printer) = (acceptor, printer)
    }
}

/// What the kiosk is given by the program around it.
public struct KioskSurroundings: Sendable {
    public var timekeeper: any Timekeeper
    /// Makes what the printer prints from a receipt and the operator's texts.
    public var layout: @Sendable (Receipt) -> PrintDocument
    /// Called every few seconds while the loop moves: the watchdog's food.
    public var onBeat: @Sendable () -> Void
    /// Called once, when the journal is recovered and the first screen is shown.
    public var onReady: @Sendable () -> Void
    /// A uniformly random number from 0 to 1, for back-off; seeded in the simulator.
    public var random: @Sendable () -> Double

    public init(
        timekeeper: any Timekeeper, layout: @escaping @Sendable (Receipt) -> PrintDocument,
        onBeat: @escaping @Sendable () -> Void, onReady: @escaping @Sendable () -> Void,
        random: @escaping @Sendable () -> Double
    ) {
        (self.timekeeper, self.layout) = (timekeeper, layout)
        (self.onBeat, self.onReady, self.random) = (onBeat, onReady, random)
    }
}
