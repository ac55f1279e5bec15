public import KioskModel
public import OfficeProtocol

/// The append-only, hash-chained record of what happened, in one SQLite file. The only thing a power cut leaves.
///
/// All calls are synchronous and made from one owner; what `append` returned is on the disk.
public final class Journal: Sendable {
    public let kiosk: KioskID
    public let epoch: Epoch

    /// Opens the file, or makes it. Asserts WAL and `synchronous=FULL` on the writer, and that the file is this kiosk's.
    ///
    /// - Parameter newEpoch: random bits, used only if the file is new.
    /// - Throws: `JournalFault`; the kiosk takes no money and says why.
    public init(path: String, kiosk: KioskID, newEpoch: UInt64, timekeeper: any Timekeeper)
        throws(JournalFault)
    {
        preconditionFailure("contract")
    }

    /// Writes the entries in one transaction and waits for the disk.
    ///
    /// - Throws: `.full` when nothing was written and the journal lives on (disk full); `.broken` when the disk's state is
    ///   unknown (I/O error, failed fsync): the caller inhibits the acceptor and ends the process.
    public func append(_ entries: [Entry]) throws(JournalFault) { preconditionFailure("contract") }

    /// Every entry folded into the books, and the alarms that are open.
    public func fold() throws(JournalFault) -> (ledger: KioskLedger, alarms: [OpenAlarm]) {
        preconditionFailure("contract")
    }

    /// The next events the office has not acknowledged, in order, within the limits of one batch.
    public func waiting(_ lane: Lane, events: Int, bytes: Int) throws(JournalFault) -> [BatchEvent]
    { preconditionFailure("contract") }

    /// The office has everything up to `seq`. Never falls (I9).
    public func acknowledge(_ lane: Lane, upTo seq: Int64) throws(JournalFault) {
        preconditionFailure("contract")
    }

    public func outbox(_ lane: Lane) throws(JournalFault) -> OutboxState {
        preconditionFailure("contract")
    }

    /// Money credited and not yet acknowledged by the office: what the kiosk holds on its own word.
    public func unacknowledgedCash() throws(JournalFault) -> Money {
        preconditionFailure("contract")
    }

    public func records(after position: Int64, limit: Int) throws(JournalFault) -> [Record] {
        preconditionFailure("contract")
    }

    /// Reads every entry again: chain, sequence, kiosk, epoch, JSON. Names the first broken one.
    public func verify() throws(JournalFault) -> Verification { preconditionFailure("contract") }
}

public struct OpenAlarm: Sendable, Hashable {
    public let key: AlarmKey
    public let evidence: String
    public let raisedAt: WallTime
    public init(key: AlarmKey, evidence: String, raisedAt: WallTime) {
        (self.key, self.evidence, self.raisedAt) = (key, evidence, raisedAt)
    }
}

public struct OutboxState: Sendable, Hashable {
    public let last: Int64
    public let acked: Int64
    public let oldestWaiting: Timestamp?
    public init(last: Int64, acked: Int64, oldestWaiting: Timestamp?) {
        (self.last, self.acked, self.oldestWaiting) = (last, acked, oldestWaiting)
    }
    public var waiting: Int64 { last - acked }
}

/// One entry as it stands in the file.
public struct Record: Sendable, Hashable {
    public let position: Int64
    public let body: EntryBody
    public init(position: Int64, body: EntryBody) { (self.position, self.body) = (position, body) }
}

public struct Verification: Sendable, Hashable {
    public let entries: Int64
    /// The first broken entry, as a sentence: position, lane, sequence, what was expected and what is there.
    public let firstBroken: String?
    public init(entries: Int64, firstBroken: String?) {
        (self.entries, self.firstBroken) = (entries, firstBroken)
    }
}

public enum JournalFault: Error, Sendable, Hashable {
    /// The disk is full: nothing was written, the journal can go on when there is room.
    case full(String)
    /// The file cannot be trusted or written any more.
    case broken(String)
    /// The file is of another kiosk, another version, or no journal.
    case foreign(String)
    /// SQLite would not promise durability.
    case notDurable(String)
}
