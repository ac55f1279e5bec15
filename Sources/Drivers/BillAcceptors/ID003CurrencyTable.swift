internal import KioskModel

/// Reads the answer to CURRENCY ASSIGN: what the code of *escrow* is worth.
///
/// Source: behaviour of public hosts: records of escrow code, country, value and exponent; a value of 0 is a slot without
/// a note; some units say two bytes of their boot version behind the records.
enum ID003CurrencyTable {
    private static let bytesPerRecord = 4

    static func read(_ data: [UInt8]) -> NoteTable {
        let whole = data.count / bytesPerRecord * bytesPerRecord
        let entries = stride(from: 0, to: whole, by: bytesPerRecord).compactMap {
            (start: Int) -> NoteTable.Entry? in
            guard data[start + 2] != 0 else { return nil }
            return NoteTable.Entry(
                type: data[start], country: country(data[start + 1]),
                value: value(data[start + 2], exponent: data[start + 3]))
        }
        // A code that stands for two notes is worth nothing: neither is accepted.
        return NoteTable(
            entries: entries.map { entry in
                let isPlain = entries.allSatisfy { $0.type != entry.type || $0 == entry }
                return isPlain
                    ? entry
                    : NoteTable.Entry(type: entry.type, country: entry.country, value: nil)
            })
    }

    /// The currency of a country's number, as far as public hosts agree on it.
    private static func country(_ number: UInt8) -> String {
        switch number {
        case 0x2D: "CNY"
        case 0x01: "USD"
        case 0x0A: "JPY"
        case 0x59: "HKD"
        case 0xE0: "EUR"
        default: "country \(String(number, radix: 16))"
        }
    }

    private static func value(_ value: UInt8, exponent: UInt8) -> Money? {
        guard exponent <= 5 else { return nil }
        let yuan = (0..<exponent).reduce(Int64(value)) { yuan, _ in yuan * 10 }
        return .yuan(yuan) <= NoteTable.valueMax ? .yuan(yuan) : nil
    }
}
