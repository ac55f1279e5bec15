internal import KioskModel

/// What a unit says of itself at a POLL. Source: CCNET Common Specifications 2.6.0, POLL responses.
enum CCNETStatus: Hashable {
    case powerUp, powerUpNoteInValidator, powerUpNoteInStacker
    case initializing, idling, accepting, stacking, returning, disabled, holding
    case busy(Duration)
    case rejecting(UInt8)
    case cassetteFull, cassetteOut, jamInValidator, jamInCassette, cheated, paused
    case failure(UInt8)
    case escrow(type: UInt8), stacked(type: UInt8), returned(type: UInt8)
    /// A code we do not know, or one that came without the byte it must have.
    case unknown(UInt8)

    init(_ data: [UInt8]) {
        let code = data.first ?? 0
        switch (code, data.dropFirst().first) {
        case (0x10, _): self = .powerUp
        case (0x11, _): self = .powerUpNoteInValidator
        case (0x12, _): self = .powerUpNoteInStacker
        case (0x13, _): self = .initializing
        case (0x14, _): self = .idling
        case (0x15, _): self = .accepting
        case (0x17, _): self = .stacking
        case (0x18, _): self = .returning
        case (0x19, _): self = .disabled
        case (0x1A, _): self = .holding
        case (0x1B, let tenths): self = .busy(.milliseconds(100 * Int(tenths ?? 0)))
        case (0x1C, let reason): self = .rejecting(reason ?? 0)
        case (0x41, _): self = .cassetteFull
        case (0x42, _): self = .cassetteOut
        case (0x43, _): self = .jamInValidator
        case (0x44, _): self = .jamInCassette
        case (0x45, _): self = .cheated
        case (0x46, _): self = .paused
        case (0x47, .some(let code)): self = .failure(code)
        case (0x80, .some(let type)): self = .escrow(type: type)
        case (0x81, .some(let type)): self = .stacked(type: type)
        case (0x82, .some(let type)): self = .returned(type: type)
        default: self = .unknown(code)
        }
    }

    /// What a unit in this state lets us say of its health.
    var conditions: Set<AcceptorCondition> {
        switch self {
        case .cassetteFull: [.cassetteFull]
        case .cassetteOut: [.cassetteRemoved]
        case .jamInValidator: [.jamInValidator]
        case .jamInCassette: [.jamInCassette]
        case .cheated: [.cheated]
        case .paused: [.paused]
        case .failure(let code): [.failure(code)]
        case .unknown(let code): [.unknownStatus(code)]
        case .powerUp, .powerUpNoteInValidator, .powerUpNoteInStacker, .initializing, .idling,
            .accepting, .stacking, .returning, .disabled, .holding, .busy, .rejecting, .escrow,
            .stacked, .returned:
            []
        }
    }

    /// Where a note is when this is the first thing a unit says.
    var position: NotePosition {
        switch self {
        case .powerUp: .clearAfterPowerUp
        case .powerUpNoteInValidator: .inPath
        case .powerUpNoteInStacker: .inStacker
        case .initializing, .idling, .accepting, .stacking, .returning, .disabled, .holding,
            .busy, .rejecting, .cassetteFull, .cassetteOut, .jamInValidator, .jamInCassette,
            .cheated, .paused, .failure, .escrow, .stacked, .returned, .unknown:
            .running
        }
    }

    var isPowerUp: Bool { position != .running }

    /// How long a unit may stay in a state that ends by itself; nil for one that may last.
    /// Source: CCNET: the result of STACK and RETURN comes within 30 s. The others are ours, with room for a customer who
    /// does not take the note back at once.
    var limit: Duration? {
        switch self {
        case .accepting, .stacking, .holding, .escrow: .seconds(60)
        case .returning, .rejecting, .busy: .seconds(120)
        case .powerUp, .powerUpNoteInValidator, .powerUpNoteInStacker, .initializing, .idling,
            .disabled, .cassetteFull, .cassetteOut, .jamInValidator, .jamInCassette, .cheated,
            .paused, .failure, .stacked, .returned, .unknown:
            nil
        }
    }

    /// For faults: "1C rejecting".
    var name: String {
        switch self {
        case .powerUp: "power-up"
        case .powerUpNoteInValidator: "power-up with a note in the validator"
        case .powerUpNoteInStacker: "power-up with a note in the stacker"
        case .initializing: "initializing"
        case .idling: "idling"
        case .accepting: "accepting"
        case .stacking: "stacking"
        case .returning: "returning"
        case .disabled: "disabled"
        case .holding: "holding"
        case .busy: "busy"
        case .rejecting: "rejecting"
        case .cassetteFull: "cassette full"
        case .cassetteOut: "cassette out"
        case .jamInValidator: "jam in the validator"
        case .jamInCassette: "jam in the cassette"
        case .cheated: "cheated"
        case .paused: "paused"
        case .failure: "failure"
        case .escrow: "escrow"
        case .stacked: "stacked"
        case .returned: "returned"
        case .unknown: "an unknown status"
        }
    }

    /// Source: CCNET, rejecting codes 60 to 6D and 92 to 95 (bar codes, which this kiosk does not take).
    static func refusal(_ reason: UInt8) -> RefusalReason {
        switch reason {
        case 0x60, 0x64: .insertedBadly  // insertion, conveying
        case 0x61, 0x63, 0x65, 0x67: .unrecognized  // magnetic, multiplying, identification, optic
        case 0x66, 0x69, 0x6D: .suspect  // verification, capacitance, ultraviolet
        case 0x62: .doubleFed  // a note remained in the head
        case 0x68: .inhibited
        case 0x6A: .operation
        case 0x6C: .length
        case 0x92...0x95: .unrecognized
        default: .unknown
        }
    }
}
