import Foundation
import KioskModel
import OfficeProtocol
import Testing

/// A kiosk's side of the wire: entries, bodies and chained hashes, written from the protocol.
struct VirtualKiosk: Sendable {
    let id: KioskID
    let epoch: Epoch
    private(set) var lanes: [Lane: [BatchEvent]] = [:]
    /// The money lane's entries, for the kiosk's own books.
    private(set) var entries: [Entry] = []
    private var lastSession: Int64 = 0
    private var lastNote: Int64 = 0

    init(_ name: String = "K0001", epoch: UInt64 = 0xA1) throws {
        id = try #require(KioskID(rawValue: name))
        self.epoch = Epoch(bits: epoch)
        try write(.journalOpened(kiosk: id, epoch: self.epoch))
    }

    @discardableResult
    mutating func write(_ entry: Entry, lane: Lane? = nil) throws -> BatchEvent {
        let lane = lane ?? entry.lane
        if lane == .money { entries.append(entry) }
        let seq = Int64(lanes[lane, default: []].count + 1)
        let at = Timestamp(
            wall: WallTime(milliseconds: 1_767_225_600_000 + seq), monotonicNs: seq, bootID: "boot")
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let body = try encoder.encode(EntryBody(lane: lane, seq: seq, at: at, entry: entry))
        return write(raw: String(decoding: body, as: UTF8.self), lane: lane)
    }

    /// Any bytes, chained as they should be.
    @discardableResult
    mutating func write(raw body: String, lane: Lane = .money) -> BatchEvent {
        let events = lanes[lane, default: []]
        let head = events.last?.hash ?? HashChain.genesis(kiosk: id, epoch: epoch, lane: lane)
        let event = BatchEvent(
            seq: Int64(events.count + 1), body: body,
            hash: HashChain.next(after: head, body: body))
        lanes[lane, default: []].append(event)
        return event
    }

    mutating func startSession() throws -> (session: SessionID, order: OrderID) {
        lastSession += 1
        let session = SessionID(lastSession)
        let order = OrderID(kiosk: id, epoch: epoch, session: session)
        try write(.sessionStarted(session: session, order: order))
        return (session, order)
    }

    mutating func insert(_ yuan: Int64, in session: SessionID) throws {
        lastNote += 1
        let note = NoteID(lastNote)
        try write(.noteOffered(note: note, value: .yuan(yuan), session: session))
        try write(.stackIntended(note: note))
        try write(.noteCredited(note: note, value: .yuan(yuan), session: session))
    }

    mutating func loseNote(_ yuan: Int64, in session: SessionID) throws {
        lastNote += 1
        let note = NoteID(lastNote)
        try write(.noteOffered(note: note, value: .yuan(yuan), session: session))
        try write(.stackIntended(note: note))
        try write(
            .noteDoubtful(note: note, value: .yuan(yuan), session: session, reason: .noAnswer))
    }

    @discardableResult
    mutating func topUp(_ number: String = "13800138000", notes: [Int64] = [50, 20]) throws
        -> OrderID
    {
        let (session, order) = try startSession()
        let phone = try PhoneGrammar.mainlandMobile.read(number)
        try write(.numberChosen(session: session, phone: phone))
        for yuan in notes { try insert(yuan, in: session) }
        try write(
            .paymentCommitted(
                order: order, slip: SlipNumber(epoch: epoch, session: session), phone: phone,
                amount: .yuan(notes.reduce(0, +))))
        try write(.sessionEnded(session: session, outcome: .paid))
        return order
    }

    func count(_ lane: Lane = .money) -> Int64 { Int64(lanes[lane]?.count ?? 0) }

    func batch(_ range: ClosedRange<Int64>, _ lane: Lane = .money) -> Batch {
        let events = lanes[lane] ?? []
        return Batch(
            epoch: epoch, lane: lane,
            events: events.filter { range.contains($0.seq) })
    }

    func batch(_ lane: Lane = .money) -> Batch { batch(1...Int64.max, lane) }
}
