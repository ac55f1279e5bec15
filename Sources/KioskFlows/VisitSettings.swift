public import KioskModel

/// What the operator decides about visits; from the configuration file.
public struct VisitSettings: Sendable, Hashable {
    public var kiosk: KioskID
    public var epoch: Epoch
    public var site: String
    public var hotline: String
    public var languages: [Language]
    public var grammar: PhoneGrammar
    /// The least a payment is told to be, and the most one visit takes: a note that would pass `maximum` goes back, one
    /// that would leave the sum below `minimum` is not let in. What is in the box can be paid whatever the sum is.
    public var minimum: Money
    public var maximum: Money
    /// Notes the operator wants; the unit's own table cuts it further.
    public var denominations: [Money]
    public var waits: Waits

    public init(
        kiosk: KioskID, epoch: Epoch, site: String, hotline: String, languages: [Language],
        grammar: PhoneGrammar, minimum: Money,
        maximum: Money, denominations: [Money], waits: Waits
    ) {
        (self.kiosk, self.epoch, self.site, self.hotline, self.languages) = (
            kiosk, epoch, site, hotline, languages
        )
        (self.grammar, self.minimum, self.maximum) = (grammar, minimum, maximum)
        (self.denominations, self.waits) = (denominations, waits)
    }

    /// How long each wait is. Personal data leaves the screen within 30 s: `idle` + `moreTime` on screens that show it
    /// is at most that.
    public struct Waits: Sendable, Hashable {
        /// Until *need more time?* is asked.
        public var idle: Duration = .seconds(20)
        /// Until that question answers itself.
        public var moreTime: Duration = .seconds(10)
        /// The same two while notes are being inserted: finding the next note takes longer.
        public var idleWithNotes: Duration = .seconds(60)
        public var moreTimeWithNotes: Duration = .seconds(30)
        /// Until a note of which the unit says nothing is doubtful. Longer than any unit's restart.
        public var noteSettlement: Duration = .seconds(60)
        /// Until the outcome says "queued" instead of waiting for "credited".
        public var settlement: Duration = .seconds(8)
        /// How long an outcome stays until *need more time?* is asked, and how long goodbye is said.
        public var linger: Duration = .seconds(20)
        public init() {}
    }

    public func duration(of timer: Timer, withNotes: Bool) -> Duration {
        switch timer {
        case .idle: withNotes ? waits.idleWithNotes : waits.idle
        case .moreTime: withNotes ? waits.moreTimeWithNotes : waits.moreTime
        case .noteSettlement: waits.noteSettlement
        case .settlement: waits.settlement
        case .linger: waits.linger
        }
    }
}
