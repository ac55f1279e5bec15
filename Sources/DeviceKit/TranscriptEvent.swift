public import KioskModel

extension AcceptorEvent {
    /// The first words of `transcriptText`.
    static let transcriptNames: Set<String> = [
        "identified", "connected", "accepting", "escrowed", "stacked", "returned", "refused",
        "conditions", "ready", "fault",
    ]

    /// The event as a transcript writes it: "escrowed 10.00 CNY", "fault communication: poll".
    public var transcriptText: String {
        switch self {
        case .identified(let identity, let accepts):
            let values = accepts.sorted().map(\.yuanText)
            return "identified \(identity.model), serial \(identity.serial), accepts "
                + (values.isEmpty ? "none" : values.joined(separator: " "))
        case .connected(let position): return "connected \(position.rawValue)"
        case .accepting: return "accepting"
        case .escrowed(let value): return "escrowed \(value)"
        case .stacked(let value): return "stacked \(value)"
        case .returned: return "returned"
        case .refused(let reason): return "refused \(reason.rawValue)"
        case .conditions(let conditions):
            let texts = conditions.map(\.transcriptText).sorted()
            return "conditions " + (texts.isEmpty ? "none" : texts.joined(separator: ", "))
        case .ready(let ready): return "ready \(ready)"
        case .lost(let fault): return "fault \(fault.kind.rawValue): \(fault.operation)"
        }
    }
}

extension AcceptorCondition {
    /// "cassetteFull", "failure 50", "wrongUnit note table: expected CHN or CNY, got USA".
    public var transcriptText: String {
        switch self {
        case .cassetteRemoved: "cassetteRemoved"
        case .cassetteFull: "cassetteFull"
        case .jamInValidator: "jamInValidator"
        case .jamInCassette: "jamInCassette"
        case .cheated: "cheated"
        case .paused: "paused"
        case .failure(let code): "failure \(hex(code))"
        case .unknownStatus(let code): "unknownStatus \(hex(code))"
        case .wrongUnit(let why): "wrongUnit \(why)"
        }
    }

    private func hex(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }
}
