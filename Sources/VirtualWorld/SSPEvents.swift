/// What a unit has to tell at the next POLL, in the order in which it happened.
///
/// Source: ITL GA138 2.2.2, event descriptions; GA973 2.2 for those of the cashbox.
struct SSPEvents: Sendable {
    enum Code {
        static let slaveReset: UInt8 = 0xF1
        static let read: UInt8 = 0xEF
        static let credit: UInt8 = 0xEE
        static let rejecting: UInt8 = 0xED
        static let rejected: UInt8 = 0xEC
        static let stacked: UInt8 = 0xEB
        static let safeJam: UInt8 = 0xEA
        static let unsafeJam: UInt8 = 0xE9
        static let disabled: UInt8 = 0xE8
        static let full: UInt8 = 0xE7
        static let fraud: UInt8 = 0xE6
        static let cashboxReplaced: UInt8 = 0xE4
        static let cashboxRemoved: UInt8 = 0xE3
        static let clearedIntoCashbox: UInt8 = 0xE2
        static let clearedFromFront: UInt8 = 0xE1
        static let pathOpen: UInt8 = 0xE0
        static let stacking: UInt8 = 0xCC
        static let initialising: UInt8 = 0xB6
        static let channelDisable: UInt8 = 0xB5
    }

    /// Bytes of events that were not polled yet; a unit never has more to tell than one packet carries.
    private static let waitingMax = 200

    private var waiting: [UInt8] = []
    /// One of them must be acknowledged when it was asked for by POLL WITH ACK.
    private(set) var needsAcknowledgement = false
    /// A credit is among them: never told in clear once keys are negotiated.
    private(set) var holdsCredit = false
    /// Why the last note was given back. Source: GA138, reject codes.
    private(set) var lastReject: UInt8 = 0
    private(set) var counters = Counters()
    private var seen = NotePath.State.poweredUp
    /// From power or RESET until the unit is ready: what it then clears away is told otherwise.
    private var isStarting = true
    /// The held note goes back because the host wanted it.
    var hostRejected = false

    /// Kept over a power cut. Source: GA138, GET COUNTERS.
    struct Counters: Sendable, Hashable {
        var stacked: UInt32 = 0
        var rejected: UInt32 = 0
    }

    mutating func takeWaiting() -> [UInt8] {
        defer { (waiting, needsAcknowledgement, holdsCredit) = ([], false, false) }
        return waiting
    }

    mutating func resetCounters() { counters = Counters() }

    /// Power is gone, or RESET came: nothing is told any more of what happened before.
    mutating func forget() {
        _ = takeWaiting()
        (isStarting, hostRejected, seen) = (true, false, .poweredUp)
    }

    /// The mechanics went on to `state`.
    mutating func follow(_ state: NotePath.State, type: UInt8) {
        let channel = type &+ 1
        leave(for: state)
        switch state {
        case .stacked:
            counters.stacked &+= 1
            if isStarting {
                tell(Code.slaveReset, Code.clearedIntoCashbox, channel)
            } else {
                tell(Code.credit, channel, Code.stacked)
            }
            (needsAcknowledgement, holdsCredit) = (true, true)
        case .returned:
            if isStarting {
                tell(Code.slaveReset, Code.clearedFromFront, channel)
            } else if case .initializing = seen {
                // What lay in the way went out with what was in its way.
                rejected(0x0D)
            } else {
                rejected(hostRejected ? 0x08 : 0x13)
            }
            hostRejected = false
        case .rejecting(let reason, _):
            // A second note was there: the mechanics call it inserted badly.
            if case .paused = seen { lastReject = 0x07 } else { lastReject = Self.code(reason) }
        case .cheated:
            lastReject = 0x0E
            tell(Code.fraud, channel)
            needsAcknowledgement = true
        case .cassetteOut: tell(Code.cashboxRemoved)
        case .cassetteFull: tell(Code.full)
        // What it had to tell when the power failed is lost.
        case .poweredUp: forget()
        case .initializing, .resting, .accepting, .escrow, .stacking, .returning, .paused,
            .jammedInValidator, .jammedInStacker, .failed:
            break
        }
        seen = state
        if isStarting {
            switch state {
            case .poweredUp, .initializing: break
            default: isStarting = false
            }
        }
    }

    private mutating func leave(for state: NotePath.State) {
        switch (seen, state) {
        case (.rejecting, .cheated): break
        case (.rejecting, _): rejected(lastReject)
        case (.cassetteOut, _): tell(Code.cashboxReplaced)
        case (.initializing, .stacked), (.initializing, .returned): break
        case (.initializing, _): if isStarting { tell(Code.slaveReset) }
        default: break
        }
    }

    private mutating func rejected(_ code: UInt8) {
        lastReject = code
        counters.rejected &+= 1
        tell(Code.rejected)
    }

    private mutating func tell(_ bytes: UInt8...) {
        if waiting.count + bytes.count <= Self.waitingMax { waiting += bytes }
    }

    /// The mechanics' reasons are CCNET's. Codes that CCNET has not are told as they are.
    private static func code(_ reason: UInt8) -> UInt8 {
        switch reason {
        case 0x60: 0x15  // did not reach the path
        case 0x61: 0x02
        case 0x62: 0x1C  // two notes
        case 0x63: 0x03
        case 0x64: 0x0D  // too slow
        case 0x65: 0x04
        case 0x66: 0x05
        case 0x67: 0x11
        case 0x68: 0x0C  // the channel is inhibited by the host
        case 0x69: 0x19
        case 0x6A: 0x10  // no notes
        case 0x6C: 0x01  // length
        case 0x6D: 0x0E
        default: reason
        }
    }
}
