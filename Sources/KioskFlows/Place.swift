internal import KioskModel

/// Where a visit is: one case for each screen, with what that screen needs beyond the books.
enum Place: Sendable, Hashable {
    case attract, language, service
    case number(complaint: Screen.Message?)
    case confirmNumber(PhoneNumber)
    /// The answer is nil while it is awaited.
    case account(PhoneNumber, AccountAnswer?)
    case insertNotes
    /// Uncommitted: a note is still moving. Committed: the office's word is awaited.
    case finishing
    case outcome, rating, goodbye
    case claimSlip(complaint: Screen.Message?)
    case claimNumber(SlipNumber, complaint: Screen.Message?)
    case claimAnswer(SlipNumber, ClaimAnswer?)
}

/// What is remembered of the person at the screen and nowhere else; gone when the visit ends.
struct Customer: Sendable, Hashable {
    let language: Language
    /// What the account owes, if the office said so.
    var arrears: Money?
    /// What happened to the last note, if it is worth a sentence.
    var noteStory: NoteStory?
    /// Copies printed so far.
    var copies = 0
    /// What became of the last receipt.
    var receipt: ReceiptResult?
    /// Wants to go, and only the receipt is still coming out.
    var isLeaving = false
    /// The kiosk was restarted in the middle of this visit.
    var recovered = false

    init(_ language: Language) { self.language = language }
}

enum NoteStory: Sendable, Hashable {
    /// Given back at once by the unit.
    case refused(RefusalReason)
    /// Given back by us.
    case returned(ReturnReason)
    /// Was to be kept and came back all the same.
    case cameBack
}

/// Every button there is; the raw value is the choice's id on the screen and, after "choice.", the key of its label.
enum ChoiceName: String, Sendable, CaseIterable {
    case start
    case chinese = "zh-Hans"
    case english = "en"
    case topUp, claim, quit, confirm, change
    case goOn = "continue"
    case finish, done, copy, more, end
    case oneStar = "1"
    case twoStars = "2"
    case threeStars = "3"
    case fourStars = "4"
    case fiveStars = "5"
    case skip

    init(_ language: Language) {
        switch language {
        case .chinese: self = .chinese
        case .english: self = .english
        }
    }
}

/// A question to the office. One is on its way at a time, because answers do not say what they answer:
/// an answer to a question of before is recognised and dropped, and never shown to another customer.
struct Question<Subject: Sendable & Hashable>: Sendable, Hashable {
    private var asked: Subject?
    private var wanted: Subject?

    /// What to ask now; nil when an answer must be waited for first, or is on its way already.
    mutating func want(_ subject: Subject) -> Subject? {
        wanted = subject
        guard asked == nil else { return nil }
        asked = subject
        return subject
    }

    mutating func forget() { wanted = nil }

    enum Arrival: Sendable, Hashable {
        case wanted, stale
        /// The answer belonged to another question; this one can be asked now.
        case askNext(Subject)
    }

    mutating func arrive() -> Arrival {
        let was = asked
        asked = nil
        guard let wanted else { return .stale }
        guard let was, was != wanted else {
            self.wanted = nil
            return was == nil ? .stale : .wanted
        }
        asked = wanted
        return .askNext(wanted)
    }
}
