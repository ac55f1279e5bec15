internal import DeviceKit
internal import KioskModel

/// The unit's own table of note types: what the Y of *escrow* and *stacked* is worth.
///
/// Source: CCNET, GET BILL TABLE: 24 entries of leading digits, three letters and an exponent; entries and bytes that are
/// not sent are zero; empty entries and gaps are legal. The letters name a country (the manual's example is USA).
struct CCNETNoteTable: Hashable {
    struct Entry: Hashable {
        let type: UInt8
        let country: String
        /// Nil when digits and exponent make no amount of whole fen: never accepted.
        let value: Money?
    }
    private static let bytesPerEntry = 5
    /// No note of any country is worth more; a greater value is a damaged table. Yuan.
    private static let valueMax: Int64 = 100_000

    /// By type, without the empty ones.
    let entries: [Entry]

    init(_ data: [UInt8]) {
        entries = stride(from: 0, to: data.count / Self.bytesPerEntry * Self.bytesPerEntry, by: 5)
            .compactMap { start in
                let bytes = data[start..<start + Self.bytesPerEntry]
                guard bytes.contains(where: { $0 != 0 }), bytes[start] != 0 else { return nil }
                return Entry(
                    type: UInt8(start / Self.bytesPerEntry),
                    country: CCNETNoteTable.text(bytes[start + 1...start + 3]),
                    value: CCNETNoteTable.value(digits: bytes[start], exponent: bytes[start + 4]))
            }
    }

    /// The table a profile expects, for a note that the unit reports before it could be asked for its own.
    init(_ notes: [BillAcceptorProfile.Note], country: String) {
        entries = notes.map { Entry(type: $0.code, country: country, value: $0.value) }
    }

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

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(bytes.map { (0x20...0x7E).contains($0) ? Character(Unicode.Scalar($0)) : "?" })
    }

    /// Bit 7 of the exponent set: so many decimals; clear: so many zeros are appended.
    private static func value(digits: UInt8, exponent: UInt8) -> Money? {
        let power = Int(exponent & 0x7F)
        guard power <= 5 else { return nil }
        let scale = (0..<power).reduce(Int64(1)) { scale, _ in scale * 10 }
        let fen = Int64(digits) * 100
        if exponent & 0x80 == 0 {
            return fen * scale <= valueMax * 100 ? Money(fen: fen * scale) : nil
        }
        return fen.isMultiple(of: scale) ? Money(fen: fen / scale) : nil
    }
}
