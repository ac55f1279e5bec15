/// Where every note physically is: what the ledgers are held against.
///
/// Notes by face value in fen. Each offered note is in exactly one of the four places.
public struct ValidatorTruth: Sendable, Hashable {
    /// Where a note in the path lies, which decides how the unit powers up.
    public enum Place: String, Sendable, Hashable, CaseIterable {
        /// Can still come back to the customer.
        case validator
        /// Past the validator: can only go into the cassette.
        case stacker
    }

    /// In the cassette, also while the cassette is out of the machine.
    public var cassette: [Int64: Int] = [:]
    /// Given back to the customer.
    public var returned: [Int64: Int] = [:]
    /// Between slot and cassette; at most one.
    public var inPath: [Int64] = []
    public var place: Place?
    /// Held at the slot by the customer, not drawn in.
    public var atSlot: [Int64] = []
    public var cassettePresent = true

    public init() {}

    /// All notes that were ever offered.
    public var offered: Int {
        cassette.values.reduce(0, +) + returned.values.reduce(0, +) + inPath.count + atSlot.count
    }

    /// What lies in the cassette, in fen.
    public var cassetteFen: Int64 { cassette.reduce(0) { $0 + $1.key * Int64($1.value) } }
    public var returnedFen: Int64 { returned.reduce(0) { $0 + $1.key * Int64($1.value) } }

    /// One line of JSON; keys in order, so that equal truths are equal texts.
    public var json: String {
        func counts(_ notes: [Int64: Int]) -> JSONValue {
            .object(notes.sorted { $0.key < $1.key }.map { (String($0.key), .integer($0.value)) })
        }
        return JSONValue.object([
            ("cassette", counts(cassette)),
            ("returned", counts(returned)),
            ("inPath", .array(inPath.map { .integer($0) })),
            ("place", place.map { .string($0.rawValue) } ?? .null),
            ("atSlot", .array(atSlot.map { .integer($0) })),
            ("cassettePresent", .bool(cassettePresent)),
        ]).text
    }

    /// More notes of one value, or a note of more fen, is no state that a validator was ever in.
    static let countMax: Int64 = 1_000_000
    static let fenMax: Int64 = 10_000_000

    /// Reads what `json` wrote; nil for anything else: negative and absurd counts and values, and more than one note in the
    /// path included.
    public init?(json: String) {
        guard let value = try? JSONValue(json),
            let cassette = ValidatorTruth.counts(value["cassette"]),
            let returned = ValidatorTruth.counts(value["returned"]),
            let inPath = ValidatorTruth.notes(value["inPath"]), inPath.count <= 1,
            let atSlot = ValidatorTruth.notes(value["atSlot"]),
            case .bool(let cassettePresent)? = value["cassettePresent"]
        else { return nil }
        (self.cassette, self.returned, self.inPath) = (cassette, returned, inPath)
        (self.atSlot, self.cassettePresent) = (atSlot, cassettePresent)
        place = value["place"]?.string.flatMap(Place.init(rawValue:))
        guard (place == nil) == inPath.isEmpty else { return nil }
    }

    private static func counts(_ value: JSONValue?) -> [Int64: Int]? {
        guard case .object(let members)? = value else { return nil }
        var counts: [Int64: Int] = [:]
        for (fen, count) in members {
            guard let value = Int64(fen), String(value) == fen, (1...fenMax).contains(value),
                let count = count.integer, (0...countMax).contains(count)
            else { return nil }
            counts[value] = Int(count)
        }
        return counts
    }

    private static func notes(_ value: JSONValue?) -> [Int64]? {
        guard case .array(let items)? = value else { return nil }
        let notes = items.compactMap(\.integer)
        return notes.count == items.count && notes.allSatisfy { (1...fenMax).contains($0) }
            ? notes : nil
    }
}
