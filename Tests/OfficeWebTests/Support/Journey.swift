import Foundation
import KioskModel
import OfficeProtocol

/// What a kiosk's journal holds after customers topped up, in one batch.
struct Journey {
    let kiosk: KioskID
    let epoch = Epoch(bits: 0x0011_2233_aabb_ccdd)
    let phone: PhoneNumber
    private var entries: [Entry] = []
    private var notes: Int64 = 0
    private var sessions: Int64 = 0

    init(kiosk: KioskID, phone: String = "13800138000") throws {
        self.kiosk = kiosk
        self.phone = try PhoneGrammar.mainlandMobile.read(phone)
        entries = [.journalOpened(kiosk: kiosk, epoch: epoch)]
    }

    func order(_ session: Int64) -> OrderID {
        OrderID(kiosk: kiosk, epoch: epoch, session: SessionID(session))
    }

    func slip(_ session: Int64) -> SlipNumber {
        SlipNumber(epoch: epoch, session: SessionID(session))
    }

    mutating func topUp(_ values: [Money]) {
        sessions += 1
        let session = SessionID(sessions)
        entries += [
            .sessionStarted(session: session, order: order(sessions)),
            .numberChosen(session: session, phone: phone),
        ]
        for value in values {
            notes += 1
            let note = NoteID(notes)
            entries += [
                .noteOffered(note: note, value: value, session: session),
                .stackIntended(note: note),
                .noteCredited(note: note, value: value, session: session),
            ]
        }
        entries += [
            .paymentCommitted(
                order: order(sessions), slip: slip(sessions), phone: phone,
                amount: values.reduce(.zero, +)),
            .sessionEnded(session: session, outcome: .paid),
        ]
    }

    /// All of the money lane, chained.
    func batch() throws -> Batch {
        var hash = HashChain.genesis(kiosk: kiosk, epoch: epoch, lane: .money)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        var events: [BatchEvent] = []
        for (place, entry) in entries.enumerated() {
            let seq = Int64(place + 1)
            let at = Timestamp(
                wall: WallTime(milliseconds: 1_770_000_000_000 + seq), monotonicNs: seq,
                bootID: "boot")
            let body = String(
                decoding: try encoder.encode(
                    EntryBody(lane: .money, seq: seq, at: at, entry: entry)), as: UTF8.self)
            hash = HashChain.next(after: hash, body: body)
            events.append(BatchEvent(seq: seq, body: body, hash: hash))
        }
        return Batch(epoch: epoch, lane: .money, events: events)
    }
}
