public import KioskModel

/// One sentence said to a virtual validator: the same on the command line, in tests and over its socket.
public enum ValidatorWord: Sendable, Hashable {
    /// The customer holds these notes to the slot, one after the other.
    case notes([Money])
    /// The customer keeps the notes that were not drawn in yet.
    case notesBack
    case fault(ValidatorFault)
    /// Ends a fault; nil: all of them.
    case clear(ValidatorFault.Name?)
    case powerCut, powerRestore
    case unplug, plug
    case cassetteRemove, cassetteInsert
    case truth

    /// Notes of one sentence; a person's hand holds no more.
    public static let notesMax = 50
    /// Bytes of one sentence.
    public static let lengthMax = 512

    /// Faces of the notes that exist, in yuan. Source: People's Bank of China, 4th and 5th series of the renminbi.
    static let faces: [Int64] = [1, 2, 5, 10, 20, 50, 100]

    /// Reads a sentence such as `notes 50 20`, `fault failure 54`, `fault lost-reply 2 at 81` or `power cut`.
    public init(_ sentence: String) throws(WordTrouble) {
        guard sentence.utf8.count <= ValidatorWord.lengthMax else {
            throw WordTrouble(
                "validator: expected at most \(ValidatorWord.lengthMax) bytes, "
                    + "got \(sentence.utf8.count)")
        }
        let words = sentence.split(whereSeparator: \.isWhitespace).map(String.init)
        guard let first = words.first else {
            throw WordTrouble("validator: expected \(ValidatorWord.usage), got nothing")
        }
        self = try ValidatorWord.read(first, Array(words.dropFirst()))
    }

    static let usage =
        "notes YUAN… | notes back | fault WORD | clear WORD|all | power cut|restore | unplug | plug"
        + " | cassette remove|insert | truth"

    private static func read(_ first: String, _ rest: [String]) throws(WordTrouble)
        -> ValidatorWord
    {
        switch (first, rest.first, rest.count) {
        case ("notes", "back", 1): return .notesBack
        case ("notes", _, _): return .notes(try notes(rest))
        case ("fault", _, 1...): return .fault(try ValidatorFault(rest))
        case ("clear", "all", 1): return .clear(nil)
        case ("clear", let name?, 1): return .clear(try ValidatorFault.Name(word: name))
        case ("power", "cut", 1): return .powerCut
        case ("power", "restore", 1): return .powerRestore
        case ("unplug", nil, _): return .unplug
        case ("plug", nil, _): return .plug
        case ("cassette", "remove", 1): return .cassetteRemove
        case ("cassette", "insert", 1): return .cassetteInsert
        case ("truth", nil, _): return .truth
        default:
            let said = ([first] + rest).joined(separator: " ").clipped(to: 80)
            throw WordTrouble("validator: expected \(usage), got `\(said)`")
        }
    }

    private static func notes(_ words: [String]) throws(WordTrouble) -> [Money] {
        guard (1...notesMax).contains(words.count) else {
            throw WordTrouble("notes: expected 1 to \(notesMax) notes, got \(words.count)")
        }
        var notes: [Money] = []
        for word in words {
            guard let yuan = Int64(word), faces.contains(yuan) else {
                let known = faces.map(String.init).joined(separator: ", ")
                throw WordTrouble(
                    "notes: expected notes of \(known) yuan, got `\(word.clipped(to: 20))`")
            }
            notes.append(.yuan(yuan))
        }
        return notes
    }
}

/// A sentence that a virtual thing does not understand or cannot do now; says what would be right.
public struct WordTrouble: Error, Sendable, Hashable, CustomStringConvertible {
    /// The longest description; it may quote the sentence. Unicode scalars.
    public static let descriptionMax = 500

    public let description: String

    /// The description is clipped and loses its control characters: it is shown in a terminal.
    public init(_ description: String) {
        self.description = description.clipped(to: WordTrouble.descriptionMax)
    }
}
