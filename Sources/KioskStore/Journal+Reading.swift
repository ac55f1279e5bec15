internal import Foundation
internal import GRDB
public import KioskModel
public import OfficeProtocol

/// What the journal says of the past.
extension Journal {
    /// Every entry folded into the books, and the alarms that are open.
    ///
    /// - Throws: `.broken` with the first broken entry: books are never folded from a chain that does not hold.
    public func fold() throws(JournalFault) -> (ledger: KioskLedger, alarms: [OpenAlarm]) {
        var ledger = KioskLedger()
        var open: [AlarmKey: OpenAlarm] = [:]
        let verification = try walk { body in
            ledger.apply(body.entry)
            switch body.entry {
            case .alarmRaised(let key, _, let evidence):
                open[key] = OpenAlarm(key: key, evidence: evidence, raisedAt: body.at.wall)
            case .alarmCleared(let key):
                open[key] = nil
            case .journalOpened, .sessionStarted, .numberChosen, .sessionEnded, .noteOffered,
                .stackIntended, .returnIntended, .noteCredited, .noteReturned, .noteDoubtful,
                .paymentCommitted, .orderSettled, .receiptIssued, .receiptEnded, .cassetteRemoved,
                .cassetteInserted, .deviceIdentified, .rated, .repeatIgnored, .telemetryDropped:
                break
            }
        }
        if let sentence = verification.firstBroken {
            throw .broken(
                "read journal: \(sentence). Keep the disk, put a new one in, and settle the cash "
                    + "box by a count.")
        }
        let alarms = open.values.sorted {
            ($0.raisedAt, $0.key.description) < ($1.raisedAt, $1.key.description)
        }
        return (ledger, alarms)
    }

    /// Reads every entry again: chain, sequence, kiosk, epoch, JSON, then SQLite's own structures. Names the first broken one.
    public func verify() throws(JournalFault) -> Verification {
        let verification = try walk { _ in }
        guard verification.firstBroken == nil else { return verification }
        let complaint = try attempt("check journal") {
            try database.unsafeRead { connection in
                try String.fetchOne(connection, sql: "PRAGMA quick_check(1)") ?? "no answer"
            }
        }
        guard complaint != "ok" else { return verification }
        return Verification(
            entries: verification.entries, firstBroken: "the file's structure: \(complaint)")
    }

    /// Verifies a journal that no kiosk has open, whoever's it is.
    public static func verify(path: String, timekeeper: any Timekeeper) throws(JournalFault)
        -> Verification
    {
        try Journal(existing: path, timekeeper: timekeeper).verify()
    }

    /// Entries after that position, oldest first, at most `limit`.
    public func records(after position: Int64, limit: Int) throws(JournalFault) -> [Record] {
        try attempt("read journal") {
            try database.unsafeRead { connection in
                let rows = try Row.fetchCursor(
                    connection.cachedStatement(
                        sql: "SELECT position, body FROM entries WHERE position > ? "
                            + "ORDER BY position LIMIT ?"),
                    arguments: [position, limit])
                var records: [Record] = []
                while let row = try rows.next() {
                    let position: Int64 = row[0] ?? 0
                    let body = try Journal.decode(
                        EntryBody.self, row[1] ?? "", at: "entry \(position)")
                    records.append(Record(position: position, body: body))
                }
                return records
            }
        }
    }

    /// - Throws: `.broken`, without the decoder's own words: they may hold what the body holds.
    static func decode<Part: Decodable>(_ part: Part.Type, _ body: String, at place: String)
        throws(JournalFault) -> Part
    {
        do { return try JSONDecoder().decode(part, from: Data(body.utf8)) } catch {
            throw .broken(
                "read journal: \(place): expected the JSON of an entry, got \(body.utf8.count) bytes. "
                    + "Run `kioskctl journal verify`.")
        }
    }

    /// Hands over every entry that holds, in order, up to the first that does not.
    private func walk(_ visit: (EntryBody) -> Void) throws(JournalFault) -> Verification {
        try attempt("read journal") {
            try database.unsafeRead { connection in
                var walk = ChainWalk(kiosk: kiosk, epoch: epoch)
                do {
                    let rows = try Row.fetchCursor(
                        connection,
                        sql: "SELECT \(ChainWalk.columns) FROM entries ORDER BY position")
                    while let row = try rows.next() { visit(try walk.read(row)) }
                    try walk.checkEnd(try acknowledged(connection))
                } catch let broken as ChainWalk.Break {
                    return Verification(entries: walk.entries, firstBroken: broken.sentence)
                }
                return Verification(entries: walk.entries, firstBroken: nil)
            }
        }
    }

    private func acknowledged(_ connection: Database) throws -> [Lane: Int64] {
        var acked: [Lane: Int64] = [:]
        for row in try Row.fetchAll(connection, sql: "SELECT lane, acked FROM cursors") {
            guard let lane = Lane(rawValue: row[0] ?? "") else { continue }
            acked[lane] = row[1] ?? 0
        }
        return acked
    }
}

/// An alarm that the journal's entries leave open.
public struct OpenAlarm: Sendable, Hashable {
    public let key: AlarmKey
    public let evidence: String
    public let raisedAt: WallTime
    public init(key: AlarmKey, evidence: String, raisedAt: WallTime) {
        (self.key, self.evidence, self.raisedAt) = (key, evidence, raisedAt)
    }
}

/// One entry as it stands in the file.
public struct Record: Sendable, Hashable {
    public let position: Int64
    public let body: EntryBody
    public init(position: Int64, body: EntryBody) { (self.position, self.body) = (position, body) }
}

public struct Verification: Sendable, Hashable {
    /// Entries that hold.
    public let entries: Int64
    /// The first broken entry, as a sentence: position, lane, sequence, what was expected and what is there.
    public let firstBroken: String?
    public init(entries: Int64, firstBroken: String?) {
        (self.entries, self.firstBroken) = (entries, firstBroken)
    }
}
