internal import Foundation
internal import GRDB
internal import KioskModel
internal import OfficeProtocol

/// One batch, inside the transaction that commits it.
struct Intake {
    let db: Database
    let kiosk: KioskID
    let batch: Batch
    /// The office's wall clock.
    let at: Int64

    enum Outcome {
        /// `fresh`: how many events were new.
        case acked(Int64, fresh: Int)
        case refused(Refusal)
    }

    /// Lives of one kiosk's journal. More is no repair, it is a kiosk that makes them up.
    static let epochsMax = 100

    /// How far a lane has come.
    private struct Cursor {
        var acked: Int64 = 0
        var head: String
        var stopped: String?
        var stoppedSeq: Int64?
    }

    /// Compares what is known, keeps what is new, books it, moves the cursor.
    func take() throws -> Outcome {
        let cursor = try readCursor()
        if let stopped = cursor.stopped {
            return .refused(Refusal(.changed, stopped, seq: cursor.stoppedSeq))
        }
        guard let first = batch.events.first?.seq, first <= cursor.acked + 1 else {
            return .refused(
                Refusal(
                    .expected,
                    "take batch: expected \(cursor.acked + 1) or earlier, "
                        + "got \(batch.events.first?.seq ?? 0); send from there.",
                    seq: cursor.acked + 1))
        }
        let known = batch.events.prefix { $0.seq <= cursor.acked }
        if let refusal = try compare(known) { return .refused(refusal) }
        let fresh = batch.events.dropFirst(known.count)
        guard let last = fresh.last else { return .acked(cursor.acked, fresh: 0) }
        let readings: [EntryReader.Reading]
        switch readChain(fresh, after: cursor.head) {
        case .failure(let refusal): return .refused(refusal)
        case .success(let all): readings = all
        }
        let current: Bool
        switch try enter() {
        case .failure(let refusal): return .refused(refusal)
        case .success(let isCurrent): current = isCurrent
        }
        try keep(fresh, readings, epochIsCurrent: current)
        try db.run(
            """
            INSERT INTO lanes VALUES (?, ?, ?, ?, ?, NULL, NULL)
            ON CONFLICT DO UPDATE SET acked = excluded.acked, head = excluded.head
            """, lane + [last.seq, last.hash])
        return .acked(last.seq, fresh: fresh.count)
    }

    private var lane: StatementArguments {
        [kiosk.rawValue, batch.epoch.hex, batch.lane.rawValue]
    }

    private func readCursor() throws -> Cursor {
        let genesis = HashChain.genesis(kiosk: kiosk, epoch: batch.epoch, lane: batch.lane)
        guard
            let row = try db.row(
                """
                SELECT acked, head, stopped, stopped_seq FROM lanes
                WHERE kiosk = ? AND epoch = ? AND lane = ?
                """, lane)
        else { return Cursor(head: genesis) }
        return Cursor(
            acked: row["acked"], head: row["head"], stopped: row["stopped"],
            stoppedSeq: row["stopped_seq"])
    }

    // MARK: What is known

    /// Equal bytes are dropped. Other bytes under a hash of their own are a changed journal: the lane stands still, and what
    /// was kept first stays. Other bytes that no hash vouches for are only a damaged batch.
    private func compare(_ known: ArraySlice<BatchEvent>) throws -> Refusal? {
        guard let first = known.first else { return nil }
        var previous = HashChain.genesis(kiosk: kiosk, epoch: batch.epoch, lane: batch.lane)
        if first.seq > 1 { previous = try kept(first.seq - 1).hash }
        for event in known {
            let (hash, body) = try kept(event.seq)
            if hash == event.hash, body == Data(event.body.utf8) {
                previous = hash
                continue
            }
            guard HashChain.next(after: previous, body: event.body) == event.hash else {
                return badHash(event)
            }
            return try quarantine(event)
        }
        return nil
    }

    private func kept(_ seq: Int64) throws -> (hash: String, body: Data) {
        guard
            let row = try db.row(
                """
                SELECT hash, body FROM inbox
                WHERE kiosk = ? AND epoch = ? AND lane = ? AND seq = ?
                """, lane + [seq])
        else { preconditionFailure("acknowledged, but not in the inbox") }
        return (row["hash"], row["body"])
    }

    private func quarantine(_ event: BatchEvent) throws -> Refusal {
        let text =
            "take batch: expected entry \(event.seq) of the \(batch.lane.rawValue) lane as it was "
            + "first received, got other bytes. The lane stands still until a person settles it."
        try db.run(
            """
            UPDATE lanes SET stopped = ?, stopped_seq = ?
            WHERE kiosk = ? AND epoch = ? AND lane = ?
            """, [text, event.seq] + lane)
        try Cases(db: db).open(.changedDuplicate, kiosk: kiosk.rawValue, at: at, text)
        return Refusal(.changed, text, seq: event.seq)
    }

    // MARK: What is new

    private func readChain(_ fresh: ArraySlice<BatchEvent>, after head: String) -> Result<
        [EntryReader.Reading], Refusal
    > {
        let reader = EntryReader()
        var (previous, readings) = (head, [EntryReader.Reading]())
        for event in fresh {
            guard HashChain.next(after: previous, body: event.body) == event.hash else {
                return .failure(badHash(event))
            }
            previous = event.hash
            let reading = reader.read(event, lane: batch.lane)
            if case .mismatch = reading {
                return .failure(
                    Refusal(
                        .mismatch,
                        "take batch: expected entry \(event.seq) of the \(batch.lane.rawValue) "
                            + "lane, got one that calls itself another.", seq: event.seq))
            }
            readings.append(reading)
        }
        return .success(readings)
    }

    private func keep(
        _ fresh: ArraySlice<BatchEvent>, _ readings: [EntryReader.Reading], epochIsCurrent: Bool
    ) throws {
        let booking = Booking(
            db: db, kiosk: kiosk, epoch: batch.epoch, epochIsCurrent: epochIsCurrent, at: at)
        for (event, reading) in zip(fresh, readings) {
            try db.run(
                "INSERT INTO inbox VALUES (?, ?, ?, ?, ?, ?, ?)",
                lane + [event.seq, event.hash, Data(event.body.utf8), at])
            switch reading {
            case .entry(let body): try booking.book(body)
            case .unreadable(let why):
                try Cases(db: db).open(
                    .unreadableEntry, kiosk: kiosk.rawValue, at: at,
                    "read \(batch.lane.rawValue) entry \(event.seq): expected an entry this "
                        + "office knows, got \(why). Kept, not booked; update the office.")
            case .mismatch: preconditionFailure("a mismatch was refused before")
            }
        }
        if batch.lane == .money { try Books(db: db).assertBalanced(kiosk: kiosk.rawValue) }
    }

    private func badHash(_ event: BatchEvent) -> Refusal {
        Refusal(
            .badHash,
            "take batch: expected the hash of entry \(event.seq) to fit its bytes and the entry "
                + "before it, it does not. Read the journal from the disk again.", seq: event.seq)
    }

    // MARK: The kiosk's life

    /// True when the batch is of the kiosk's current epoch. A new epoch becomes the current one; late entries of an older one
    /// are still money and still taken.
    private func enter() throws -> Result<Bool, Refusal> {
        let current: String? =
            try db.row("SELECT epoch FROM kiosks WHERE kiosk = ?", [kiosk.rawValue])?["epoch"]
        let known = try db.row(
            "SELECT 1 FROM epochs WHERE kiosk = ? AND epoch = ?",
            [kiosk.rawValue, batch.epoch.hex])
        if known == nil {
            if let refusal = try startEpoch(after: current) { return .failure(refusal) }
        }
        try db.run(
            """
            INSERT INTO kiosks VALUES (?1, ?2, ?3)
            ON CONFLICT DO UPDATE SET last_heard_at = excluded.last_heard_at,
                epoch = IIF(?4, excluded.epoch, epoch)
            """, [kiosk.rawValue, batch.epoch.hex, at, known == nil])
        return .success(known == nil || current == batch.epoch.hex)
    }

    private func startEpoch(after current: String?) throws -> Refusal? {
        let count: Int =
            try db.row("SELECT COUNT(*) AS count FROM epochs WHERE kiosk = ?", [kiosk.rawValue])?[
                "count"] ?? 0
        guard count < Intake.epochsMax else {
            return Refusal(
                .busy,
                "take batch: expected at most \(Intake.epochsMax) lives of one kiosk's "
                    + "journal, got another. Give the kiosk a new name.")
        }
        try db.run(
            "INSERT INTO epochs VALUES (?, ?, ?)", [kiosk.rawValue, batch.epoch.hex, at])
        guard let current else { return nil }
        // The new life knows nothing of the old one's alarms, so it could never clear them; it raises again what still holds.
        try db.run("UPDATE alarms SET open = 0 WHERE kiosk = ?", [kiosk.rawValue])
        try Cases(db: db).open(
            .newEpoch, kiosk: kiosk.rawValue, at: at,
            "The kiosk was set up anew: life \(batch.epoch.hex) follows \(current). "
                + "Reconcile the old journal and the cash box.")
        return nil
    }
}
