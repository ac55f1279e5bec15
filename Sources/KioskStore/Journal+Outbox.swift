internal import GRDB
public import KioskModel
public import OfficeProtocol

/// The entries that the office has not acknowledged.
///
/// Reads need no transaction of their own (`unsafeRead`): the one connection serves one caller after the other, and nobody
/// else can open the file.
extension Journal {
    /// The next events the office has not acknowledged, in order, within the limits of one batch.
    public func waiting(_ lane: Lane, events: Int, bytes: Int) throws(JournalFault) -> [BatchEvent]
    {
        try self.events(
            lane, after: try outbox(lane).acked, events: events, bytes: bytes)
    }

    /// Events later than `seq`, in order: at least one if there is any, then as many as stay within `bytes` of JSON.
    public func events(_ lane: Lane, after seq: Int64, events: Int, bytes: Int)
        throws(JournalFault) -> [BatchEvent]
    {
        try attempt("read outbox") {
            try database.unsafeRead { connection in
                let rows = try Row.fetchCursor(
                    connection.cachedStatement(
                        sql: "SELECT seq, body, hash FROM entries WHERE lane = ? AND seq > ? "
                            + "ORDER BY seq LIMIT ?"),
                    arguments: [lane.rawValue, seq, events])
                var (batch, room): ([BatchEvent], Int) = ([], bytes)
                while let row = try rows.next() {
                    let event = BatchEvent(
                        seq: row[0] ?? 0, body: row[1] ?? "", hash: row[2] ?? "")
                    room -= Journal.bytes(of: event)
                    guard room >= 0 || batch.isEmpty else { break }
                    batch.append(event)
                }
                return batch
            }
        }
    }

    /// The office has everything up to `seq`. Never falls (I9): an older answer changes nothing.
    ///
    /// - Precondition: `seq` was sent; the caller has refused an office that claims more.
    public func acknowledge(_ lane: Lane, upTo seq: Int64) throws(JournalFault) {
        try attempt("acknowledge in journal") {
            try database.write { connection in
                let last = try Journal.last(lane, connection)
                precondition(
                    seq <= last, "\(lane) \(seq) acknowledged, but the lane ends at \(last)")
                try connection.cachedStatement(
                    sql: "UPDATE cursors SET acked = ? WHERE lane = ? AND acked < ?"
                ).execute(arguments: [seq, lane.rawValue, seq])
            }
        }
    }

    public func outbox(_ lane: Lane) throws(JournalFault) -> OutboxState {
        let state = try attempt("read outbox") {
            try database.unsafeRead { connection in
                (
                    last: try Journal.last(lane, connection),
                    acked: try Journal.acked(lane, connection)
                )
            }
        }
        guard state.last > state.acked else {
            return OutboxState(last: state.last, acked: state.acked, oldestWaiting: nil)
        }
        return OutboxState(
            last: state.last, acked: state.acked, oldestWaiting: try time(lane, state.acked + 1))
    }

    /// Money credited and not yet acknowledged by the office: what the kiosk holds on its own word.
    public func unacknowledgedCash() throws(JournalFault) -> Money {
        try attempt("read outbox") {
            try database.unsafeRead { connection in
                let fen = try Int64.fetchOne(
                    connection.cachedStatement(
                        sql: "SELECT SUM(credited) FROM entries "
                            + "WHERE credited IS NOT NULL AND seq > ?"),
                    arguments: [try Journal.acked(.money, connection)])
                return Money(fen: fen ?? 0)
            }
        }
    }

    private func time(_ lane: Lane, _ seq: Int64) throws(JournalFault) -> Timestamp? {
        try attempt("read outbox") {
            try database.unsafeRead { connection in
                let body = try String.fetchOne(
                    connection.cachedStatement(
                        sql: "SELECT body FROM entries WHERE lane = ? AND seq = ?"),
                    arguments: [lane.rawValue, seq])
                return try Journal.decode(Written.self, body ?? "", at: "\(lane.rawValue) \(seq)")
                    .at
            }
        }
    }

    /// The part of an entry's body that says when it was written.
    private struct Written: Decodable { let at: Timestamp }

    private static func last(_ lane: Lane, _ connection: Database) throws -> Int64 {
        try Int64.fetchOne(
            connection.cachedStatement(sql: "SELECT MAX(seq) FROM entries WHERE lane = ?"),
            arguments: [lane.rawValue]) ?? 0
    }

    private static func acked(_ lane: Lane, _ connection: Database) throws -> Int64 {
        try Int64.fetchOne(
            connection.cachedStatement(sql: "SELECT acked FROM cursors WHERE lane = ?"),
            arguments: [lane.rawValue]) ?? 0
    }

    /// The most an event can take in a batch: quotes and backslashes double, and some encoders escape slashes.
    private static func bytes(of event: BatchEvent) -> Int {
        let doubled = event.body.utf8.count { $0 == 0x22 || $0 == 0x5C || $0 == 0x2F }
        return event.body.utf8.count + doubled + frameBytes
    }

    /// Keys, sequence, hash and punctuation around a body: 64 hex digits, up to 19 digits, the rest fixed.
    private static let frameBytes = 128
}

public struct OutboxState: Sendable, Hashable {
    public let last: Int64
    public let acked: Int64
    /// When the oldest waiting entry was written; nil when none waits.
    public let oldestWaiting: Timestamp?
    public init(last: Int64, acked: Int64, oldestWaiting: Timestamp?) {
        (self.last, self.acked, self.oldestWaiting) = (last, acked, oldestWaiting)
    }
    public var waiting: Int64 { last - acked }
}
