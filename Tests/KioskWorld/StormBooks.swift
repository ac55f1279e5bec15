internal import GRDB
internal import KioskModel
internal import KioskStore
internal import OfficeProtocol
internal import VirtualWorld

/// Holds each kiosk's journal against what the office has of it.
final class StormBooks: @unchecked Sendable {
    private let office: DatabaseQueue
    private(set) var (twice, outOfOrder, lost) = (0, 0, 0)

    init(officeDisk: VirtualDisk) throws {
        var configuration = Configuration()
        configuration.readonly = true
        office = try DatabaseQueue(
            path: officeDisk.path("office.sqlite"), configuration: configuration)
    }

    func number(_ sql: String) throws -> Int64 {
        try office.read { db in try Int64.fetchOne(db, sql: sql) ?? 0 }
    }

    /// Every lane, entry by entry: the same at the same place, once, received in its order.
    func compare(_ journal: Journal) throws {
        for lane in Lane.allCases {
            let own = try journal.events(lane, after: 0, events: .max, bytes: .max).map(\.hash)
            let rows = try office.read { db in
                try Row.fetchAll(
                    db.cachedStatement(
                        sql: "SELECT seq, hash, received_at FROM inbox "
                            + "WHERE kiosk = ? AND epoch = ? AND lane = ? ORDER BY seq"),
                    arguments: [journal.kiosk.rawValue, journal.epoch.hex, lane.rawValue])
            }
            var (seen, known): (Set<String>, Set<String>) = ([], Set(own))
            var lastAt: Int64 = 0
            for (place, row) in rows.enumerated() {
                let (seq, hash, at): (Int64, String, Int64) = (row[0], row[1], row[2])
                if seq != Int64(place + 1) || at < lastAt { outOfOrder += 1 }
                if !seen.insert(hash).inserted || known.remove(hash) == nil { twice += 1 }
                lastAt = at
            }
            lost += known.count + Int(try journal.outbox(lane).waiting)
        }
    }
}
