internal import Foundation
internal import GRDB
internal import KioskModel
internal import OfficeProtocol

/// Follows the journal from its first entry and says where it stops making sense.
struct ChainWalk {
    /// What is wrong with an entry, as a sentence.
    struct Break: Error {
        let sentence: String
    }

    private let kiosk: KioskID
    private let epoch: Epoch
    private let decoder = JSONDecoder()
    private var ends: [Lane: JournalPen.LaneEnd] = [:]
    private(set) var entries: Int64 = 0

    init(kiosk: KioskID, epoch: Epoch) { (self.kiosk, self.epoch) = (kiosk, epoch) }

    /// The columns a walk reads, in this order.
    static let columns = "position, lane, seq, body, hash"

    /// Checks the next entry: place, sequence, chain, then what its body says of itself.
    mutating func read(_ row: Row) throws(Break) -> EntryBody {
        let place = "entry \(entries + 1)"
        let position: Int64 = row[0] ?? 0
        let (name, seq): (String, Int64) = (row[1] ?? "", row[2] ?? 0)
        let (text, hash): (String, String) = (row[3] ?? "", row[4] ?? "")
        guard position == entries + 1 else {
            throw Break(sentence: "\(place): expected position \(entries + 1), got \(position)")
        }
        guard let lane = Lane(rawValue: name) else {
            throw Break(sentence: "\(place): expected a lane, got \(name.debugDescription)")
        }
        let here = "\(place), \(lane.rawValue) \(seq)"
        let end =
            ends[lane]
            ?? JournalPen.LaneEnd(
                seq: 0, hash: HashChain.genesis(kiosk: kiosk, epoch: epoch, lane: lane))
        guard seq == end.seq + 1 else {
            throw Break(sentence: "\(here): expected sequence \(end.seq + 1), got \(seq)")
        }
        let expected = HashChain.next(after: end.hash, body: text)
        guard hash == expected else {
            throw Break(sentence: "\(here): expected hash \(expected), got \(hash)")
        }
        let body = try decode(text, here)
        guard body.v == 1, body.lane == lane, body.seq == seq else {
            throw Break(
                sentence: "\(here): expected version 1 and its own place in the body, "
                    + "got version \(body.v), \(body.lane.rawValue) \(body.seq)")
        }
        let first = Entry.journalOpened(kiosk: kiosk, epoch: epoch)
        guard entries > 0 || body.entry == first else {
            throw Break(sentence: "\(here): expected the opening of \(kiosk) \(epoch)")
        }
        ends[lane] = JournalPen.LaneEnd(seq: seq, hash: hash)
        entries += 1
        return body
    }

    /// The office cannot have more than the file holds: then the file has lost its end.
    func checkEnd(_ acked: [Lane: Int64]) throws(Break) {
        guard entries > 0 else { throw Break(sentence: "entry 1: expected an opening, got none") }
        for lane in Lane.allCases {
            let (last, known) = (ends[lane]?.seq ?? 0, acked[lane] ?? 0)
            guard known <= last else {
                throw Break(
                    sentence: "\(lane.rawValue) \(last + 1): expected the entries up to \(known) "
                        + "that the office has, the file ends before them")
            }
        }
    }

    private func decode(_ text: String, _ here: String) throws(Break) -> EntryBody {
        do { return try decoder.decode(EntryBody.self, from: Data(text.utf8)) } catch {
            // The decoder's own words may hold what the body holds.
            throw Break(
                sentence: "\(here): expected the JSON of an entry, got \(text.utf8.count) bytes")
        }
    }
}
