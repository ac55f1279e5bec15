internal import KioskModel

/// Reads the answer to GET BILL TABLE.
///
/// Source: CCNET, GET BILL TABLE: 24 entries of leading digits, three letters and an exponent; entries and bytes that are
/// not sent are zero; empty entries and gaps are legal. The letters name a country (the manual's example is USA).
enum CCNETNoteTable {
    private static let bytesPerEntry = 5

    static func read(_ data: [UInt8]) -> NoteTable {
        NoteTable(
            entries: stride(from: 0, to: data.count / bytesPerEntry * bytesPerEntry, by: 5)
                .compactMap { start in
                    let bytes = data[start..<start + bytesPerEntry]
                    guard bytes.contains(where: { $0 != 0 }), bytes[start] != 0 else { return nil }
                    return NoteTable.Entry(
                        type: UInt8(start / bytesPerEntry),
                        country: NoteTable.text(bytes[start + 1...start + 3]),
                        value: value(digits: bytes[start], exponent: bytes[start + 4]))
                })
    }

    /// Bit 7 of the exponent set: so many decimals; clear: so many zeros are appended.
    private static func value(digits: UInt8, exponent: UInt8) -> Money? {
        let power = Int(exponent & 0x7F)
        guard power <= 5 else { return nil }
        let scale = (0..<power).reduce(Int64(1)) { scale, _ in scale * 10 }
        let fen = Int64(digits) * 100
        if exponent & 0x80 == 0 {
            return fen * scale <= NoteTable.valueMax.fen ? Money(fen: fen * scale) : nil
        }
        return fen.isMultiple(of: scale) ? Money(fen: fen / scale) : nil
    }
}
