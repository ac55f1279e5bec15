internal import Foundation
internal import GRDB
internal import KioskModel
internal import OfficeProtocol

/// Writes entries inside one transaction: numbers them in their lanes and chains them.
struct JournalPen {
    /// Where a lane stands: its last number and hash.
    struct LaneEnd {
        var seq: Int64
        var hash: String
    }

    private let connection: Database
    private let kiosk: KioskID
    private let epoch: Epoch
    private let at: Timestamp
    private let encoder: JSONEncoder
    private var ends: [Lane: LaneEnd] = [:]

    init(_ connection: Database, kiosk: KioskID, epoch: Epoch, at: Timestamp) {
        (self.connection, self.kiosk, self.epoch, self.at) = (connection, kiosk, epoch, at)
        encoder = JSONEncoder()
        // The same entry gives the same bytes in every process.
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    }

    mutating func write(_ entry: Entry) throws {
        if entry.lane == .telemetry, try !makeRoom() { return }
        try insert(entry)
    }

    private mutating func insert(_ entry: Entry) throws {
        let end = try self.end(of: entry.lane)
        let body = EntryBody(lane: entry.lane, seq: end.seq + 1, at: at, entry: entry)
        let text = String(decoding: try encoder.encode(body), as: UTF8.self)
        let hash = HashChain.next(after: end.hash, body: text)
        try connection.cachedStatement(
            sql: "INSERT INTO entries (lane, seq, body, hash) VALUES (?, ?, ?, ?)"
        ).execute(arguments: [body.lane.rawValue, body.seq, text, hash])
        ends[entry.lane] = LaneEnd(seq: body.seq, hash: hash)
    }

    private mutating func end(of lane: Lane) throws -> LaneEnd {
        if let end = ends[lane] { return end }
        let row = try Row.fetchOne(
            connection.cachedStatement(
                sql: "SELECT seq, hash FROM entries WHERE lane = ? ORDER BY seq DESC LIMIT 1"),
            arguments: [lane.rawValue])
        guard let row else {
            return LaneEnd(
                seq: 0, hash: HashChain.genesis(kiosk: kiosk, epoch: epoch, lane: lane))
        }
        return LaneEnd(seq: row[0] ?? 0, hash: row[1] ?? "")
    }

    /// Counts a telemetry entry instead of keeping it while too many wait; says how many were lost once there is room.
    private mutating func makeRoom() throws -> Bool {
        let lane = Lane.telemetry.rawValue
        let row = try Row.fetchOne(
            connection.cachedStatement(sql: "SELECT acked, dropped FROM cursors WHERE lane = ?"),
            arguments: [lane])
        let (acked, dropped): (Int64, Int) = (row?[0] ?? 0, row?[1] ?? 0)
        guard try end(of: .telemetry).seq - acked < Journal.telemetryWaitingMax else {
            try connection.execute(
                sql: "UPDATE cursors SET dropped = dropped + 1 WHERE lane = ?", arguments: [lane])
            return false
        }
        if dropped > 0 {
            try connection.execute(
                sql: "UPDATE cursors SET dropped = 0 WHERE lane = ?", arguments: [lane])
            try insert(.telemetryDropped(count: dropped))
        }
        return true
    }
}
