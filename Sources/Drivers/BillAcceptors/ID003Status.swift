internal import KioskModel

/// What a unit says of itself when it is asked.
///
/// Source: `Portalum/Portalum.Id003` (MIT), DeviceEvents; other public hosts agree on the codes.
enum ID003Status: Hashable {
    case powerUp, powerUpNoteInAcceptor, powerUpNoteInStacker
    case initializing, idling, inhibited
    case accepting, stacking, stacked, returning, holding
    /// Escrow, with the code of the note's type.
    case escrow(type: UInt8)
    /// VEND VALID: the credit point. It does not say which note, and comes again until it is acknowledged.
    case vendValid
    case rejecting(UInt8)
    case stackerFull, stackerOpen, jamInAcceptor, jamInStacker, paused, cheated
    case failure(UInt8)
    /// Its parts do not understand each other, or it did not understand us.
    case communicationError
    /// A code we do not know, or one that came without the byte it must have.
    case unknown(UInt8)

    init(_ data: [UInt8]) {
        let code = data.first ?? 0
        switch (code, data.dropFirst().first) {
        case (0x11, _): self = .idling
        case (0x12, _): self = .accepting
        case (0x13, .some(let type)): self = .escrow(type: type)
        case (0x14, _): self = .stacking
        case (0x15, _): self = .vendValid
        case (0x16, _): self = .stacked
        case (0x17, let reason): self = .rejecting(reason ?? 0)
        case (0x18, _): self = .returning
        case (0x19, _): self = .holding
        case (0x1A, _): self = .inhibited
        case (0x1B, _): self = .initializing
        case (0x40, _): self = .powerUp
        case (0x41, _): self = .powerUpNoteInAcceptor
        case (0x42, _): self = .powerUpNoteInStacker
        case (0x43, _): self = .stackerFull
        case (0x44, _): self = .stackerOpen
        case (0x45, _): self = .jamInAcceptor
        case (0x46, _): self = .jamInStacker
        case (0x47, _): self = .paused
        case (0x48, _): self = .cheated
        case (0x49, .some(let code)): self = .failure(code)
        case (0x4A, _): self = .communicationError
        default: self = .unknown(code)
        }
    }

    /// What a unit in this state lets us say of its health.
    var conditions: Set<AcceptorCondition> {
        switch self {
        case .stackerFull: [.cassetteFull]
        case .stackerOpen: [.cassetteRemoved]
        case .jamInAcceptor: [.jamInValidator]
        case .jamInStacker: [.jamInCassette]
        case .cheated: [.cheated]
        case .paused: [.paused]
        case .failure(let code): [.failure(code)]
        case .communicationError: [.failure(0x4A)]
        case .unknown(let code): [.unknownStatus(code)]
        case .powerUp, .powerUpNoteInAcceptor, .powerUpNoteInStacker, .initializing, .idling,
            .inhibited, .accepting, .stacking, .stacked, .returning, .holding, .escrow, .vendValid,
            .rejecting:
            []
        }
    }

    /// Where a note is when this is the first thing a unit says.
    var position: NotePosition {
        switch self {
        case .powerUp: .clearAfterPowerUp
        case .powerUpNoteInAcceptor: .inPath
        case .powerUpNoteInStacker: .inStacker
        default: .running
        }
    }

    var isPowerUp: Bool { position != .running }

    /// How long a unit may stay in a state that ends by itself; nil for one that may last. All ours, with room for a
    /// customer who does not take the note back at once.
    var limit: Duration? {
        switch self {
        case .accepting, .stacking, .stacked, .holding, .escrow: .seconds(60)
        case .returning, .rejecting: .seconds(120)
        default: nil
        }
    }

    /// For faults.
    var name: String {
        switch self {
        case .powerUp: "power-up"
        case .powerUpNoteInAcceptor: "power-up with a note in the acceptor"
        case .powerUpNoteInStacker: "power-up with a note in the stacker"
        case .initializing: "initializing"
        case .idling: "idling"
        case .inhibited: "inhibited"
        case .accepting: "accepting"
        case .stacking: "stacking"
        case .stacked: "stacked"
        case .returning: "returning"
        case .holding: "holding"
        case .escrow: "escrow"
        case .vendValid: "vend valid"
        case .rejecting: "rejecting"
        case .stackerFull: "stacker full"
        case .stackerOpen: "stacker open"
        case .jamInAcceptor: "jam in the acceptor"
        case .jamInStacker: "jam in the stacker"
        case .paused: "paused"
        case .cheated: "cheated"
        case .failure: "failure"
        case .communicationError: "communication error"
        case .unknown: "an unknown status"
        }
    }

    /// Source: the list of rejecting codes 71 to 7F that public hosts share; 91 to 9D are bar codes, which this kiosk does
    /// not take.
    static func refusal(_ reason: UInt8) -> RefusalReason {
        switch reason {
        case 0x71, 0x75: .insertedBadly  // insertion, conveying
        // magnetic pattern, amplitude, denomination, photo pattern and level
        case 0x72, 0x74, 0x76, 0x77, 0x78, 0x7E: .unrecognized
        case 0x73, 0x7C: .doubleFed  // a note remained in the head or in the transport
        case 0x79: .inhibited
        case 0x7B: .operation
        case 0x7D: .length
        case 0x7F: .suspect
        case 0x91...0x9D: .unrecognized
        default: .unknown
        }
    }
}
