public import KioskModel

/// What the customer sees now: a value that the page renders and nothing else.
///
/// Texts are named by key; the words stand in the text files, in every language.
public struct Screen: Sendable, Hashable {
    public enum Name: String, Sendable, Codable, CaseIterable {
        case attract, language, service, number, confirmNumber, account, insertNotes, finishing,
            outcome, rating, goodbye
        case needMoreTime, claimSlip, claimNumber, claimAnswer, outOfService
    }

    public let name: Name
    public let language: Language
    public var title: Message
    public var body: [Message]
    /// Label and value, one line each: "Total inserted  70.00 元".
    public var facts: [Fact]
    public var choices: [Choice]
    /// A keypad for one field, if the screen asks for digits.
    public var keypad: Keypad?
    /// The big number of the screen, if it has one (the running total).
    public var amount: Money?
    /// Notes the machine takes now.
    public var denominations: [Money]
    /// Seconds until the screen ends by itself, when the customer should see them run.
    public var secondsLeft: Int?

    public init(
        _ name: Name, _ language: Language, title: Message, body: [Message] = [],
        facts: [Fact] = [], choices: [Choice] = [],
        keypad: Keypad? = nil, amount: Money? = nil, denominations: [Money] = [],
        secondsLeft: Int? = nil
    ) {
        (self.name, self.language, self.title, self.body, self.facts) = (
            name, language, title, body, facts
        )
        (self.choices, self.keypad, self.amount) = (choices, keypad, amount)
        (self.denominations, self.secondsLeft) = (denominations, secondsLeft)
    }

    /// One text of the text files with what fills its {gaps}.
    public struct Message: Sendable, Hashable {
        public let key: String
        public let gaps: [String: String]
        public init(_ key: String, _ gaps: [String: String] = [:]) {
            (self.key, self.gaps) = (key, gaps)
        }
    }

    public struct Fact: Sendable, Hashable {
        public let label: Message
        /// Shown as it is: a name, a grouped number, an amount.
        public let value: String
        public init(_ label: Message, _ value: String) { (self.label, self.value) = (label, value) }
    }

    /// A button. `id` comes back in the input.
    public struct Choice: Sendable, Hashable {
        public enum Weight: String, Sendable { case primary, plain, quiet }
        public let id: String
        public let label: Message
        public let weight: Weight
        /// Why it cannot be chosen now; nil when it can.
        public let unavailable: Message?
        public init(
            _ id: String, _ label: Message, _ weight: Weight = .plain, unavailable: Message? = nil
        ) {
            (self.id, self.label, self.weight, self.unavailable) = (id, label, weight, unavailable)
        }
    }

    /// Ten digits, delete and OK; what was typed comes back as the field `field`.
    public struct Keypad: Sendable, Hashable {
        public let field: String
        public let digits: Int
        /// How the digits are grouped as they are typed: [3, 4, 4].
        public let groups: [Int]
        /// What was wrong with the last try.
        public let complaint: Message?
        public init(field: String, digits: Int, groups: [Int], complaint: Message? = nil) {
            (self.field, self.digits, self.groups, self.complaint) = (
                field, digits, groups, complaint
            )
        }
    }
}

/// What the customer did on the screen that is shown.
public enum Input: Sendable, Hashable {
    case choice(String)
    case fields([String: String])
}
