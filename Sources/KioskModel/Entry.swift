/// The three queues in which entries leave the kiosk; each has its own sequence and its own chain of hashes.
public enum Lane: String, Sendable, Codable, CaseIterable {
    /// Never dropped, never merged.
    case money
    /// Raised and cleared conditions.
    case alarms
    /// Ratings, identities, opinions: when too many wait, the newest are not kept, and a `telemetryDropped` entry says so.
    case telemetry
}

/// What happened, in the words of the journal. An entry is written once and never changed;
/// new kinds may be added, existing ones keep their meaning.
public enum Entry: Sendable, Hashable, Codable {
    // The journal itself
    case journalOpened(kiosk: KioskID, epoch: Epoch)

    // A visit
    case sessionStarted(session: SessionID, order: OrderID)
    case numberChosen(session: SessionID, phone: PhoneNumber)
    case sessionEnded(session: SessionID, outcome: SessionOutcome)

    // A note: offered, then exactly one of credited, returned, doubtful
    case noteOffered(note: NoteID, value: Money, session: SessionID?)
    case stackIntended(note: NoteID)
    case returnIntended(note: NoteID, reason: ReturnReason)
    case noteCredited(note: NoteID, value: Money, session: SessionID)
    case noteReturned(note: NoteID)
    /// The money may be in the cash box or in a hand: suspense until a count settles it.
    case noteDoubtful(note: NoteID, value: Money, session: SessionID?, reason: DoubtReason)

    // A payment
    case paymentCommitted(order: OrderID, slip: SlipNumber, phone: PhoneNumber, amount: Money)
    /// What the office said of an order; `command` is the office's command that carried it.
    case orderSettled(order: OrderID, state: OrderState, command: Int64)

    // A receipt
    case receiptIssued(receipt: Receipt)
    case receiptEnded(order: OrderID, copy: Int, result: ReceiptResult)

    // The machine
    case cassetteRemoved
    case cassetteInserted
    case deviceIdentified(device: DeviceName, identity: DeviceIdentity)
    case alarmRaised(alarm: AlarmKey, severity: PerceivedSeverity, evidence: String)
    case alarmCleared(alarm: AlarmKey)
    case rated(session: SessionID, stars: Int)
    /// The device forgot nothing: it said a second time what the journal knew already.
    case repeatIgnored(note: NoteID)
    case telemetryDropped(count: Int)

    public var lane: Lane {
        switch self {
        case .journalOpened, .sessionStarted, .numberChosen, .sessionEnded, .noteOffered,
            .stackIntended, .returnIntended,
            .noteCredited, .noteReturned, .noteDoubtful, .paymentCommitted, .orderSettled,
            .receiptIssued, .receiptEnded,
            .cassetteRemoved, .cassetteInserted, .repeatIgnored:
            .money
        case .alarmRaised, .alarmCleared:
            .alarms
        case .deviceIdentified, .rated, .telemetryDropped:
            .telemetry
        }
    }
}

/// How a visit ended. Every started session has exactly one.
public enum SessionOutcome: String, Sendable, Codable, CaseIterable {
    /// Money was taken and its payment committed.
    case paid
    /// The customer cancelled, or went away, before any note was stacked.
    case cancelled
    case abandoned
    /// A device or the journal failed before any note was stacked.
    case failed
}

public enum ReturnReason: String, Sendable, Codable, CaseIterable {
    case cancelled, overMaximum, notAccepting, acceptingStopped, journalTrouble
}

/// Why nobody can say where a note is.
public enum DoubtReason: String, Sendable, Codable, CaseIterable {
    /// A stack was intended and the device never said how it ended.
    case noAnswer
    /// The device said "stacked" of a note nobody had offered.
    case withoutOffer
    /// The device stacked, or still holds, another value than the one offered.
    case otherValue
    /// A stack was intended and after a power-up the device knows nothing of the note.
    case lostAtPowerUp
    /// The device reported that the customer cheated while the note was moving.
    case cheated
}

/// Where a payment stands, as the customer, the desk and the ledgers name it.
public enum OrderState: String, Sendable, Codable, CaseIterable {
    /// Committed at the kiosk; the office or the billing system has it not yet.
    case queued
    /// Sent to the billing system, answer unknown: being asked about.
    case checking
    case credited
    /// The billing system refused it: the money is owed back.
    case refused
    case refunded
}

/// The proof in the customer's hand, with what is true at that moment.
public struct Receipt: Sendable, Hashable, Codable {
    public let order: OrderID
    public let slip: SlipNumber
    public let phone: PhoneNumber
    public let notes: [Money]
    public let amount: Money
    public let state: OrderState
    /// Notes of this visit that are being checked, not in `amount`.
    public let doubtful: Money
    public let kiosk: KioskID
    public let site: String
    public let language: Language
    public let at: WallTime
    /// 0 = the original; 1… = marked copies.
    public let copy: Int

    public init(
        order: OrderID, slip: SlipNumber, phone: PhoneNumber, notes: [Money], amount: Money,
        state: OrderState,
        doubtful: Money, kiosk: KioskID, site: String, language: Language, at: WallTime, copy: Int
    ) {
        (self.order, self.slip, self.phone, self.notes, self.amount) = (
            order, slip, phone, notes, amount
        )
        (self.state, self.doubtful, self.kiosk, self.site) = (state, doubtful, kiosk, site)
        (self.language, self.at, self.copy) = (language, at, copy)
    }
}

/// What is known of a print, honestly: "sent" is not "printed".
public enum ReceiptResult: String, Sendable, Codable, CaseIterable {
    case sent, confirmed, unknown, failed
}

/// The customer's language. The raw value is the BCP 47 tag used in files and pages.
public enum Language: String, Sendable, Codable, CaseIterable {
    case chinese = "zh-Hans"
    case english = "en"
}
