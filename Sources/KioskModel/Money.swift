/// An amount in Chinese fen (1/100 yuan), the only currency of the books.
///
/// Arithmetic traps on overflow: a wrong amount is a bug of ours, and a stopped kiosk loses nothing.
public struct Money: Hashable, Comparable, Sendable, Codable {
    /// Fen. Negative only where a balance may be (arrears, the far side of a transfer).
    public let fen: Int64

    public init(fen: Int64) { self.fen = fen }

    public static let zero = Money(fen: 0)
    /// ISO 4217 code of every amount in the books.
    public static let currency = "CNY"

    public static func yuan(_ yuan: Int64) -> Money { Money(fen: yuan * 100) }

    public static func + (left: Money, right: Money) -> Money { Money(fen: left.fen + right.fen) }
    public static func - (left: Money, right: Money) -> Money { Money(fen: left.fen - right.fen) }
    public static func += (left: inout Money, right: Money) { left = left + right }
    public static func -= (left: inout Money, right: Money) { left = left - right }
    public static prefix func - (money: Money) -> Money { Money(fen: -money.fen) }
    public static func < (left: Money, right: Money) -> Bool { left.fen < right.fen }

    /// "70.00", "-3.05": yuan with two decimals, for people and for decimal JSON numbers; never rounded.
    public var yuanText: String {
        let magnitude = fen.magnitude
        let cents = magnitude % 100
        return (fen < 0 ? "-" : "") + "\(magnitude / 100)." + (cents < 10 ? "0" : "") + "\(cents)"
    }

    /// Reads "70", "70.5", "70.00" or "-3.05"; nil for anything else: more than two decimals, exponents,
    /// spaces, or more than 15 digits of yuan.
    public init?(yuanText text: some StringProtocol) {
        let negative = text.first == "-"
        let digits = negative ? text.dropFirst() : text.dropFirst(0)
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let whole = parts.first, (1...15).contains(whole.count) else {
            return nil
        }
        let decimals = parts.count == 2 ? String(parts[1]) : "00"
        guard (1...2).contains(decimals.utf8.count) else { return nil }
        guard (whole + decimals).utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        guard let yuan = Int64(whole),
            let cents = Int64(decimals.utf8.count == 1 ? decimals + "0" : decimals)
        else { return nil }
        fen = (negative ? -1 : 1) * (yuan * 100 + cents)
    }

    public init(from decoder: any Decoder) throws {
        fen = try decoder.singleValueContainer().decode(Int64.self)
    }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(fen)
    }
}

extension Money: CustomStringConvertible {
    public var description: String { "\(yuanText) CNY" }
}
