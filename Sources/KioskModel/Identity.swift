/// The name of one kiosk in the fleet: 1 to 24 of A-Z, 0-9 and "-", as in its certificate (urn:kiosk:ID).
public struct KioskID: Hashable, Sendable, Codable, RawRepresentable, CustomStringConvertible {
    public let rawValue: String

    public init?(rawValue: String) {
        let allowed = rawValue.utf8.allSatisfy {
            (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D
        }
        guard (1...24).contains(rawValue.utf8.count), allowed else { return nil }
        self.rawValue = rawValue
    }

    public var description: String { rawValue }
}

/// One life of a kiosk's journal: 64 random bits made with the store. A kiosk set up anew gets another.
public struct Epoch: Hashable, Sendable, Codable, CustomStringConvertible {
    public let bits: UInt64

    public init(bits: UInt64) { self.bits = bits }

    /// Reads the 16 lower-case hex digits that `hex` writes.
    public init?(hex: String) {
        guard let bits = UInt64(hex, radix: 16) else { return nil }
        self.bits = bits
        // One spelling: no sign, no capitals, no digit too few.
        guard self.hex == hex else { return nil }
    }

    /// 16 lower-case hex digits: JSON numbers cannot hold 64 bits.
    public var hex: String {
        let digits = String(bits, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    public var description: String { hex }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let epoch = Epoch(hex: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "an epoch is 16 lower-case hex digits")
        }
        self = epoch
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hex)
    }
}

/// One visit of a customer: 1, 2, 3… in the life of a journal.
public struct SessionID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    public let number: Int64
    public init(_ number: Int64) { self.number = number }
    public static func < (left: SessionID, right: SessionID) -> Bool { left.number < right.number }
    public var description: String { "session \(number)" }
    public init(from decoder: any Decoder) throws {
        number = try decoder.singleValueContainer().decode(Int64.self)
    }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(number)
    }
}

/// One banknote offered to one kiosk: 1, 2, 3… in the life of a journal, never used again.
public struct NoteID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    public let number: Int64
    public init(_ number: Int64) { self.number = number }
    public static func < (left: NoteID, right: NoteID) -> Bool { left.number < right.number }
    public var description: String { "note \(number)" }
    public init(from decoder: any Decoder) throws {
        number = try decoder.singleValueContainer().decode(Int64.self)
    }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(number)
    }
}

/// The name of one payment for its whole life, at the kiosk, the office and the billing system.
///
/// Born with the session, from things that never repeat: kiosk, epoch, session. A restart makes no other.
public struct OrderID: Hashable, Sendable, Codable, CustomStringConvertible {
    /// "K0001-00112233aabbccdd-42".
    public let text: String

    public init(kiosk: KioskID, epoch: Epoch, session: SessionID) {
        text = "\(kiosk.rawValue)-\(epoch.hex)-\(session.number)"
    }

    /// Takes an id that another program wrote; nil unless it has the three parts, spelt as `text` spells them: an order
    /// has one name.
    public init?(text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 3, let session = Int64(parts[parts.count - 1]), session > 0,
            let epoch = Epoch(hex: String(parts[parts.count - 2])),
            let kiosk = KioskID(rawValue: parts.dropLast(2).joined(separator: "-"))
        else { return nil }
        self.init(kiosk: kiosk, epoch: epoch, session: SessionID(session))
        guard self.text == text else { return nil }
    }

    public var description: String { text }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let order = OrderID(text: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "an order id is KIOSK-EPOCH-SESSION")
        }
        self = order
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

/// The number on the slip, for people: twelve digits, the last a check digit, printed 1234 5600 0042.
///
/// Not unique in the fleet: the office looks it up together with the phone number.
public struct SlipNumber: Hashable, Sendable, Codable, CustomStringConvertible {
    public let digits: String

    public init(epoch: Epoch, session: SessionID) {
        precondition(session.number > 0, "sessions count from 1")
        let body =
            SlipNumber.padded(epoch.bits % 100_000, to: 5)
            + SlipNumber.padded(UInt64(session.number % 1_000_000), to: 6)
        digits = body + SlipNumber.checkDigit(of: body)
    }

    /// Reads what a customer typed; nil if it is not twelve digits with a right check digit.
    public init?(typed text: String) {
        guard text.utf8.count == 12, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            SlipNumber.checkDigit(of: String(text.dropLast())) == text.suffix(1)
        else { return nil }
        digits = text
    }

    public var grouped: String {
        "\(digits.prefix(4)) \(digits.dropFirst(4).prefix(4)) \(digits.suffix(4))"
    }
    public var description: String { grouped }

    private static func padded(_ number: UInt64, to width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: width - text.utf8.count) + text
    }

    /// The Luhn digit: finds one wrong digit and nearly every swap of two. Source: ISO/IEC 7812-1:2017 Annex B.
    private static func checkDigit(of body: String) -> String {
        var sum = 0
        for (place, byte) in body.utf8.reversed().enumerated() {
            let doubled = Int(byte - 0x30) * (place.isMultiple(of: 2) ? 2 : 1)
            sum += doubled > 9 ? doubled - 9 : doubled
        }
        return String((10 - sum % 10) % 10)
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let slip = SlipNumber(typed: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "a slip number is 12 digits with a check digit")
        }
        self = slip
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(digits)
    }
}
