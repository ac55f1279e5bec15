internal import KioskModel

/// What a unit tells at a POLL; one answer may hold several, in the order they happened.
///
/// Source: ITL GA138 SSP Protocol Manual 2.2, poll responses.
enum SSPEvent: Hashable {
    /// The unit has started: all that it was told is forgotten.
    case reset
    /// A note is in the path, not read yet.
    case reading
    /// A note is read and held. The next plain POLL stacks it.
    case read(channel: UInt8)
    case stacking
    /// The credit point: the note cannot come back any more.
    case credit(channel: UInt8)
    /// The movement has ended.
    case stacked
    case rejecting, rejected
    /// The slot is closed: disabled by the host, or all channels inhibited.
    case disabled, allInhibited
    /// A note found at power-up was given back, or put into the cassette (which is a credit). Channel 0: not known which.
    case clearedToFront(channel: UInt8), clearedToCassette(channel: UInt8)
    /// Jams from which the customer could pull the note, or not.
    case unsafeJam, safeJam
    case fraud(channel: UInt8)
    case cassetteFull, cassetteRemoved, cassetteReplaced, pathOpen, initializing
    case unknown(UInt8)

    /// All events of an answer. An unknown code, or one without the byte that it must have, ends the reading: how many bytes
    /// belong to it nobody can say.
    static func events(_ data: [UInt8]) -> [SSPEvent] {
        var events: [SSPEvent] = []
        var rest = data[...]
        while let code = rest.popFirst() {
            if let event = plain(code) {
                events.append(event)
            } else if let event = rest.first.flatMap({ of(channel: $0, code) }) {
                rest.removeFirst()
                events.append(event)
            } else {
                return events + [.unknown(code)]
            }
        }
        return events
    }

    private static func plain(_ code: UInt8) -> SSPEvent? {
        switch code {
        case 0xB5: .allInhibited
        case 0xB6: .initializing
        case 0xCC: .stacking
        case 0xE0: .pathOpen
        case 0xE3: .cassetteRemoved
        case 0xE4: .cassetteReplaced
        case 0xE7: .cassetteFull
        case 0xE8: .disabled
        case 0xE9: .unsafeJam
        case 0xEA: .safeJam
        case 0xEB: .stacked
        case 0xEC: .rejected
        case 0xED: .rejecting
        case 0xF1: .reset
        default: nil
        }
    }

    private static func of(channel: UInt8, _ code: UInt8) -> SSPEvent? {
        switch code {
        case 0xE1: .clearedToFront(channel: channel)
        case 0xE2: .clearedToCassette(channel: channel)
        case 0xE6: .fraud(channel: channel)
        case 0xEE: .credit(channel: channel)
        case 0xEF: channel == 0 ? .reading : .read(channel: channel)
        default: nil
        }
    }

    var condition: AcceptorCondition? {
        switch self {
        case .unsafeJam: .jamInValidator
        case .safeJam: .jamInCassette
        case .fraud: .cheated
        case .cassetteFull: .cassetteFull
        case .cassetteRemoved: .cassetteRemoved
        case .pathOpen: .failure(0xE0)
        case .unknown(let code): .unknownStatus(code)
        case .reset, .reading, .read, .stacking, .credit, .stacked, .rejecting, .rejected,
            .disabled, .allInhibited, .clearedToFront, .clearedToCassette, .cassetteReplaced,
            .initializing:
            nil
        }
    }

    /// What the unit moves, when this is the last that it says of a note; nil: nothing.
    var motion: SSPMotion? {
        switch self {
        case .reading: .reading
        case .stacking, .credit: .stacking
        case .rejecting: .rejecting
        case .initializing: .initializing
        case .reset, .read, .stacked, .rejected, .disabled, .allInhibited, .clearedToFront,
            .clearedToCassette, .unsafeJam, .safeJam, .fraud, .cassetteFull, .cassetteRemoved,
            .cassetteReplaced, .pathOpen, .unknown:
            nil
        }
    }

    /// It is said once, and again only while nobody acknowledges it.
    /// Source: GA138, POLL WITH ACK.
    var wantsAcknowledgement: Bool {
        switch self {
        case .credit, .stacked, .rejected, .clearedToFront, .clearedToCassette, .fraud,
            .cassetteRemoved, .cassetteReplaced:
            true
        case .reset, .reading, .read, .stacking, .rejecting, .disabled, .allInhibited, .unsafeJam,
            .safeJam, .cassetteFull, .pathOpen, .initializing, .unknown:
            false
        }
    }

    /// Source: GA138, LAST REJECT CODE.
    static func refusal(_ code: UInt8) -> RefusalReason {
        switch code {
        case 0x01, 0x0B, 0x1A: .length  // length, too long, too short
        case 0x02...0x05, 0x09, 0x11, 0x14, 0x16, 0x17, 0x18, 0x19: .unrecognized
        case 0x06, 0x0C: .inhibited  // by the data set, by the host
        case 0x07, 0x1C: .doubleFed
        case 0x08, 0x13: .operation  // by the host, escrow ran out
        case 0x0A, 0x0D, 0x10, 0x12, 0x15, 0x1D: .insertedBadly
        case 0x0E, 0x0F: .suspect  // fished with a strip, fraud channel
        default: .unknown
        }
    }
}

/// What a unit moves between two states of rest.
enum SSPMotion: Hashable {
    case reading, stacking, rejecting, initializing

    /// For faults.
    var name: String {
        switch self {
        case .reading: "accepting"
        case .stacking: "stacking"
        case .rejecting: "rejecting"
        case .initializing: "initialize"
        }
    }

    /// A motion that lasts longer is a fault; rejecting waits for a customer who takes the note.
    func limit(_ initializing: Duration) -> Duration {
        switch self {
        case .reading, .stacking: .seconds(60)
        case .rejecting: .seconds(120)
        case .initializing: initializing
        }
    }
}
