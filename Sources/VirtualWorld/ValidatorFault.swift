internal import KioskModel

/// Something that goes wrong with a virtual validator or on its line.
///
/// `fault WORD [CODE] [COUNT] [at XX] [now|next]`. Faults of the machine stay until `clear`; faults of single answers
/// are used up by so many answers.
public struct ValidatorFault: Sendable, Hashable {
    public enum Name: String, Sendable, Hashable, CaseIterable {
        // The machine, until cleared
        case jamValidator = "jam-validator"
        case jamStacker = "jam-stacker"
        case failure
        case cassetteOut = "cassette-out"
        case cassetteFull = "cassette-full"
        /// A second note is pushed in behind the first.
        case pause
        /// The note is fished out again while it is being stacked.
        case cheat
        /// The next note is refused.
        case reject
        /// The next note is reported as a type that the note table does not have.
        case strangeNote = "strange-note"
        // What the unit says of itself, until cleared
        case wrongCurrency = "wrong-currency"
        case swappedSerial = "swapped-serial"
        case unknownStatus = "unknown-status"
        // The line, until cleared
        case echo, silence
        // Single answers
        case lostReply = "lost-reply"
        case lostAck = "lost-ack"
        case lateReply = "late-reply"
        case corrupt
        case halfFrame = "half-frame"
        case duplicate, noise

        /// - Throws: the list of names, for the person who mistyped.
        public init(word: String) throws(WordTrouble) {
            // What a person says without thinking of where.
            guard let name = Name(rawValue: word == "jam" ? "jam-validator" : word) else {
                let known = Name.allCases.map(\.rawValue).joined(separator: ", ")
                throw WordTrouble("fault: expected one of \(known), got `\(word.clipped(to: 40))`")
            }
            self = name
        }

        /// Used up by single answers instead of lasting until cleared.
        public var isOfOneAnswer: Bool {
            switch self {
            case .lostReply, .lostAck, .lateReply, .corrupt, .halfFrame, .duplicate, .noise: true
            case .jamValidator, .jamStacker, .failure, .cassetteOut, .cassetteFull, .pause, .cheat,
                .reject, .strangeNote, .wrongCurrency, .swappedSerial, .unknownStatus, .echo,
                .silence:
                false
            }
        }

        /// The code used when none is given; nil: the fault has no code.
        /// Source: CCNET v2.6.0, generic failure codes (50 stack motor), reject reasons (66 verification).
        var usualCode: UInt8? {
            switch self {
            case .failure: 0x50
            case .reject: 0x66
            case .unknownStatus: 0x7E
            case .jamValidator, .jamStacker, .cassetteOut, .cassetteFull, .pause, .cheat,
                .strangeNote, .wrongCurrency, .swappedSerial, .echo, .silence, .lostReply, .lostAck,
                .lateReply, .corrupt, .halfFrame, .duplicate, .noise:
                nil
            }
        }

        /// A jam in the stacker and a fishing hand need a note on its way; the others are there at once.
        var usualMoment: Moment {
            switch self {
            case .jamStacker, .cheat, .reject, .strangeNote: .next
            case .jamValidator, .failure, .cassetteOut, .cassetteFull, .pause, .wrongCurrency,
                .swappedSerial, .unknownStatus, .echo, .silence, .lostReply, .lostAck, .lateReply,
                .corrupt, .halfFrame, .duplicate, .noise:
                .now
            }
        }
    }

    public enum Moment: String, Sendable, Hashable {
        case now
        /// With the next note that comes to the place where it happens.
        case next
    }

    public let name: Name
    /// Failure code, reject reason or status byte.
    public let code: UInt8
    /// So many answers, 1 to 100.
    public let count: Int
    /// Only answers that begin with this byte (`at 81`); nil: any.
    public let status: UInt8?
    public let moment: Moment

    public static let countMax = 100

    init(_ words: [String]) throws(WordTrouble) {
        guard let first = words.first else {
            throw WordTrouble("fault: expected a fault's name, got nothing")
        }
        let name = try Name(word: first)
        var (code, count, moment) = (name.usualCode, 1, name.usualMoment)
        var status: UInt8?
        var rest = words.dropFirst()
        while let word = rest.popFirst() {
            if let given = Moment(rawValue: word), !name.isOfOneAnswer {
                moment = given
            } else if word == "at", name.isOfOneAnswer, let byte = rest.popFirst() {
                status = try ValidatorFault.byte(byte, of: name)
            } else if name.usualCode != nil {
                code = try ValidatorFault.byte(word, of: name)
            } else if name.isOfOneAnswer, let given = Int(word),
                (1...ValidatorFault.countMax).contains(given)
            {
                count = given
            } else {
                throw WordTrouble(
                    "fault \(name.rawValue): expected \(ValidatorFault.usage(name)), "
                        + "got `\(word.clipped(to: 20))`")
            }
        }
        (self.name, self.code, self.count) = (name, code ?? 0, count)
        (self.status, self.moment) = (status, moment)
    }

    private static func usage(_ name: Name) -> String {
        if name.isOfOneAnswer { return "a count of 1 to \(countMax) and `at XX`" }
        return name.usualCode == nil ? "`now` or `next`" : "two hex digits, `now` or `next`"
    }

    private static func byte(_ text: String, of name: Name) throws(WordTrouble) -> UInt8 {
        guard text.utf8.count == 2, text.utf8.first != UInt8(ascii: "+"),
            let byte = UInt8(text, radix: 16)
        else {
            throw WordTrouble(
                "fault \(name.rawValue): expected two hex digits, got `\(text.clipped(to: 20))`")
        }
        return byte
    }
}
