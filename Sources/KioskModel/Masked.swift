/// Personal data that cannot print itself: string interpolation, logs and dumps show the mask, never the value.
public struct Masked<Value: Sendable & Hashable & Codable>: Hashable, Sendable, Codable {
    /// The clear value. Whoever takes it out answers for where it goes.
    public let clear: Value

    public init(_ clear: Value) { self.clear = clear }

    public init(from decoder: any Decoder) throws {
        clear = try decoder.singleValueContainer().decode(Value.self)
    }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(clear)
    }
}

extension Masked: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "****" }
    public var debugDescription: String { "****" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// A phone number that passed the operator's grammar. Prints as 138****8000.
public struct PhoneNumber: Hashable, Sendable, Codable {
    private let digits: Masked<String>

    /// Takes digits that a `PhoneGrammar` accepted.
    init(accepted digits: String) { self.digits = Masked(digits) }

    /// The whole number, for the books and the billing system only.
    public var clear: String { digits.clear }

    /// "138****8000": the first three and last four digits.
    public var masked: String {
        let text = digits.clear
        return text.count >= 9 ? "\(text.prefix(3))****\(text.suffix(4))" : "****"
    }

    /// "138 0013 8000", as it is said back to the customer who typed it.
    public var grouped: String { PhoneNumber.group(digits.clear) }

    /// Groups digits as they are typed: three, then fours.
    public static func group(_ digits: String) -> String {
        var rest = digits.dropFirst(3)
        var parts = [String(digits.prefix(3))]
        while !rest.isEmpty {
            parts.append(String(rest.prefix(4)))
            rest = rest.dropFirst(4)
        }
        return parts.joined(separator: " ")
    }

    public init(from decoder: any Decoder) throws {
        digits = try decoder.singleValueContainer().decode(Masked<String>.self)
    }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(digits)
    }
}

extension PhoneNumber: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { masked }
    public var debugDescription: String { masked }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Which digit strings are phone numbers of this operator: a length and the allowed first digits.
public struct PhoneGrammar: Hashable, Sendable, Codable {
    public let length: Int
    /// Allowed beginnings, as ranges of equal length: "130"..."199".
    public let prefixes: [ClosedRange<String>]

    /// - Precondition: `length` is 5 to 20 and every range compares digit strings of one length.
    public init(length: Int, prefixes: [ClosedRange<String>]) {
        precondition((5...20).contains(length) && !prefixes.isEmpty)
        precondition(prefixes.allSatisfy { $0.lowerBound.utf8.count == $0.upperBound.utf8.count })
        (self.length, self.prefixes) = (length, prefixes)
    }

    /// Mainland mobile numbers: 11 digits, 13x to 19x.
    /// Source: Ministry of Industry and Information Technology, 电信网编号计划 (2017), mobile segments 13x-19x.
    public static let mainlandMobile = PhoneGrammar(length: 11, prefixes: ["13"..."19"])

    /// Why a string is not a number of this operator.
    public enum Refusal: String, Sendable, Codable, Error {
        case notDigits, tooShort, tooLong, unknownPrefix
    }

    /// The number, or what is wrong with it. Only ASCII digits count; no spaces, no +86.
    public func read(_ text: String) throws(Refusal) -> PhoneNumber {
        guard text.utf8.count <= 32, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw .notDigits
        }
        guard text.utf8.count >= length else { throw .tooShort }
        guard text.utf8.count <= length else { throw .tooLong }
        let known = prefixes.contains { $0.contains(String(text.prefix($0.lowerBound.count))) }
        guard known else { throw .unknownPrefix }
        return PhoneNumber(accepted: text)
    }
}
