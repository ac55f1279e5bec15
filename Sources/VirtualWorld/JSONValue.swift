/// JSON whose numbers stay the text they were: an amount never passes through a binary fraction.
/// Source: RFC 8259.
public indirect enum JSONValue: Sendable {
    case null
    case bool(Bool)
    /// As written: "70.00" is not "70".
    case number(String)
    case string(String)
    case array([JSONValue])
    /// In the order written.
    case object([(String, JSONValue)])

    public static func integer(_ value: some BinaryInteger) -> JSONValue { .number(String(value)) }

    /// What is wrong with a text that is not JSON, and where.
    public struct Malformed: Error, Sendable, Hashable, CustomStringConvertible {
        public let byte: Int
        public let problem: String
        public var description: String { "JSON: byte \(byte): \(problem)" }
    }

    /// Deeper nesting is refused: no honest message of ours needs it.
    static let depthMax = 32

    public init(_ text: some StringProtocol) throws(Malformed) {
        var reader = JSONReader(Array(text.utf8))
        self = try reader.whole()
    }

    public init(bytes: some Sequence<UInt8>) throws(Malformed) {
        var reader = JSONReader(Array(bytes))
        self = try reader.whole()
    }

    public subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.0 == key }?.1
    }

    public subscript(place: Int) -> JSONValue? {
        guard case .array(let items) = self, items.indices.contains(place) else { return nil }
        return items[place]
    }

    public var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// A number without fraction or exponent.
    public var integer: Int64? {
        guard case .number(let text) = self else { return nil }
        return Int64(text)
    }

    public var items: [JSONValue] {
        guard case .array(let items) = self else { return [] }
        return items
    }

    /// Compact JSON on one line.
    public var text: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .number(let text): text
        case .string(let text): JSONValue.quoted(text)
        case .array(let items): "[" + items.map(\.text).joined(separator: ",") + "]"
        case .object(let members):
            "{"
                + members.map { JSONValue.quoted($0.0) + ":" + $0.1.text }.joined(separator: ",")
                + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
