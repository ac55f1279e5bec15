internal import KioskFlows
internal import KioskModel
internal import KioskRuntime

/// A shown screen as the page reads it. Absent values are null, so that a reader sees every name there is.
struct ScreenMessage: Encodable {
    let shown: ShownScreen

    enum CodingKeys: CodingKey {
        case id, name, language, title, body, facts, choices, keypad, amount, denominations,
            secondsLeft
    }

    func encode(to encoder: any Encoder) throws {
        let screen = shown.screen
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(shown.id, forKey: .id)
        try container.encode(screen.name, forKey: .name)
        try container.encode(screen.language, forKey: .language)
        try container.encode(Message(screen.title), forKey: .title)
        try container.encode(screen.body.map(Message.init), forKey: .body)
        try container.encode(screen.facts.map(Fact.init), forKey: .facts)
        try container.encode(screen.choices.map(Choice.init), forKey: .choices)
        try container.encode(screen.keypad.map(Keypad.init), forKey: .keypad)
        try container.encode(screen.amount, forKey: .amount)
        try container.encode(screen.denominations, forKey: .denominations)
        try container.encode(screen.secondsLeft, forKey: .secondsLeft)
    }

    private struct Message: Encodable {
        let key: String
        let gaps: [String: String]
        init(_ message: Screen.Message) { (key, gaps) = (message.key, message.gaps) }
    }

    private struct Fact: Encodable {
        let label: Message
        let value: String
        init(_ fact: Screen.Fact) { (label, value) = (Message(fact.label), fact.value) }
    }

    private struct Choice: Encodable {
        let choice: Screen.Choice
        init(_ choice: Screen.Choice) { self.choice = choice }
        enum CodingKeys: CodingKey { case id, label, weight, unavailable }
        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(choice.id, forKey: .id)
            try container.encode(Message(choice.label), forKey: .label)
            try container.encode(choice.weight.rawValue, forKey: .weight)
            try container.encode(choice.unavailable.map(Message.init), forKey: .unavailable)
        }
    }

    private struct Keypad: Encodable {
        let keypad: Screen.Keypad
        init(_ keypad: Screen.Keypad) { self.keypad = keypad }
        enum CodingKeys: CodingKey { case field, digits, groups, complaint }
        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(keypad.field, forKey: .field)
            try container.encode(keypad.digits, forKey: .digits)
            try container.encode(keypad.groups, forKey: .groups)
            try container.encode(keypad.complaint.map(Message.init), forKey: .complaint)
        }
    }
}
