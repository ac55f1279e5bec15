internal import GRDB
internal import KioskModel
internal import OfficeProtocol

/// Books the entries of one kiosk's batch, inside the transaction that keeps them.
///
/// A kiosk may be broken or lie. An entry that contradicts what the same kiosk said before, or cannot be, is booked nowhere
/// and becomes a case; it never stops the office.
struct Booking {
    let db: Database
    let kiosk: KioskID
    let epoch: Epoch
    /// False for late entries of a closed epoch: their money counts, their alarms are history.
    let epochIsCurrent: Bool
    /// The office's wall clock.
    let at: Int64

    /// The largest note anybody prints is 100 yuan; a hundred times that is absurd.
    static let noteFenMax: Int64 = 1_000_000
    /// One visit's cash. Above it, something counts wrongly.
    static let sessionFenMax: Int64 = 100_000_000
    static let alarmTextMax = 200
    static let alarmObjectMax = 64
    /// Alarm records of one kiosk, open and closed.
    static let alarmRecordsMax = 500

    /// Why an entry is booked nowhere, without personal data.
    struct Contradiction: Error { let text: String }

    func book(_ body: EntryBody) throws {
        do {
            try db.inSavepoint {
                try apply(body)
                return .commit
            }
        } catch let contradiction as Contradiction {
            try openCase(body, contradiction.text)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
            // The tables refuse what the checks above them let through.
            try openCase(body, "the books refuse it (\(error.message ?? "constraint"))")
        }
    }

    private func openCase(_ body: EntryBody, _ text: String) throws {
        try Cases(db: db).open(
            .contradictoryEntry, kiosk: kiosk.rawValue, at: at,
            "book \(body.lane.rawValue) entry \(body.seq): \(text). Kept, booked nowhere; "
                + "compare with the kiosk's journal.")
    }

    private func apply(_ body: EntryBody) throws {
        try require(body.entry.lane == body.lane, "it does not belong in this lane")
        switch body.entry {
        case .journalOpened(let name, let life):
            try require(name == kiosk && life == epoch, "it opens another kiosk's journal")
        case .sessionStarted(let session, let order):
            try startSession(session, order)
        case .noteCredited(let note, let value, let session):
            try credit(note, value, session, body.seq)
        case .noteReturned(let note):
            try endNote(note, "returned", 0)
        case .noteDoubtful(let note, let value, _, let reason):
            try doubt(note, value, reason, body.seq)
        case .paymentCommitted(let order, let slip, let phone, let amount):
            try commit(order, slip, phone, amount, body)
        case .alarmRaised(let alarm, let severity, let evidence):
            try raise(alarm, severity, evidence, body.at.wall)
        case .alarmCleared(let alarm):
            try clear(alarm)
        case .numberChosen, .sessionEnded, .noteOffered, .stackIntended, .returnIntended,
            .orderSettled, .receiptIssued, .receiptEnded, .cassetteRemoved, .cassetteInserted,
            .deviceIdentified, .rated, .repeatIgnored, .telemetryDropped:
            break
        }
    }

    private func require(_ condition: Bool, _ otherwise: String) throws {
        guard condition else { throw Contradiction(text: otherwise) }
    }
}

// MARK: Money

extension Booking {
    private func startSession(_ session: SessionID, _ order: OrderID) throws {
        try require(session.number > 0, "sessions count from 1")
        try require(
            order == OrderID(kiosk: kiosk, epoch: epoch, session: session),
            "its order belongs to another session")
        try db.run(
            "INSERT INTO sessions VALUES (?, ?, ?, 0, 0) ON CONFLICT DO NOTHING",
            [kiosk.rawValue, epoch.hex, session.number])
        try require(db.changesCount == 1, "\(session) starts a second time")
    }

    private func credit(_ note: NoteID, _ value: Money, _ session: SessionID, _ seq: Int64) throws {
        try require((1...Booking.noteFenMax).contains(value.fen), "a note of \(value.fen) fen")
        try require(session.number > 0, "sessions count from 1")
        try endNote(note, "credited", value.fen)
        try db.run(
            """
            INSERT INTO sessions VALUES (?, ?, ?, ?, 0)
            ON CONFLICT DO UPDATE SET credited = credited + excluded.credited WHERE committed = 0
            """, [kiosk.rawValue, epoch.hex, session.number, value.fen])
        try require(db.changesCount == 1, "credits \(session) after its payment")
        try require(
            try credited(session).fen <= Booking.sessionFenMax, "\(session) holds too much cash")
        try transfer(value.fen, .received, .credit, "noteCredited", seq)
    }

    private func doubt(_ note: NoteID, _ value: Money, _ reason: DoubtReason, _ seq: Int64) throws {
        try require((0...Booking.noteFenMax).contains(value.fen), "a note of \(value.fen) fen")
        try endNote(note, "doubtful", value.fen)
        if value > .zero { try transfer(value.fen, .unlocated, .suspense, "noteDoubtful", seq) }
        try Cases(db: db).open(
            .doubtfulNote, kiosk: kiosk.rawValue, at: at,
            "\(note) of \(value): \(reason.rawValue). Count the cash box and settle the difference."
        )
    }

    private func commit(
        _ order: OrderID, _ slip: SlipNumber, _ phone: PhoneNumber, _ amount: Money,
        _ body: EntryBody
    ) throws {
        let session = SessionID(Int64(order.text.split(separator: "-").last ?? "") ?? 0)
        try require(
            order == OrderID(kiosk: kiosk, epoch: epoch, session: session),
            "its order is another kiosk's")
        try require(
            Phones.read(phone.clear) != nil, "its number is not 5 to 20 digits")
        let held = try credited(session)
        try require(!held.committed, "\(order) is committed a second time")
        try require(
            amount > .zero && held.fen == amount.fen,
            "\(order) commits \(amount.fen) fen of \(held.fen) fen credited")
        try db.run(
            "UPDATE sessions SET committed = 1 WHERE kiosk = ? AND epoch = ? AND session = ?",
            [kiosk.rawValue, epoch.hex, session.number])
        try db.run(
            """
            INSERT INTO orders
            SELECT ?, ?, COALESCE(MAX(place), 0) + 1, ?, ?, ?, ?, ?, ?, 'prepared', 'queued',
                0, NULL, '' FROM orders
            """,
            [
                kiosk.rawValue, order.text, epoch.hex, slip.digits, phone.clear, amount.fen,
                body.at.wall.milliseconds, at,
            ])
        try transfer(
            amount.fen, .credit, .topUpDue, "paymentCommitted", body.seq, order: order.text)
    }

    private func credited(_ session: SessionID) throws -> (fen: Int64, committed: Bool) {
        let row = try db.row(
            "SELECT credited, committed FROM sessions WHERE kiosk = ? AND epoch = ? AND session = ?",
            [kiosk.rawValue, epoch.hex, session.number])
        return (row?["credited"] ?? 0, (row?["committed"] ?? 0) == 1)
    }

    /// I2: a note has one end.
    private func endNote(_ note: NoteID, _ ending: String, _ fen: Int64) throws {
        try require(note.number > 0, "notes count from 1")
        try db.run(
            "INSERT INTO notes VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [kiosk.rawValue, epoch.hex, note.number, ending, fen])
        try require(db.changesCount == 1, "\(note) ends a second time")
    }

    private func transfer(
        _ fen: Int64, _ debit: Account, _ credit: Account, _ reason: String, _ seq: Int64,
        order: String? = nil
    ) throws {
        try Books(db: db).transfer(
            fen, debit: debit, credit: credit, kiosk: kiosk.rawValue,
            source: .init(epoch: epoch.hex, seq: seq, order: order, reason: reason), at: at)
    }
}

// MARK: Alarms

extension Booking {
    /// One record per object and code, for ever; a repeated raise changes nothing but what is known of it.
    private func raise(
        _ alarm: AlarmKey, _ severity: PerceivedSeverity, _ evidence: String, _ wall: WallTime
    ) throws {
        guard epochIsCurrent else { return }
        try require(
            (1...Booking.alarmObjectMax).contains(alarm.object.utf8.count)
                && alarm.object.clipped(to: Booking.alarmObjectMax) == alarm.object,
            "its object is not a short name")
        try db.run(
            """
            INSERT INTO alarms VALUES (?, ?, ?, ?, ?, ?, ?, 1, 1)
            ON CONFLICT DO UPDATE SET severity = excluded.severity, evidence = excluded.evidence,
                raised_at = IIF(open, raised_at, excluded.raised_at),
                received_at = IIF(open, received_at, excluded.received_at),
                raised_times = raised_times + 1 - open, open = 1
            """,
            [
                kiosk.rawValue, alarm.object, alarm.code.rawValue, severity.rawValue,
                evidence.clipped(to: Booking.alarmTextMax), wall.milliseconds, at,
            ])
        let records: Int =
            try db.row("SELECT COUNT(*) AS count FROM alarms WHERE kiosk = ?", [kiosk.rawValue])?[
                "count"] ?? 0
        try require(records <= Booking.alarmRecordsMax, "the kiosk has too many alarms")
    }

    private func clear(_ alarm: AlarmKey) throws {
        guard epochIsCurrent else { return }
        try db.run(
            "UPDATE alarms SET open = 0 WHERE kiosk = ? AND object = ? AND code = ?",
            [kiosk.rawValue, alarm.object, alarm.code.rawValue])
    }
}
