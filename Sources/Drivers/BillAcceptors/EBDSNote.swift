internal import KioskModel

/// One note as the unit describes it: an entry of its table, or the note that it holds or has stacked.
///
/// Source: decapod-atm/ebds, extended note specification, reply.
struct EBDSNote: Hashable {
    /// Index, ISO code, base value, sign, exponent.
    private static let lengthMin = 10

    /// From 1 in the table; not used for a note that is held.
    let index: UInt8
    let currency: String
    /// Nil when the report is blank or makes no amount of whole fen: never accepted.
    let value: Money?

    /// Nil when the bytes are too few to say anything.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= Self.lengthMin else { return nil }
        index = bytes[0]
        currency = Self.text(bytes[1...3])
        value = Self.value(base: bytes[4...6], sign: bytes[7], exponent: bytes[8...9])
    }

    /// Nothing is said of any note: the end of the table, or a cassette that was put back.
    var isBlank: Bool { value == nil && currency.isEmpty }

    /// Three digits, and how many zeros stand behind them (+) or how many decimals they have (-).
    private static func value(
        base: ArraySlice<UInt8>, sign: UInt8, exponent: ArraySlice<UInt8>
    ) -> Money? {
        guard let digits = number(base), let power = number(exponent), digits > 0, power <= 5 else {
            return nil
        }
        let scale = (0..<power).reduce(Int64(1)) { scale, _ in scale * 10 }
        let fen = digits * 100
        switch sign {
        case UInt8(ascii: "+"):
            return fen * scale <= NoteTable.valueMax.fen ? Money(fen: fen * scale) : nil
        case UInt8(ascii: "-"): return fen.isMultiple(of: scale) ? Money(fen: fen / scale) : nil
        default: return nil
        }
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
        digits.reduce(Int64?.some(0)) { number, digit in
            guard let number, (0x30...0x39).contains(digit) else { return nil }
            return number * 10 + Int64(digit - 0x30)
        }
    }

    /// ASCII up to the first byte that cannot be printed.
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        let printable = bytes.prefix { (0x20...0x7E).contains($0) }
        return printable.map { String(Unicode.Scalar($0)) }.joined()
            .split(separator: " ").joined(separator: " ")
    }
}
