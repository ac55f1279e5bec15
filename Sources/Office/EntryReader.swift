internal import Foundation
internal import KioskModel
internal import OfficeProtocol

/// Reads the bytes of one event. Bytes that this version cannot read are kept all the same: the sequence goes on.
struct EntryReader {
    enum Reading {
        case entry(EntryBody)
        /// A later version, an unknown kind, or no JSON at all; the text says which, without the body's contents.
        case unreadable(String)
        /// The body speaks of another lane or sequence number than its envelope.
        case mismatch
    }

    /// The version of `EntryBody` that this office reads.
    private static let version = 1
    private let decoder = JSONDecoder()

    /// What every version has said so far.
    private struct Envelope: Decodable {
        let v: Int?
        let lane: String?
        let seq: Int64?
    }

    func read(_ event: BatchEvent, lane: Lane) -> Reading {
        let bytes = Data(event.body.utf8)
        do {
            let body = try decoder.decode(EntryBody.self, from: bytes)
            guard body.lane == lane, body.seq == event.seq else { return .mismatch }
            guard body.v == EntryReader.version else { return .unreadable("version \(body.v)") }
            return .entry(body)
        } catch {
            return readEnvelope(bytes, event, lane)
        }
    }

    private func readEnvelope(_ bytes: Data, _ event: BatchEvent, _ lane: Lane) -> Reading {
        do {
            let envelope = try decoder.decode(Envelope.self, from: bytes)
            guard envelope.lane ?? lane.rawValue == lane.rawValue,
                envelope.seq ?? event.seq == event.seq
            else { return .mismatch }
            let version = envelope.v ?? EntryReader.version
            return .unreadable(
                version == EntryReader.version ? "an unknown kind of entry" : "version \(version)")
        } catch {
            return .unreadable("no JSON of an entry")
        }
    }
}
