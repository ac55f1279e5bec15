internal import KioskFlows

/// `{"screen":7,"choice":"finish"}` or `{"screen":7,"fields":{"number":"13800138000"}}`, and nothing else.
struct InputMessage: Decodable {
    let screen: Int
    let input: Input

    /// No screen asks for more fields than this at once.
    static let fieldsMax = 4
    /// Bytes of a whole message.
    static let bytesMax = 4096

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        screen = try container.decode(Int.self, forKey: Key("screen"))
        let known = container.allKeys.allSatisfy {
            ["screen", "choice", "fields"].contains($0.stringValue)
        }
        guard known, container.allKeys.count == 2 else {
            throw InputMessage.wrong(container, "the screen and one of choice and fields")
        }
        if container.contains(Key("choice")) {
            input = .choice(try container.decode(String.self, forKey: Key("choice")))
            return
        }
        let fields = try container.decode([String: String].self, forKey: Key("fields"))
        guard (1...InputMessage.fieldsMax).contains(fields.count) else {
            throw InputMessage.wrong(container, "1 to \(InputMessage.fieldsMax) fields")
        }
        input = .fields(fields)
    }

    private static func wrong(
        _ container: KeyedDecodingContainer<Key>, _ expected: String
    ) -> DecodingError {
        .dataCorrupted(
            .init(codingPath: container.codingPath, debugDescription: "expected \(expected)"))
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(_ text: String) { stringValue = text }
        init?(stringValue: String) { self.init(stringValue) }
        init?(intValue: Int) { nil }
    }
}
