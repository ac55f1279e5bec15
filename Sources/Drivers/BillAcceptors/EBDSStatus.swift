internal import KioskModel

/// How a unit says it is: six bytes of bits, in every answer to a poll and to an extended command.
///
/// Source: decapod-atm/ebds, omnibus reply.
struct EBDSStatus: Hashable {
    static let length = 6

    /// What the bytes 0 to 5 are called in `failure` conditions: the protocol has no codes, so the byte's number is the
    /// first digit and the bit's number the second.
    private enum Code {
        static let calibration: UInt8 = 0x16
        static let failure: UInt8 = 0x22
        static let transportOpen: UInt8 = 0x26
        static let stalled: UInt8 = 0x30
        static let flashDownload: UInt8 = 0x31
        /// None of the bits of byte 0, and no reason.
        static let outOfService: UInt8 = 0x00
        static let reserved: UInt8 = 0x36
    }

    private let bytes: [UInt8]

    /// The first six bytes given.
    init(_ bytes: some Sequence<UInt8>) {
        self.bytes = Array(bytes.prefix(Self.length))
        precondition(self.bytes.count == Self.length, "EBDS: a status has six bytes")
    }

    private func bit(_ byte: Int, _ bit: UInt8) -> Bool { bytes[byte] >> bit & 1 == 1 }

    var isIdling: Bool { bit(0, 0) }
    var isAccepting: Bool { bit(0, 1) }
    var isEscrowed: Bool { bit(0, 2) }
    var isStacking: Bool { bit(0, 3) }
    var isStacked: Bool { bit(0, 4) }
    var isReturning: Bool { bit(0, 5) }
    var isReturned: Bool { bit(0, 6) }
    var isCheated: Bool { bit(1, 0) }
    var isRejected: Bool { bit(1, 1) }
    var isJammed: Bool { bit(1, 2) }
    var isFull: Bool { bit(1, 3) }
    var hasCassette: Bool { bit(1, 4) }
    var isPaused: Bool { bit(1, 5) }
    var isPoweringUp: Bool { bit(2, 0) }
    var refusesCommand: Bool { bit(2, 1) }
    var isFailed: Bool { bit(2, 2) || bit(3, 0) }
    /// Of units without extended notes: which denomination; 0: unknown, or none.
    var index: UInt8 { bytes[2] >> 3 & 7 }
    var model: UInt8 { bytes[4] }
    var revision: UInt8 { bytes[5] }

    /// Something the unit tells until it is acknowledged.
    var hasEvent: Bool { isStacked || isReturned || isRejected }
    /// Stacked, returned and rejected exclude each other.
    var isContradictory: Bool { [isStacked, isReturned, isRejected].count { $0 } > 1 }
    /// A note is on its way, or held.
    var hasNote: Bool { isAccepting || isEscrowed || isStacking || isReturning }
    /// The unit moves nothing and works: the moment to tell it what to take.
    var isAtRest: Bool { isIdling && !hasNote && !isPoweringUp }
    /// All bits of byte 0 are clear.
    var isOutOfService: Bool { bytes[0] & 0x7F == 0 && !isPoweringUp }

    /// What keeps the unit from taking notes.
    /// - Parameters:
    ///   - afterStacking: the last motion was towards the cassette: that is where a jam is.
    ///   - nearlyFull: this unit says *cheated* with *stacked* when its cassette is nearly full.
    func conditions(afterStacking: Bool, nearlyFull: Bool) -> Set<AcceptorCondition> {
        var conditions: Set<AcceptorCondition> = []
        if isCheated, !(nearlyFull && isStacked) { conditions.insert(.cheated) }
        if isJammed { conditions.insert(afterStacking ? .jamInCassette : .jamInValidator) }
        if isFull { conditions.insert(.cassetteFull) }
        if !hasCassette { conditions.insert(.cassetteRemoved) }
        if isPaused { conditions.insert(.paused) }
        if bit(1, 6) { conditions.insert(.failure(Code.calibration)) }
        if bit(2, 2) { conditions.insert(.failure(Code.failure)) }
        if bit(2, 6) { conditions.insert(.failure(Code.transportOpen)) }
        if bit(3, 0) { conditions.insert(.failure(Code.stalled)) }
        if bit(3, 1) { conditions.insert(.failure(Code.flashDownload)) }
        if bit(3, 6) { conditions.insert(.unknownStatus(Code.reserved)) }
        if isContradictory { conditions.insert(.unknownStatus(bytes[0])) }
        if isOutOfService, conditions.isEmpty { conditions = [.failure(Code.outOfService)] }
        return conditions
    }

    /// The one state of several bits that says most, for limits and faults.
    var motion: Motion {
        if isPoweringUp { return .poweringUp }
        if isEscrowed { return .escrowed }
        if isStacking { return .stacking }
        if isReturning { return .returning }
        if isAccepting { return .accepting }
        return .none
    }

    enum Motion: String {
        case poweringUp = "power-up"
        case accepting, escrowed, stacking, returning
        case none = "rest"

        /// How long it may last; nil: it need not end, or has a limit of its own. Ours, with room for a customer who does
        /// not take the note back at once.
        var limit: Duration? {
            switch self {
            case .accepting, .escrowed, .stacking: .seconds(60)
            case .returning: .seconds(120)
            case .poweringUp, .none: nil
            }
        }
    }
}

/// The unit's answer, or the lack of one.
enum EBDSReply: Hashable {
    case status(EBDSStatus)
    /// With what the unit says of a note: of the one in escrow or just stacked, or of an entry of its table.
    case note(EBDSStatus, EBDSNote)
    /// What a unit says of itself; empty when it says nothing that can be read.
    case text(String)
    /// What was answered to another message, again: that one was not acknowledged.
    case stale
    /// Nothing, or nothing that can be read: the same message is sent again.
    case nothing

    /// From a frame that the command takes.
    init(_ frame: EBDSFrame) {
        switch frame.kind {
        case .auxiliary: self = .text(EBDSNote.text(frame.data))
        case .extended:
            let status = EBDSStatus(frame.data.dropFirst())
            let rest = frame.data.dropFirst(1 + EBDSStatus.length)
            guard frame.data.first == 0x02, let note = EBDSNote(Array(rest)) else {
                self = .status(status)
                return
            }
            self = .note(status, note)
        default: self = .status(EBDSStatus(frame.data))
        }
    }

    var status: EBDSStatus? {
        switch self {
        case .status(let status), .note(let status, _): status
        case .text, .stale, .nothing: nil
        }
    }

    var hasEvent: Bool { status?.hasEvent ?? false }
}
