internal import KioskModel
internal import KioskRuntime
internal import KioskStore
internal import OfficeProtocol

/// The journal as it stands on the disk, read on as it grows, and folded by nobody but the checker.
final class Tail: @unchecked Sendable {
    private(set) var ledger = KioskLedger()
    private(set) var entries: [Entry] = []
    private(set) var texts: [String] = []
    private(set) var position: Int64 = 0

    /// What was committed once is there after every start.
    func expectAll(in journal: Journal, _ stage: Stage) throws {
        guard position > 0 else { return }
        let last = try journal.records(after: position - 1, limit: 1).first?.body.entry
        guard last != entries.last else { return }
        stage.report(
            .committedStays,
            "entry \(position): \(entries.last?.text ?? ""), now \(last?.text ?? "none")")
    }

    func read(_ journal: Journal) throws {
        while case let more = try journal.records(after: position, limit: 1000),
            let last = more.last
        {
            for record in more {
                ledger.apply(record.body.entry)
                entries.append(record.body.entry)
                texts.append(record.body.entry.text)
            }
            position = last.position
        }
    }
}

extension World {
    /// Reads on what the disk of the running life holds.
    func read() throws {
        guard let life else { return }
        try tail.read(life.journal)
    }
}
