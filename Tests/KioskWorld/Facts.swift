internal import Foundation
internal import GRDB
public import KioskModel
internal import KioskRuntime
internal import KioskStore
internal import Office
public import OfficeProtocol
public import VirtualWorld

/// What is true at one moment, and what the books say of it, side by side. The checker knows nothing else.
public struct Facts: Sendable {
    /// The truth: where every note is, what the billing system has booked, what paper came out.
    public var truth: ValidatorTruth
    public var billing: VirtualBilling
    public var receipts: [DecodedReceipt]

    /// The books: the kiosk's journal on its disk, folded; its lanes; the office's.
    public var ledger: KioskLedger
    public var lanes: [Lane: [BatchEvent]]
    /// Entries of which the kiosk does not know that the office has them.
    public var untold: Int64
    public var brokenEntry: String?
    public var officeAccounts: [String: Int64]
    public var officeBalanced: Bool
    public var officeLanes: [Lane: [BatchEvent]]

    /// What the kiosk shows.
    public var alarms: [String]
    public var hindrances: [String]
}

extension World {
    /// Reads everything from where it really is.
    public func facts() async throws -> Facts {
        try read()
        guard let life, let office = house.office else {
            preconditionFailure("facts are read while everything runs")
        }
        let accounts = await office.ledger()
        let lanes = try Lane.allCases.map { lane in
            (lane, try life.journal.events(lane, after: 0, events: .max, bytes: .max))
        }
        return Facts(
            truth: truth, billing: bank.books,
            receipts: await printer.printed.map(ReceiptDecoder.decode), ledger: tail.ledger,
            lanes: Dictionary(uniqueKeysWithValues: lanes),
            untold: await life.kiosk.outbox().reduce(0) { $0 + $1.last - $1.acked },
            brokenEntry: try life.journal.verify().firstBroken,
            officeAccounts: accounts.accounts, officeBalanced: accounts.balanced,
            officeLanes: try officeLanes(life.journal.epoch),
            alarms: await life.kiosk.alarms().map(\.code),
            hindrances: await cashHindrances)
    }

    /// The office's inbox, from its file.
    private func officeLanes(_ epoch: Epoch) throws -> [Lane: [BatchEvent]] {
        var configuration = Configuration()
        configuration.readonly = true
        let database = try DatabaseQueue(path: house.database, configuration: configuration)
        let events = try database.read { db in
            try Row.fetchAll(
                db,
                sql: "SELECT lane, seq, body, hash FROM inbox WHERE kiosk = ? AND epoch = ? "
                    + "ORDER BY lane, seq", arguments: [KioskID.k1.rawValue, epoch.hex]
            ).map { row in
                let body: [UInt8] = Array(row["body"] as Data)
                return (
                    row["lane"] as String,
                    BatchEvent(
                        seq: row["seq"], body: String(decoding: body, as: UTF8.self),
                        hash: row["hash"])
                )
            }
        }
        var lanes: [Lane: [BatchEvent]] = [:]
        for (name, event) in events {
            guard let lane = Lane(rawValue: name) else { continue }
            lanes[lane, default: []].append(event)
        }
        return lanes
    }
}
