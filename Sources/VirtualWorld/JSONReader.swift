/// Reads one JSON text, strictly. Source: RFC 8259 sections 2 to 7.
struct JSONReader {
    private let bytes: [UInt8]
    private var place = 0
    private var depth = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func whole() throws(JSONValue.Malformed) -> JSONValue {
        let value = try value()
        skipSpace()
        guard place == bytes.count else { throw wrong("expected the end") }
        return value
    }

    private mutating func value() throws(JSONValue.Malformed) -> JSONValue {
        skipSpace()
        guard place < bytes.count else { throw wrong("expected a value, got the end") }
        switch bytes[place] {
        case UInt8(ascii: "{"):
            return try nested { (r) throws(JSONValue.Malformed) in try r.object() }
        case UInt8(ascii: "["):
            return try nested { (r) throws(JSONValue.Malformed) in try r.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func nested(
        _ read: (inout JSONReader) throws(JSONValue.Malformed) -> JSONValue
    ) throws(JSONValue.Malformed) -> JSONValue {
        guard depth < JSONValue.depthMax else { throw wrong("nested too deeply") }
        depth += 1
        place += 1
        let value = try read(&self)
        depth -= 1
        return value
    }

    private mutating func object() throws(JSONValue.Malformed) -> JSONValue {
        var members: [(String, JSONValue)] = []
        skipSpace()
        if take("}") { return .object(members) }
        while true {
            skipSpace()
            let key = try string()
            guard !members.contains(where: { $0.0 == key }) else { throw wrong("key given twice") }
            skipSpace()
            guard take(":") else { throw wrong("expected `:`") }
            members.append((key, try value()))
            skipSpace()
            if take("}") { return .object(members) }
            guard take(",") else { throw wrong("expected `,` or `}`") }
        }
    }

    private mutating func array() throws(JSONValue.Malformed) -> JSONValue {
        var items: [JSONValue] = []
        skipSpace()
        if take("]") { return .array(items) }
        while true {
            items.append(try value())
            skipSpace()
            if take("]") { return .array(items) }
            guard take(",") else { throw wrong("expected `,` or `]`") }
        }
    }

    /// -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
    private mutating func number() throws(JSONValue.Malformed) -> String {
        let start = place
        _ = take("-")
        if !take("0") { guard digits() else { throw wrong("expected a value") } }
        if take(".") { guard digits() else { throw wrong("expected digits after the point") } }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            guard digits() else { throw wrong("expected digits in the exponent") }
        }
        return String(decoding: bytes[start..<place], as: UTF8.self)
    }

    private mutating func digits() -> Bool {
        let start = place
        while place < bytes.count, (0x30...0x39).contains(bytes[place]) { place += 1 }
        return place > start
    }

    private mutating func string() throws(JSONValue.Malformed) -> String {
        guard take("\"") else { throw wrong("expected a string") }
        var content: [UInt8] = []
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: content, as: UTF8.self) else {
                    throw wrong("not UTF-8")
                }
                return text
            case UInt8(ascii: "\\"): content += Array(String(try escape()).utf8)
            case 0..<0x20: throw wrong("control character in a string")
            default: content.append(byte)
            }
        }
        throw wrong("expected the string's end")
    }

    private mutating func escape() throws(JSONValue.Malformed) -> Character {
        guard place < bytes.count else { throw wrong("expected an escape") }
        let byte = bytes[place]
        place += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            return Character(UnicodeScalar(byte))
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return Character(try escapedScalar())
        default: throw wrong("unknown escape")
        }
    }

    private mutating func escapedScalar() throws(JSONValue.Malformed) -> UnicodeScalar {
        let first = try fourDigits()
        if let scalar = UnicodeScalar(first) { return scalar }
        guard (0xD800..<0xDC00).contains(first), take("\\"), take("u") else {
            throw wrong("half of a surrogate pair")
        }
        let second = try fourDigits()
        guard (0xDC00..<0xE000).contains(second),
            let scalar = UnicodeScalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw wrong("half of a surrogate pair") }
        return scalar
    }

    private mutating func fourDigits() throws(JSONValue.Malformed) -> UInt32 {
        // UInt32 would take a sign.
        guard place + 4 <= bytes.count,
            !bytes[place..<place + 4].contains(where: { "+-".utf8.contains($0) }),
            let value = UInt32(
                String(decoding: bytes[place..<place + 4], as: UTF8.self), radix: 16)
        else { throw wrong("expected four hex digits") }
        place += 4
        return value
    }

    private mutating func word(_ text: String, _ value: JSONValue) throws(JSONValue.Malformed)
        -> JSONValue
    {
        guard bytes[place...].starts(with: text.utf8) else { throw wrong("expected a value") }
        place += text.utf8.count
        return value
    }

    private mutating func take(_ character: Character) -> Bool {
        guard place < bytes.count, character.asciiValue == bytes[place] else { return false }
        place += 1
        return true
    }

    private mutating func skipSpace() {
        while place < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[place]) { place += 1 }
    }

    private func wrong(_ problem: String) -> JSONValue.Malformed {
        JSONValue.Malformed(byte: place, problem: problem)
    }
}
