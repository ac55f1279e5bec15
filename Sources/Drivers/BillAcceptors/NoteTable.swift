internal import DeviceKit
internal import KioskModel

/// A unit's own table of note types: what the number in *escrow* and *stacked* is worth.
///
/// Source: CCNET Common Specifications 2.6.0, GET NOTE TABLE; ITL GA138 2.2, SETUP REQUEST; the other protocols' tables agree.
struct NoteTable: Hashable {
    struct Entry: Hashable {
        let type: UInt8
        /// Three letters, as the unit has them: of a country or of a currency.
        let country: String
        /// Nil when the entry makes no amount of whole fen: never accepted.
        let value: Money?
    }
    /// No note of any country is worth more; a greater value is a damaged table.
    static let valueMax = Money.yuan(100_000)

    /// By type, without the empty ones.
    let entries: [Entry]

    func value(ofType type: UInt8) -> Money? { entries.first { $0.type == type }?.value }

    /// What makes this table another than the profile's, in words; nil when they fit.
    func mismatch(currencyCodes: [String], notes: [BillAcceptorProfile.Note]) -> String? {
        guard !entries.isEmpty else { return "note table: expected notes, got an empty table" }
        let countries = Set(entries.map(\.country)).subtracting(currencyCodes).sorted()
        guard countries.isEmpty else {
            return "note table: expected \(currencyCodes.joined(separator: " or ")), got "
                + countries.joined(separator: ", ")
        }
        for note in notes where value(ofType: note.code) != note.value {
            let found = value(ofType: note.code).map { "\($0)" } ?? "no such type"
            return "note table: expected type \(note.code) = \(note.value), got \(found)"
        }
        return nil
    }

    /// Three letters of a table; what is none is shown as "?".
    static func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(bytes.map { (0x20...0x7E).contains($0) ? Character(Unicode.Scalar($0)) : "?" })
    }
}
