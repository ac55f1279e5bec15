/// Notes as an EBDS unit tells of them.
///
/// Source: `decapod-atm/ebds` (MIT), `src/extended_note_specification/reply.rs`, `src/extended_note_inhibits/command.rs`,
/// `src/query_value_table/reply.rs`.
enum EBDSNotes {
    /// Index, currency, value, orientation and marks: 18 bytes.
    static let blank = [UInt8](repeating: 0, count: 18)

    /// The note in the unit's table at this index, from 1; behind its end all zero.
    static func report(index: UInt8, currency: String) -> [UInt8] {
        guard (1...NoteTypes.values.count).contains(Int(index)) else { return blank }
        return report(index, amount(ofType: index - 1), currency)
    }

    /// The note at the escrow position or in the cassette: without an index.
    static func report(type: UInt8, currency: String) -> [UInt8] {
        report(0, amount(ofType: type), currency)
    }

    private static func report(_ index: UInt8, _ amount: String, _ currency: String) -> [UInt8] {
        // Right edge first, face up; type, series, compatibility and version as on the variant's card; not classified.
        [index] + Array((currency + amount).utf8) + [0] + Array("AABA".utf8) + [0, 0, 0]
    }

    /// Three digits, a sign and two digits of the power of ten. A type that the table does not have is 500: no such note exists.
    private static func amount(ofType type: UInt8) -> String {
        guard Int(type) < NoteTypes.values.count else { return "500+00" }
        var (digits, zeros) = (NoteTypes.values[Int(type)] / 100, 0)
        while digits >= 10, digits.isMultiple(of: 10) { (digits, zeros) = (digits / 10, zeros + 1) }
        return padded(Int(digits), to: 3) + "+" + padded(zeros, to: 2)
    }

    private static func padded(_ number: Int, to count: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }

    /// The seven denominations of units that do not report notes; an empty one has nothing behind its index.
    static func valueTable(currency: String) -> [UInt8] {
        (1...7).flatMap { (index: UInt8) -> [UInt8] in
            guard Int(index) <= NoteTypes.values.count else {
                return [index] + [UInt8](repeating: 0, count: 9)
            }
            return [index] + Array((currency + amount(ofType: index - 1)).utf8)
        }
    }

    /// Seven notes a byte, note 1 is bit 0 of the first; a set bit lets the note in.
    static func mask(_ bytes: [UInt8]) -> UInt32 {
        var mask: UInt32 = 0
        for type in 0..<NoteTypes.values.count where bytes[type / 7] >> UInt8(type % 7) & 1 == 1 {
            mask |= 1 << UInt32(type)
        }
        return mask
    }
}
