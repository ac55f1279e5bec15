/// The three classes of device that a kiosk of today has.
public enum DeviceClass: String, Sendable, Codable, CaseIterable {
    case billAcceptor, cardReader, printer
}

/// A device in alarms, on the command line and in the journal: "billAcceptor/0".
public struct DeviceName: Hashable, Sendable, Codable, CustomStringConvertible {
    public let deviceClass: DeviceClass
    public let index: Int
    public init(_ deviceClass: DeviceClass, _ index: Int = 0) {
        (self.deviceClass, self.index) = (deviceClass, index)
    }
    public var description: String { "\(deviceClass.rawValue)/\(index)" }
}

/// What a device says it is. A changed serial number means another unit.
public struct DeviceIdentity: Hashable, Sendable, Codable {
    public let model: String
    public let serial: String
    public let firmware: String
    public init(model: String, serial: String, firmware: String) {
        (self.model, self.serial, self.firmware) = (model, serial, firmware)
    }
}

/// State of a device. Source: XFS4IoT Common.Status, `device`.
public enum DeviceStatus: String, Sendable, Codable, CaseIterable {
    case online, offline, noDevice, hardwareError, userError, deviceBusy, fraudAttempt
}

/// What a bill acceptor reports, in the order it happened. One vocabulary for every protocol.
public enum AcceptorEvent: Sendable, Hashable, Codable {
    /// The link was opened and the unit told who it is and which notes it knows.
    case identified(DeviceIdentity, accepts: [Money])
    /// First status after the link was opened, or after the unit restarted: where it found a note, if anywhere.
    /// Comes before anything else of that connection, and again whenever the unit starts anew.
    case connected(NotePosition)
    /// A note is in the path: what it is worth is not known yet.
    case accepting
    /// A note is held; the driver keeps it until `stack` or `returnNote` is asked for, within the unit's own limit.
    case escrowed(Money)
    /// The credit point. The unit is told that we know only after this event was handled without an error.
    case stacked(Money)
    /// The held note went back to the customer.
    case returned
    /// A note was given back at once.
    case refused(RefusalReason)
    /// The complete set of conditions that keep the unit from taking cash; sent whenever it changes.
    case conditions(Set<AcceptorCondition>)
    /// The unit waits for a note (true) or has been told not to take any (false).
    case ready(Bool)
    /// The link or the unit is gone; the driver tries to come back by itself.
    case lost(Fault)
}

/// Where a unit finds a note when it is first asked.
public enum NotePosition: String, Sendable, Codable, CaseIterable {
    /// Nothing in the path after a power-up.
    case clearAfterPowerUp
    /// In the validator: will be given back (credit must not be given).
    case inPath
    /// In the stacker or cassette path: will be stacked, and reported or not.
    case inStacker
    /// The unit was not restarted: it goes on where it was (a note may still be in escrow).
    case running
}

/// Why a note was given back at once. Source: XFS4IoT CashAcceptor InputRefuse, with the finer reasons of the units.
public enum RefusalReason: String, Sendable, Codable, CaseIterable {
    case unrecognized, insertedBadly, suspect, inhibited, doubleFed, length, operation, unknown
}

/// What keeps an acceptor from taking cash.
public enum AcceptorCondition: Sendable, Hashable, Codable {
    case cassetteRemoved
    case cassetteFull
    case jamInValidator
    case jamInCassette
    case cheated
    /// A second note was fed while the first is still moving.
    case paused
    /// The unit's own failure code.
    case failure(UInt8)
    /// A status or answer that the protocol does not name.
    case unknownStatus(UInt8)
    /// The unit answers, but is not what the profile says (note table, currency, identity).
    case wrongUnit(String)
}

/// What keeps a printer from printing. Source: RFC 8011 5.4.12 printer-state-reasons.
public enum PrinterCondition: String, Sendable, Hashable, Codable, CaseIterable {
    case mediaEmpty, mediaLow, mediaJam, coverOpen, stopped, offline, unreachable
    /// Printing goes on in spite of it.
    public var isWarning: Bool { self == .mediaLow }
}
